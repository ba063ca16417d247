// The interpreter: runs the steps of a plan, or of a body inside it, as soon as what they need is there. It walks the
// same way after a restart: what the log says is done is not done again.
import { fail, failureOf, FailureError } from "../contract/failure.ts";
import type { StepId } from "../contract/ids.ts";
import { doerOf, type Step } from "../contract/plan.ts";
import { targetsOf } from "../contract/plan-faults.ts";
import type { Event } from "../contract/events.ts";
import { nextTryIn } from "../contract/retry.ts";
import { holds } from "../security/conditions.ts";
import { limitTime, sleepUntil } from "../system/clock.ts";
import { stateOf, stepOf } from "./active-run.ts";
import { valuesOf, type Scope, type World } from "./scope.ts";
import { doStep } from "./step-kinds.ts";
import { saySoon } from "./ask.ts";
import { pass } from "./hold.ts";
import { allowAsThen, completeAsThen, failAsThen, skipAsThen } from "./record/as-then.ts";
import { CutShort } from "./record/replay.ts";
import { referencesIn } from "./references.ts";
import { askOutsideApproved, triageRevision } from "./revise.ts";

const maxAttempts = 5;
const settled = new Set(["completed", "failed", "skipped", "cancelled"]);

/** Ends when every step of the scope has.
 * @throws FailureError of the first step that failed for good, or the signal's reason */
