// What each kind of step does.
import { fail } from "../contract/failure.ts";
import type { StepId } from "../contract/ids.ts";
import type { DecideStep, LoopStep, MapStep, NestedStep, ProgramStep, RaceStep, ReviewStep, Step, WaitStep } from "../contract/plan.ts";
import { holds } from "../security/conditions.ts";
import { stateOf, stepOf } from "./active-run.ts";
import { agentStep, toolStep } from "./effects.ts";
import { askPerson, waitFor } from "./ask.ts";
import { exchangeStep } from "./programs/exchange-step.ts";
import { programStep } from "./programs/program-step.ts";
import { waitForEnd } from "./record/as-then.ts";
import { outputIn, valuesOf, type Done, type Scope, type World } from "./scope.ts";
import { resolveReferences } from "./references.ts";
import { sleepUntil } from "../system/clock.ts";

export async function doStep(world: World, scope: Scope, step: Step, id: StepId): Promise<Done> {
  switch (step.kind) {
    case "agent":
      return agentStep(world, scope, step, id);
    case "tool":
      return toolStep(world, scope, step, id);
    case "exchange":
      return exchangeStep(world, scope, id);
    case "decide":
      return { completed: { output: decide(world, scope, step), startedAt: world.deps.clock.now() } };
    default: {
      await started(world, id);
      return { completed: { output: await doBody(world, scope, step, id) } };
    }
  }
}

function doBody(
  world: World,
  scope: Scope,
  step: MapStep | LoopStep | NestedStep | RaceStep | ProgramStep | ReviewStep | WaitStep,
  id: StepId,
): Promise<unknown> {
  switch (step.kind) {
    case "map":
      return map(world, scope, step, id);
    case "loop":
      return loop(world, scope, step, id);
    case "plan":
      return nested(world, scope, step, id);
    case "race":
      return race(world, scope, step, id);
    case "program":
      return programStep(world, scope, step, id);
    case "review":
      return review(world, scope, step, id);
    case "wait":
      return wait(world, scope, step, id);
  }
}

async function started({ run }: World, id: StepId): Promise<void> {
  const attempt = (stepOf(run, id)?.attempts ?? 0) + 1;
  await run.note([{ run: run.id, step: id, actor: "host", type: "step.started", data: { attempt } }]);
}

function decide(world: World, scope: Scope, step: DecideStep): { taken: number | "otherwise"; take: readonly string[] } {
  const values = valuesOf(world, scope);
  const index = step.branches.findIndex(({ when }) => holds(when, values));
  const branch = step.branches[index];
  return branch ? { taken: index, take: branch.take } : { taken: "otherwise", take: step.otherwise };
}

/** The body's own names, and all that is known outside it. */
function inside(world: World, scope: Scope, names: Record<string, unknown>): Record<string, unknown> {
  const { steps: _, goal: __, ...outer } = valuesOf(world, scope);
  return { ...outer, ...names };
}

async function map(world: World, scope: Scope, step: MapStep, id: string): Promise<unknown[]> {
  const over = resolveReferences(step.over, outputIn(world, scope));
  if (!Array.isArray(over)) throw fail("input.invalid", `Step ${id} maps over something that is not a list.`);
  const outputs: unknown[] = Array.from({ length: over.length });
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < over.length; index = next++) {
      const prefix = `${id}/${index}/`;
      const locals = inside(world, scope, { item: over[index] as unknown, index });
      await world.runScope(world, { prefix, steps: () => step.steps, locals, signal: scope.signal });
      outputs[index] = lastOutput(world, prefix, step.steps);
    }
  };
  await allOrThrow(Array.from({ length: Math.min(step.concurrency, over.length) }, worker));
  return outputs;
}

async function loop(world: World, scope: Scope, step: LoopStep, id: string): Promise<{ turns: number; met: boolean; last: unknown }> {
  let last: unknown = null;
  const outer = inside(world, scope, {});
  for (let index = 0; index < step.limit; index += 1) {
    const body: Scope = { prefix: `${id}/${index}/`, steps: () => step.steps, locals: { ...outer, last, index }, signal: scope.signal };
    await world.runScope(world, body);
    last = lastOutput(world, body.prefix, step.steps) ?? null;
    if (step.until !== undefined && holds(step.until, { ...valuesOf(world, body), last })) return { turns: index + 1, met: true, last };
  }
  return { turns: step.limit, met: step.until === undefined, last };
}

