// A run as it stood after any event: a pure fold, used by the engine to resume, by every door to draw, and by
// time travel to be there again.
import type { Event } from "./events.ts";
import type { Failure } from "./failure.ts";
import type { Instant, RunId, Seq } from "./ids.ts";
import type { Item } from "./items.ts";
import type { Plan, Step } from "./plan.ts";
import { addUsage, noUsage, type Usage } from "./usage.ts";

export const runStatuses = ["running", "completed", "failed", "cancelled"] as const;
export type RunStatus = (typeof runStatuses)[number];

export type StepStatus = "waiting" | "running" | "completed" | "failed" | "skipped" | "cancelled";

export interface EffectState {
  readonly key: string;
  readonly name: string;
  readonly call: "model" | "tool";
  readonly requestedAt: Instant;
  readonly requestedSeq: Seq;
  readonly input: unknown;
  readonly state:
    | { readonly is: "pending" }
    | { readonly is: "completed"; readonly at: Instant; readonly output: unknown }
    | { readonly is: "failed"; readonly at: Instant; readonly failure: Failure };
}

export interface StepState {
  readonly step: Step;
  readonly status: StepStatus;
  readonly attempts: number;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly output: unknown;
  readonly failure: Failure | null;
  /** Why it was skipped. */
  readonly reason: string | null;
  readonly effects: readonly EffectState[];
  readonly denials: readonly { readonly tool: string; readonly rule: string; readonly reason: string }[];
  readonly usage: Usage;
}

export interface PlanRevision {
  readonly revision: number;
  readonly plan: Plan;
  readonly reason: string;
  readonly actor: string;
  readonly at: Instant;
  readonly seq: Seq;
}

export interface RunState {
  readonly id: RunId;
  readonly goal: string;
  readonly thread: string;
  readonly model: string;
  readonly modelKind: "rules" | "language";
  readonly door: string;
  readonly workspace: string;
  readonly timeZone: string;
  readonly locale: string;
  readonly status: RunStatus;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly answer: string | null;
  readonly failure: Failure | null;
  readonly revisions: readonly PlanRevision[];
  /** In the order of the newest plan. */
  readonly steps: readonly StepState[];
  readonly items: readonly Item[];
  readonly usage: Usage;
  readonly lastSeq: Seq;
}

function freshStep(step: Step): StepState {
  return {
    step,
    status: "waiting",
    attempts: 0,
    startedAt: null,
    endedAt: null,
    output: undefined,
    failure: null,
    reason: null,
    effects: [],
    denials: [],
    usage: noUsage,
  };
}

/** The run after `event`; `undefined` before `run.started`. Events of other runs change nothing. */
export function foldRun(state: RunState | undefined, event: Event): RunState | undefined {
  if (event.type === "run.started" && event.run) {
    const { goal, thread, model, modelKind, door, workspace, timeZone, locale } = event.data;
    return {
      id: event.run,
      goal,
      thread,
      model,
      modelKind,
      door,
      workspace,
      timeZone,
      locale,
      status: "running",
      startedAt: event.at,
      endedAt: null,
      answer: null,
      failure: null,
      revisions: [],
      steps: [],
      items: [],
      usage: noUsage,
      lastSeq: event.seq,
    };
  }
  if (!state || event.run !== state.id) return state;
  return { ...foldKnown(state, event), lastSeq: event.seq };
}

function foldKnown(state: RunState, event: Event): RunState {
  switch (event.type) {
    case "plan.revised": {
      const { revision, plan, reason } = event.data;
      const known = new Map(state.steps.map((step) => [step.step.id, step]));
      const steps = plan.steps.map((step) => ({ ...(known.get(step.id) ?? freshStep(step)), step }));
      const made: PlanRevision = { revision, plan, reason, actor: event.actor, at: event.at, seq: event.seq };
      return { ...state, revisions: [...state.revisions, made], steps };
    }
    case "run.resumed":
      return { ...state, status: "running", endedAt: null };
    case "run.completed":
      return { ...state, status: "completed", answer: event.data.answer, endedAt: event.at };
    case "run.failed":
      return { ...state, status: "failed", failure: event.data.failure, endedAt: event.at, ...stopSteps(state, event.at) };
    case "run.cancelled":
      return { ...state, status: "cancelled", endedAt: event.at, ...stopSteps(state, event.at) };
    case "item.learned": {
      const { item: id, body, words } = event.data;
      const item: Item = { id, body, words, learntAt: event.at, run: state.id, seq: event.seq };
      return { ...state, items: [...state.items, item] };
    }
    case "effect.completed": {
      const usage = event.data.usage;
      const next = foldStep(state, event);
      return usage ? { ...next, usage: addUsage(next.usage, usage) } : next;
    }
    default:
      return foldStep(state, event);
  }
}

function stopSteps(state: RunState, at: Instant): Pick<RunState, "steps"> {
  return {
    steps: state.steps.map((step) =>
      step.status === "running" || step.status === "waiting"
        ? { ...step, status: "cancelled", endedAt: step.startedAt === null ? null : at }
        : step,
    ),
  };
}

function foldStep(state: RunState, event: Event): RunState {
  const index = state.steps.findIndex((step) => step.step.id === event.step);
  const before = state.steps[index];
  if (!before) return state;
  const after = stepAfter(before, event);
  return after === before ? state : { ...state, steps: state.steps.with(index, after) };
}

function stepAfter(step: StepState, event: Event): StepState {
  switch (event.type) {
    case "step.started":
      return { ...step, status: "running", attempts: event.data.attempt, startedAt: step.startedAt ?? event.at };
    case "step.completed":
      return { ...step, status: "completed", output: event.data.output, endedAt: event.at };
    case "step.failed":
      return { ...step, status: "failed", failure: event.data.failure, endedAt: event.at };
    case "step.skipped":
      return { ...step, status: "skipped", reason: event.data.reason, endedAt: event.at };
    case "effect.requested": {
      const { key, name, call, input } = event.data;
      const asked: EffectState = {
        key,
        name,
        call,
        input,
        requestedAt: event.at,
        requestedSeq: event.seq,
        state: { is: "pending" },
      };
      return { ...step, effects: [...step.effects.filter((effect) => effect.key !== key), asked] };
    }
    case "effect.completed": {
      const { key, output, usage } = event.data;
      const settled = settle(step, key, { is: "completed", at: event.at, output });
      return usage ? { ...settled, usage: addUsage(settled.usage, usage) } : settled;
    }
    case "effect.failed":
      return settle(step, event.data.key, { is: "failed", at: event.at, failure: event.data.failure });
    case "tool.denied": {
      const { tool, rule, reason } = event.data;
      return { ...step, denials: [...step.denials, { tool, rule, reason }] };
    }
    default:
      return step;
  }
}

function settle(step: StepState, key: string, state: EffectState["state"]): StepState {
  return { ...step, effects: step.effects.map((effect) => (effect.key === key ? { ...effect, state } : effect)) };
}

/** The run after all of `events`, which must be in order. */
export function foldEvents(events: Iterable<Event>): RunState | undefined {
  let state: RunState | undefined;
  for (const event of events) state = foldRun(state, event);
  return state;
}
