// A run as it stood after one of its events, without what its steps were given and gave: small enough for a door to be
// at any of 100,000 events at once.
import type { Instant } from "./ids.ts";
import { isOver, type RunState, type StepState, type StepStatus } from "./run-state.ts";

export type StepMark = Pick<StepState, "id" | "status" | "attempts" | "retries" | "nextTryAt" | "agent" | "startedAt" | "endedAt">;

export interface RunMoment {
  /** Its steps are in `marks` instead. */
  readonly state: RunState;
  /** Every step of the plan that has begun or ended, in its order, and inside them those whose ids begin with what was
   * asked for. The others wait. */
  readonly marks: readonly StepMark[];
  /** How many steps inside a step of the plan stand how. */
  readonly inner: Readonly<Record<string, Partial<Record<StepStatus, number>>>>;
}

/** What some of a step's events say of it. That of later events, laid over it, is what all of them say. */
export type StepChange = { -readonly [Field in Exclude<keyof StepMark, "id">]?: StepMark[Field] | undefined };

export function laidOver(before: StepChange | undefined, later: StepChange): StepChange {
  return { ...before, ...later, startedAt: before?.startedAt ?? later.startedAt };
}

export function markOf(id: string, change: StepChange, run: Pick<RunState, "status" | "endedAt">): StepMark {
  const { status = "waiting", attempts = 0, retries = 0, nextTryAt = null, agent = null, startedAt = null, endedAt = null } = change;
  const mark = { id, status, attempts, retries, nextTryAt, agent, startedAt, endedAt };
  const stopped = isOver(run.status) && run.status !== "completed" && (status === "running" || status === "waiting");
  return stopped ? { ...mark, status: "cancelled", endedAt: startedAt === null ? null : run.endedAt } : mark;
}

/** The log's events about a step's work; every other event is about the run. */
export const stepEvents = [
  "step.started",
  "step.completed",
  "step.retried",
  "step.failed",
  "step.skipped",
  "effect.requested",
  "effect.completed",
  "effect.failed",
  "tool.denied",
] as const;

/** What one event says of its step. `data` may lack all that can be forgotten. */
export function changeBy(type: (typeof stepEvents)[number], at: Instant, data: Readonly<Record<string, unknown>>): StepChange {
  switch (type) {
    case "step.started": {
      const agent = data["agent"] as string | undefined;
      const change: StepChange = { status: "running", attempts: data["attempt"] as number, nextTryAt: null, startedAt: at };
      return agent === undefined ? change : { ...change, agent };
    }
    case "step.completed":
      return { status: "completed", startedAt: (data["startedAt"] as Instant | undefined) ?? at, endedAt: at };
    case "step.retried":
      return { retries: data["tries"] as number, nextTryAt: data["at"] as Instant };
    case "step.failed":
      return { status: "failed", endedAt: at };
    case "step.skipped":
      return { status: "skipped", endedAt: at };
    case "effect.requested":
    case "effect.completed":
    case "effect.failed":
    case "tool.denied":
      return {};
  }
}