async function nested(world: World, scope: Scope, step: NestedStep, id: string): Promise<Record<string, unknown>> {
  const input = resolveReferences(step.input ?? null, outputIn(world, scope));
  const prefix = `${id}/`;
  await world.runScope(world, { prefix, steps: () => step.steps, locals: inside(world, scope, { input }), signal: scope.signal });
  const needed = new Set<string>(step.steps.flatMap(({ needs }) => needs));
  const ends = step.steps.filter((child) => !needed.has(child.id));
  return Object.fromEntries(ends.map((child) => [child.id, stepOf(world.run, prefix + child.id)?.output ?? null]));
}

async function race(world: World, scope: Scope, step: RaceStep, id: string): Promise<{ winner: string; output: unknown }> {
  const { run } = world;
  const prefix = `${id}/`;
  const stop = new AbortController();
  const signal = AbortSignal.any([scope.signal, stop.signal]);
  const before = run.replay?.winner(id);
  const locals = inside(world, scope, {});
  const runners = step.steps
    .filter((child) => before === undefined || child.id === before)
    .map(async (child) => {
      const only = [child];
      await world.runScope(world, { prefix, steps: () => only, locals, signal });
      const state = stepOf(run, prefix + child.id);
      if (state?.status !== "completed")
        throw fail(state?.failure?.code ?? "tool.failed", state?.failure?.message ?? `${child.id} did not complete.`);
      return child.id;
    });
  let winner: string;
  try {
    winner = await Promise.any(runners);
  } catch (error) {
    scope.signal.throwIfAborted();
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    stop.abort(fail("cancelled", "Another was faster."));
    await Promise.allSettled(runners);
  }
  if (run.replay?.isRecorded(id) && run.replay.isOpen(id)) await waitForEnd(world, run.replay, { id, key: id, signal: scope.signal });
  const losers = step.steps.filter((child) => {
    const status = stepOf(run, prefix + child.id)?.status;
    return child.id !== winner && status !== "completed" && status !== "failed" && status !== "skipped";
  });
  await run.note(
    losers.map((child) => ({
      run: run.id,
      step: (prefix + child.id) as StepId,
      actor: "host",
      type: "step.skipped" as const,
      data: { reason: `${winner} was faster.` },
    })),
  );
  return { winner, output: stepOf(run, prefix + winner)?.output ?? null };
}

async function review(world: World, scope: Scope, step: ReviewStep, id: StepId): Promise<unknown> {
  const proposal = resolveReferences(step.input ?? null, outputIn(world, scope));
  const { replay } = world.run;
  if (replay && replay.source(id).is !== "live") {
    if (replay.isOpen(id)) await waitForEnd(world, replay, { id, key: id, signal: scope.signal });
    return replay.outcome(id, triesOf(world, id), { question: step.question, proposal });
  }
  const decided = await askPerson(world, scope, { step: id, kind: "step", question: step.question, proposal });
  if (decided.decision === "reject") throw fail("denied", decided.reason || "A person said no.");
  return { decision: decided.decision, answer: decided.decision === "answer" ? decided.answer : proposal };
}

async function wait(world: World, scope: Scope, step: WaitStep, id: string): Promise<unknown> {
  const { run, deps } = world;
  if (run.replay && run.replay.source(id).is !== "live") {
    if (run.replay.isOpen(id)) await waitForEnd(world, run.replay, { id, key: id, signal: scope.signal });
    return run.replay.outcome(id, triesOf(world, id));
  }
  const since = stepOf(run, id)?.startedAt ?? deps.clock.now();
  if (step.message !== undefined) {
    const what = `It waits for the message "${step.message}".`;
    const found = await waitFor(world, { step: id, what, signal: scope.signal }, () =>
      stateOf(run).received.find(({ seq }) => seq === stepOf(run, id)?.message),
    );
    return found.data;
  }
  run.working.delete(id);
  const at = step.until === undefined ? since + (step.forMs ?? 0) : Date.parse(step.until);
  await sleepUntil(deps.clock, at, scope.signal);
  return { waitedMs: Math.max(0, at - since) };
}

function triesOf({ run }: World, id: string): number {
  return (stepOf(run, id)?.retries ?? 0) + 1;
}

function lastOutput({ run }: World, prefix: string, steps: readonly Step[]): unknown {
  const done = steps.filter(({ id }) => stepOf(run, prefix + id)?.status === "completed");
  const last = done.at(-1);
  return last && stepOf(run, prefix + last.id)?.output;
}

async function allOrThrow(work: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
