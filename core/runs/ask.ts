// Asking a person, and sleeping until the answer, over restarts too.
import type { Event } from "../contract/events.ts";
import type { ReviewId, Seq, StepId } from "../contract/ids.ts";
import type { ReviewKind } from "../contract/review.ts";
import type { ReviewState } from "../contract/run-state.ts";
import { newId } from "../system/chance.ts";
import { isBusy, stateOf, until } from "./active-run.ts";
import type { Scope, World } from "./scope.ts";

/** Makes a review item, or finds the one made after event `since` and before a restart, and sleeps until it is decided.
 * Those with the same `same` (the question, where it is not given) are one. */
export async function askPerson(
  world: World,
  scope: Pick<Scope, "signal">,
  item: { step: StepId; kind: ReviewKind; question: string; proposal: unknown },
  since = 0,
  same: (asked: ReviewState) => boolean = ({ question }) => question === item.question,
): Promise<NonNullable<ReviewState["decided"]> & { review: string; askedSeq: Seq }> {
  const { run, deps } = world;
  const find = () =>
    stateOf(run).reviews.find((asked) => asked.step === item.step && asked.kind === item.kind && asked.askedSeq > since && same(asked));
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
  return waitFor(world, { step: item.step, what: item.question, signal: scope.signal }, () => {
    const asked = find();
    return asked?.decided ? { ...asked.decided, review: asked.id, askedSeq: asked.askedSeq } : undefined;
  });
}

/** Sleeps until `look` finds something, and lets the run say that it waits.
 * @throws the signal's reason */
export async function waitFor<T>(
  world: World,
  { step, what, signal }: { step: string; what: string; signal: AbortSignal },
  look: () => T | undefined,
): Promise<T> {
  const { run } = world;
  run.working.delete(step);
  run.waitingFor.set(step, what);
  saySoon(world);
  // A message that nobody takes leaves the run waiting as it was.
  const heard = ({ type }: Event) => {
    if (type === "message.received") saySoon(world);
  };
  run.listeners.add(heard);
  try {
    return await until(run, signal, look);
  } finally {
    run.listeners.delete(heard);
    run.waitingFor.delete(step);
    run.working.add(step);
  }
}

/** Says that the run waits, if nothing else is under way once all that can begin in this turn has begun. */
export function saySoon({ run, deps }: World): void {
  if (run.waitingFor.size === 0) return;
  deps.clock.soon(() => {
    const [reason] = run.waitingFor.values();
    if (reason === undefined || isBusy(run) || stateOf(run).status !== "running") return;
    // A run that was cancelled meanwhile, or lost its last commit, has nothing to say.
    run.note([{ run: run.id, actor: "host", type: "run.waiting", data: { reason } }]).catch(() => {});
  });
}
