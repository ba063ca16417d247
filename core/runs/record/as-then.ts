// How a step that is done again ends: as it did then, also where what ended it (a time limit, a budget, a crash, a person
// who cancelled the run) does not come again.
import { FailureError, failureOf, type Failure } from "../../contract/failure.ts";
import type { StepId } from "../../contract/ids.ts";
import { bodyOf, type Step } from "../../contract/plan.ts";
import { sleepUntil } from "../../system/clock.ts";
import { isBusy, stateOf, stepOf } from "../active-run.ts";
import { refused } from "../revise.ts";
import { CutShort, Divergence, type Replay } from "./replay.ts";
import { revisedThen } from "./revised-then.ts";
import type { World } from "../scope.ts";

const lookAgainMs = 10;

/** Lets a step that had no end then wait until whatever was around it ends. Never returns.
 * @throws CutShort for whatever was around it and ended then, Divergence where nothing was, or the signal's reason */
export async function waitForEnd(world: World, replay: Replay, place: { id: string; key: string; signal: AbortSignal }): Promise<never> {
  await waitForOthers(world, replay, { ...place, endedBy: replay.endedAround(place.id) });
  throw replay.openEnd(place.id, place.key);
}

/** Lets a step outside of the approved plan begin where a person let it then, or was not asked.
 * @throws FailureError `denied` as then, once all else has ended that ended before */
export async function allowAsThen(
  world: World,
  replay: Replay,
  { step, id, signal }: { step: Step; id: StepId; signal: AbortSignal },
): Promise<void> {
  const permission = replay.permission(id, step);
  if (permission === undefined) await waitForEnd(world, replay, { id, key: id, signal });
  if (!permission?.refused) return;
  await waitForOthers(world, replay, { id, endedBy: replay.failedBy(id) ?? Number.MAX_SAFE_INTEGER, signal });
  throw refused(permission.reason);
}

/** Until nothing else is under way and whoever else waits so ended later.
 * @throws the signal's reason */
async function waitForOthers(
  { run, deps: { clock } }: World,
  { waiting, ending }: Replay,
  { id, endedBy, signal }: { id: string; endedBy: number; signal: AbortSignal },
): Promise<void> {
  run.working.delete(id);
  waiting.set(id, endedBy);
  ending.delete(id);
  // What is held, or asks a person, goes on later.
  const isIdle = () => !isBusy(run) && stateOf(run).status !== "paused" && run.waitingFor.size === 0;
  const isNext = () => isIdle() && [...ending].every((other) => other === id) && [...waiting.values()].every((other) => other >= endedBy);
  for (let again = true; again;) {
    await sleepUntil(clock, clock.now() + lookAgainMs, signal);
    if (!isNext()) continue;
    const left = revisedThen(run);
    again = left.length > 0;
    if (again) await run.note(left);
  }
  signal.throwIfAborted();
  ending.add(id);
}

/** Returns when a step that is passed over was passed over then too.
 * @throws CutShort, or Divergence */
export async function skipAsThen(world: World, { id, reason, signal }: { id: StepId; reason: string; signal: AbortSignal }): Promise<void> {
  const { replay } = world.run;
  if (!replay?.isRecorded(id)) return;
  replay.compareSkip(id, reason);
  if (replay.isOpen(id)) await waitForEnd(world, replay, { id, key: id, signal }).finally(() => replay.leave(id));
}

/** Returns when a step that has been done again completed then too.
 * @throws what this try failed of then, CutShort, or Divergence */
export async function completeAsThen(
  world: World,
  { step, id, output, signal }: { step: Step; id: StepId; output: unknown; signal: AbortSignal },
): Promise<void> {
  const { replay } = world.run;
  if (!replay?.isRecorded(id)) return;
  if (bodyOf(step).length > 0) replay.ending.add(id);
  if (replay.isOpen(id)) await waitForEnd(world, replay, { id, key: id, signal });
  const failure = bodyOf(step).length > 0 ? replay.failureThen(id) : replay.failureThen(id, triesOf(world, id));
  const anew = isDoneAnew(world, step);
  if (failure && !(anew && comesFromWithin(failure))) throw new FailureError(failure);
  if (anew) replay.compare(id, output, failure);
}

/** What a step that did not complete fails of, and whether it is not tried again. Where that ends what is around it, all
 * that ended before comes first.
 * @throws CutShort where it had no end then */
export async function failAsThen(world: World, failed: Failed): Promise<{ failure: Failure; last: boolean }> {
  const { replay } = world.run;
  const { step, id, signal } = failed;
  const found = await failureNow(world, failed);
  const endedBy = replay?.isRecorded(id) ? replay.failedBy(id) : undefined;
  // Another's failure may stop it meanwhile; it failed then all the same.
  if (replay && endedBy !== undefined && step.onError === "fail")
    await waitForOthers(world, replay, { id, endedBy, signal }).catch(() => {});
  return found;
}

interface Failed {
  readonly step: Step;
  readonly id: StepId;
  readonly error: unknown;
  readonly signal: AbortSignal;
}

async function failureNow(world: World, { step, id, error, signal }: Failed): Promise<{ failure: Failure; last: boolean }> {
  const { replay } = world.run;
  const failure = failureOf(error);
  if (!replay?.isRecorded(id) || failure.code.startsWith("storage.")) return { failure, last: false };
  if (error instanceof Divergence) return { failure, last: true };
  if (bodyOf(step).length > 0) {
    const then = replay.failureThen(id);
    if (then && (error instanceof CutShort || !failedAgain(world, replay, id))) return { failure: then, last: true };
    if (error instanceof CutShort) throw error;
    if (replay.isOpen(id)) await waitForEnd(world, replay, { id, key: id, signal });
    return { failure, last: false };
  }
  if (error instanceof CutShort) throw error;
  if (replay.isOpen(id)) await waitForEnd(world, replay, { id, key: id, signal });
  try {
    replay.compareFailure(id, triesOf(world, id), { failure, wholly: isDoneAnew(world, step) && step.kind === "tool" });
  } catch (other) {
    return { failure: failureOf(other), last: true };
  }
  return { failure, last: false };
}

/** Whether something inside that has failed now was tried once more then. */
function failedAgain({ run }: World, replay: Replay, around: string): boolean {
  return stateOf(run).steps.some(
    ({ id, status, retries }) => status === "failed" && id.startsWith(`${around}/`) && replay.retriesThen(id) > retries,
  );
}

function triesOf({ run }: World, id: string): number {
  return (stepOf(run, id)?.retries ?? 0) + 1;
}

/** A step that is not answered from the record. */
function isDoneAnew({ deps }: World, step: Step): boolean {
  return step.kind === "decide" || (step.kind === "tool" && deps.tools.get(step.tool)?.effect === "pure");
}

/** Whether what a step does can fail so, rather than what is around it. */
function comesFromWithin({ code }: Failure): boolean {
  return code !== "timeout" && code !== "budget.exceeded" && code !== "denied" && code !== "cancelled";
}
