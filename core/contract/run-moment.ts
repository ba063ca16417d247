// A run as it stood after one of its events, without what its steps were given and gave: small enough for a door to be
// at any of 100,000 events at once. What steps hold is asked for a few at a time.
import type { EventType } from "./events.ts";
import type { Instant, Seq } from "./ids.ts";
import type { PlanRevision, RunState, StepState, StepStatus } from "./run-state.ts";

export type RunHead = Omit<RunState, "steps">;

/** How far a step with a body has come. */
export interface GroupCount {
  /** Turns of a map or loop that have begun, or steps of a plan or race. */
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
  /** Turns are numbered from 0 to this; 0 for a plan or race. */
  readonly turns: number;
}

/** An event's place among all of a run's, those of the run it was forked from first. */
export interface Place {
  readonly seq: Seq;
  /** From 0. */
  readonly index: number;
  readonly total: number;
  readonly at: Instant;
  readonly type: EventType;
  readonly step: string | null;
  /** When the first and the last of them happened. */
  readonly firstAt: Instant;
  readonly lastAt: Instant;
}

/** As it crosses to a door. */
export interface RunMoment {
  readonly head: Omit<RunHead, "revisions">;
  /** How many plans it had had. */
  readonly revisions: number;
  /** Those that the asker does not know, each plan as JSON: a long plan is then one value on its way, not a million. */
  readonly newRevisions: readonly (Omit<PlanRevision, "plan"> & { readonly plan: string })[];
  /** A letter for each step of the newest plan, in its order. */
  readonly statuses: string;
  /** Steps inside others, where asked for. */
  readonly inner: readonly (readonly [id: string, status: StepStatus])[];
  /** Of every step of the plan with a body that has begun, and of those inside them where asked for. */
  readonly groups: Readonly<Record<string, GroupCount>>;
  readonly place: Place;
}

/** As a door keeps it. */
export interface Moment extends RunHead {
  /** Every step of the newest plan in its order, then the known ones inside them. */
  readonly statuses: ReadonlyMap<string, StepStatus>;
  readonly groups: Readonly<Record<string, GroupCount>>;
  readonly place: Place;
}

/** Steps in whole, as of event `seq`. */
export interface StepsAt {
  readonly seq: Seq;
  readonly steps: readonly StepState[];
}

const letters = { waiting: "w", running: "r", completed: "c", failed: "f", skipped: "s", cancelled: "x" } as const;
export type StatusLetter = (typeof letters)[StepStatus];
const statuses = new Map(Object.entries(letters).map(([status, letter]) => [letter as string, status as StepStatus]));

/** "waiting" for what is none of the letters. */
export function statusOf(letter: string | undefined): StepStatus {
  return statuses.get(letter ?? "") ?? "waiting";
}

/** `known`: the run's revisions that the asker told of, or more. */
export function readMoment({ head, newRevisions, revisions: count, inner, ...rest }: RunMoment, known: readonly PlanRevision[]): Moment {
  const fresh = newRevisions.map((revision): PlanRevision => ({ ...revision, plan: JSON.parse(revision.plan) as PlanRevision["plan"] }));
  const [first] = fresh;
  const before = first ? known.filter(({ seq }) => seq < first.seq) : known;
  const revisions = [...before, ...fresh].slice(0, count);
  const standing = new Map<string, StepStatus>(revisions.at(-1)?.plan.steps.map(({ id }, index) => [id, statusOf(rest.statuses[index])]));
  for (const [id, status] of inner) standing.set(id, status);
  return { ...head, revisions, statuses: standing, groups: rest.groups, place: rest.place };
}