export async function runScope(world: World, scope: Scope): Promise<void> {
  const { run } = world;
  const running = new Map<string, Promise<void>>();
  const dropped = new AbortController();
  const signal = AbortSignal.any([scope.signal, dropped.signal]);
  let problem: unknown;
  let steps: readonly Step[] = [];
  let open = new Map<string, Step>();
  let unmet = new Map<string, number>();
  let users = new Map<string, string[]>();
  let ready: Step[] = [];
  let wake = () => {};
  const statusOf = (id: string) => stepOf(run, scope.prefix + id)?.status;

  const replan = () => {
    steps = scope.steps();
    open = new Map(steps.filter(({ id }) => !settled.has(statusOf(id) ?? "waiting")).map((step) => [step.id, step]));
    unmet = new Map();
    users = new Map();
    ready = [];
    for (const step of open.values()) {
      const needs = step.needs.filter((need) => open.has(need));
      unmet.set(step.id, needs.length);
      for (const need of needs) users.set(need, [...(users.get(need) ?? []), step.id]);
      if (needs.length === 0 && !running.has(step.id)) ready.push(step);
    }
  };
  const settle = (id: string) => {
    open.delete(id);
    for (const user of users.get(id) ?? []) {
      const left = (unmet.get(user) ?? 0) - 1;
      unmet.set(user, left);
      const step = open.get(user);
      if (left === 0 && step && !running.has(user)) ready.push(step);
    }
  };
  const giveUp = (error: unknown) => {
    problem ??= error;
    dropped.abort(error);
    wake();
  };
  const onRevised = ({ type }: Event) => {
    if (type === "plan.revised") wake();
  };
  const begin = (step: Step) => {
    const work = runStep(world, { ...scope, signal }, step)
      .catch(giveUp)
      .finally(() => {
        running.delete(step.id);
        settle(step.id);
        wake();
      });
    running.set(step.id, work);
  };
  replan();
  // A host that stopped between a step's failure and what came of it.
  const lost = steps.find(({ id, onError }) => onError === "fail" && statusOf(id) === "failed");
  const failure = lost && stepOf(run, scope.prefix + lost.id)?.failure;
  if (failure) throw new FailureError(failure);
  run.listeners.add(onRevised);
  while (problem === undefined && !signal.aborted) {
    if (scope.steps() !== steps) replan();
    for (let step = ready.shift(); step; step = ready.shift()) begin(step);
    if (running.size === 0) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  run.listeners.delete(onRevised);
  await Promise.allSettled(running.values());
  if (problem !== undefined) throw problem;
  signal.throwIfAborted();
}

/** @throws FailureError when it failed and the plan must not go on without it */
async function runStep(world: World, scope: Scope, ready: Step): Promise<void> {
  const { run } = world;
  const id = (scope.prefix + ready.id) as StepId;
  try {
    const step = await takeUp(world, scope, ready, id);
    if (step) await tryStep(world, scope, step, id);
  } finally {
    run.working.delete(id);
    run.replay?.leave(id);
    saySoon(world);
  }
}

/** The step as it is to be done now; undefined when there is nothing more to do for it.
 * @throws FailureError when it can't begin and the plan must not go on without it */
async function takeUp(world: World, scope: Scope, ready: Step, id: StepId): Promise<Step | undefined> {
  const { run } = world;
  const planned = scope.steps();
  const about = aboutStep(world, ready, id);
  try {
    const skip = skipReason(world, scope, ready);
    if (skip !== undefined) {
      await skipAsThen(world, { id, reason: skip, signal: scope.signal });
      await run.note([{ ...about, type: "step.skipped", data: { reason: skip } }]);
      return undefined;
    }
    run.working.add(id);
    const source = run.replay?.source(id);
    if (source && (source.is === "edited" || source.is === "static")) {
      run.replay?.count("edited");
      await run.note([
        { ...about, type: "step.completed", data: { output: source.output, source: source.is } },
        ...triageRevision(stateOf(run), run.id, { id, output: source.output }),
      ]);
      return undefined;
    }
    if (run.replay?.isRecorded(id)) await allowAsThen(world, run.replay, { step: ready, id, signal: scope.signal });
    else if (scope.prefix === "") await askOutsideApproved(world, scope, ready, id);
  } catch (error) {
    const failure = scope.signal.aborted || error instanceof CutShort ? undefined : failureOf(error);
    // Earlier versions wrote no end of such a step, and ended what was around it.
    const unwritten = run.replay?.isRecorded(id) && !run.replay.failureThen(id);
    if (!failure || failure.code.startsWith("storage.") || unwritten) throw error;
    await run.note([{ ...about, type: "step.failed", data: { failure } }]);
    if (ready.onError === "fail") throw error;
    return undefined;
  }
  await pass(run, { on: "step", step: id, name: doerOf(ready), input: "input" in ready ? ready.input : null }, scope.signal);
  return asItStands(world, scope, { step: ready, planned });
}

/** @throws FailureError when it failed and the plan must not go on without it */
async function tryStep(world: World, scope: Scope, step: Step, id: StepId): Promise<void> {
  const { run, deps } = world;
  const about = aboutStep(world, step, id);
  const source = run.replay?.source(id);
  /** Whoever was chosen, where the plan names only a capability. */
  const doneBy = () => {
    const agent = stepOf(run, id)?.agent;
    return agent ? { ...about, actor: `agent:${agent}` } : about;
  };
  for (;;) {
    const before = stepOf(run, id);
    const untimed = step.timeoutMs === undefined || run.replay?.isRecorded(id);
    const limit = untimed ? undefined : limitTime(deps.clock, step.timeoutMs ?? 0, scope.signal);
    const signal = limit?.signal ?? scope.signal;
    try {
      if (source?.is === "deny") throw fail("denied", `Step ${id} was denied in this replay.`);
      if (mayStopTheHost(step) && (before?.attempts ?? 0) >= maxAttempts + (before?.retries ?? 0)) {
        throw fail("internal", `The host stopped ${maxAttempts} times during this step, so it is not tried again.`);
      }
      const done = await doStep(world, { ...scope, signal }, step, id);
      await completeAsThen(world, { step, id, output: done.completed.output, signal });
      await run.note([{ ...doneBy(), type: "step.completed", data: done.completed }, ...(done.also ?? [])]);
      return;
    } catch (error) {
      if (scope.signal.aborted) throw error;
      const { failure, last } = limit?.passed()
        ? { failure: { code: "timeout" as const, message: `The step took longer than ${(step.timeoutMs ?? 0) / 1000} s.` }, last: false }
        : await failAsThen(world, { step, id, error, signal });
      if (failure.code.startsWith("storage.")) throw error;
      const tries = (stepOf(run, id)?.retries ?? 0) + 1;
      const delay = last ? undefined : nextTryIn(failure, tries, step.retry);
      if (delay === undefined) {
        await run.note([{ ...doneBy(), type: "step.failed", data: { failure } }]);
        if (step.onError === "fail") throw fail(failure.code, failure.message, failure.remedy);
        return;
      }
      await run.note([{ ...about, type: "step.retried", data: { failure, tries, at: deps.clock.now() + delay } }]);
      // It has not ended after all.
      run.replay?.leave(id);
      // What is answered from a record need not be waited for.
      await sleepUntil(deps.clock, deps.clock.now() + (source && source.is !== "live" ? 0 : delay), scope.signal);
    } finally {
      limit?.stop();
    }
  }
}

function aboutStep({ run }: World, step: Step, id: StepId) {
  return { run: run.id, step: id, actor: step.kind === "agent" && step.agent ? `agent:${step.agent}` : "host" };
}

/** What only waits, or only has steps inside it, was not why a host stopped. */
function mayStopTheHost({ kind }: Step): boolean {
  return kind === "agent" || kind === "tool";
}

/** The step as the plan has it after it was held: changed perhaps, or gone, or in need of something that is not there yet. */
function asItStands({ run }: World, scope: Scope, { step, planned }: { step: Step; planned: readonly Step[] }): Step | undefined {
  const steps = scope.steps();
  if (steps === planned) return step;
  const open = new Set(steps.filter(({ id }) => !settled.has(stepOf(run, scope.prefix + id)?.status ?? "waiting")).map(({ id }) => id));
  return steps.find(({ id, needs }) => id === step.id && !needs.some((need) => open.has(need)));
}

/** Why a step is not to run; undefined when it is. */
function skipReason(world: World, scope: Scope, step: Step): string | undefined {
  const { run } = world;
  const stateOfNeed = (id: string) => stepOf(run, scope.prefix + id);
  const needs = step.needs.flatMap((need) => stateOfNeed(need) ?? []);
  for (const need of needs) {
    if (!targetsOf(need.step).includes(step.id)) continue;
    const { onError } = need.step;
    const afterError = typeof onError === "object" && onError.take.includes(step.id);
    if (afterError && need.status !== "failed") return `${need.step.id} did not fail.`;
    if (!afterError && !takenBy(need.output).includes(step.id)) return `${need.step.id} took another way.`;
  }
  const others = needs.filter(({ step: { kind } }) => kind !== "decide");
  const lost = needs.find(({ status }) => status === "skipped" || status === "cancelled");
  if (lost && others.every(({ status }) => status === "skipped" || status === "cancelled")) {
    return `It needs ${lost.step.id}, which was skipped.`;
  }
  const used = referencesIn("over" in step ? step.over : "input" in step ? step.input : undefined);
  const missing = used.find((reference) => !("default" in reference) && stateOfNeed(reference.$from)?.status === "skipped");
  if (missing) return `It uses the result of ${missing.$from}, which was skipped.`;
  if (step.when !== undefined && !holds(step.when, valuesOf(world, scope))) return `Its condition does not hold: ${step.when}`;
  return undefined;
}

function takenBy(output: unknown): readonly string[] {
  return typeof output === "object" && output !== null && "take" in output && Array.isArray(output.take) ? output.take : [];
}
