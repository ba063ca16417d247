// Asking a person, and sleeping until the answer, over restarts too.
import type { ReviewId, StepId } from "../contract/ids.ts";
import { newId } from "../system/chance.ts";
import { stateOf, until } from "./active-run.ts";
import type { Scope, World } from "./scope.ts";

/** Makes a review item, or finds the one made after event `since` and before a restart, and sleeps until it is decided. */
export async function askPerson(
  world: World,
  scope: Pick<Scope, "signal">,
  item: { step: StepId; kind: "step" | "effect"; question: string; proposal: unknown },
  since = 0,
) {
  const { run, deps } = world;
  const find = () =>
    stateOf(run).reviews.find(
      (asked) => asked.step === item.step && asked.kind === item.kind && asked.question === item.question && asked.askedSeq > since,
    );
  if (!find()) {
    const { step, ...asked } = item;
    await run.note([
      {
        run: run.id,
        step,
        actor: "host",
        type: "review.requested",
        data: { review: newId("review", deps.clock.now(), deps.chance) as ReviewId, ...asked },
      },
    ]);
  }
  run.working.delete(item.step);
  await sayWaiting(world, item.question);
  const decided = await until(run, scope.signal, () => find()?.decided ?? undefined);
  run.working.add(item.step);
  return decided;
}

/** Says that the run waits for a person, once nothing else is under way. */
export async function sayWaiting({ run }: World, question: string): Promise<void> {
  if (run.working.size > 0 || stateOf(run).status !== "running") return;
  await run.note([{ run: run.id, actor: "host", type: "run.waiting", data: { reason: question } }]);
}
