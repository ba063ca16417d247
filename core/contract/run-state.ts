// A run as it stood after any event: a pure fold, used by the engine to resume, by every door to draw, and by
// time travel to be there again.
import type { AnswerSource, BudgetPart, Event, Origin, PausePoint, RunImport } from "./events.ts";
import type { Failure } from "./failure.ts";
import { scopeOfFork } from "./fork.ts";
import type { Instant, RunId, Seq, StepId } from "./ids.ts";
import type { Item } from "./items.ts";
import { bodyOf, definitionOf, outerIds, type Plan, type Step } from "./plan.ts";
import { tightens, type PolicyRule } from "./policy.ts";
import type { ProgramNote } from "./program-notes.ts";
import type { ReplayReport } from "./replay.ts";
import type { ReviewDecision, ReviewKind } from "./review.ts";
import { addUsage, noUsage, type Usage } from "./usage.ts";

export const runStatuses = ["running", "paused", "waiting", "completed", "failed", "cancelled"] as const;
export type RunStatus = (typeof runStatuses)[number];

/** Whether anything can still happen in a run of this status. */
export function isOver(status: RunStatus): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

export type StepStatus = "waiting" | "running" | "completed" | "failed" | "skipped" | "cancelled";

export interface EffectState {
  readonly key: string;
  readonly name: string;
  readonly call: "model" | "tool" | "server";
  readonly requestedAt: Instant;
  readonly requestedSeq: Seq;
  readonly input: unknown;
  readonly state:
    | { readonly is: "pending" }
    | {
        readonly is: "completed";
        readonly at: Instant;
        readonly output: unknown;
        readonly source?: AnswerSource | undefined;
        /** Where the output comes from, other than from the person. */
        readonly from?: readonly string[] | undefined;
        /** The model that answered, where it is another than was asked first. */
        readonly answeredBy?: string | undefined;
      }
    | { readonly is: "failed"; readonly at: Instant; readonly failure: Failure; readonly from?: readonly string[] | undefined };
}

export interface ReviewState {
  readonly id: string;
  readonly step: string;
  readonly kind: ReviewKind;
  readonly question: string;
  readonly proposal: unknown;
  readonly askedAt: Instant;
  readonly askedSeq: Seq;
  readonly decided: { readonly decision: ReviewDecision; readonly answer: unknown; readonly reason: string; readonly at: Instant } | null;
}

export interface StepState {
  /** Its id in the plan; inside a body the whole way to it. */
  readonly id: string;
  readonly step: Step;
  readonly status: StepStatus;
  /** How often a host began it, other than one that closed in good order. */
  readonly attempts: number;
  /** How often it failed and was tried again. */
  readonly retries: number;
  /** When it is tried again, while it waits for that. */
  readonly nextTryAt: Instant | null;
  /** Who was chosen to do it, where the plan names only a capability. */
  readonly agent: string | null;
  readonly source: AnswerSource | null;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly output: unknown;
  /** The event of the message that it took, where it waits for one. */
  readonly message: Seq | null;
  readonly failure: Failure | null;
  /** Why it was skipped. */
  readonly reason: string | null;
  readonly effects: readonly EffectState[];
  readonly denials: readonly { readonly tool: string; readonly rule: string; readonly reason: string; readonly key: string | null }[];
  /** What was seen of the program that it follows. */
  readonly notes: readonly ProgramNote[];
  /** What its earlier tries failed of. */
  readonly failures: readonly Failure[];
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
  /** The revision that a person froze, with the SHA-256 of its plan. */
  readonly approved: { readonly revision: number; readonly hash: string } | null;
  /** In the order of the newest plan. */
  readonly steps: readonly StepState[];
  readonly items: readonly Item[];
  /** Files that its calls wrote, in order; what they held before is in the event. */
  readonly files: readonly {
    readonly path: string;
    readonly key: string;
    readonly existed: boolean;
    readonly after: string;
    readonly seq: Seq;
  }[];
  /** Everything after this event has been taken back. */
  readonly undoneTo: Seq | null;
  /** Files that this left as they are, because somebody had changed them meanwhile. */
  readonly left: readonly string[];
  readonly origin: Origin | null;
  /** Where it is held, while it is paused. */
  readonly pause: { readonly reason: string; readonly at: PausePoint | null; readonly breakpoint: string | null } | null;
  readonly breakpoints: readonly string[];
  /** What a person said of its calls alone. */
  readonly rules: readonly PolicyRule[];
  /** Where it came past a breakpoint without being held, by the breakpoint. */
  readonly passed: Readonly<Record<string, readonly string[]>>;
  /** Limits that a person has lifted; `step` is null for the whole run's. */
  readonly lifted: readonly { readonly step: StepId | null; readonly of: BudgetPart }[];
  /** Where breakpoints held it. */
  readonly holds: readonly { readonly seq: Seq; readonly breakpoint: string }[];
  readonly reviews: readonly ReviewState[];
  /** Messages in order; which step took one is the step's to say, and one that none took is kept. */
  readonly received: readonly { readonly name: string; readonly data: unknown; readonly seq: Seq }[];
  /** What a person changed of effects that were about to be asked, by key. */
  readonly edits: Readonly<Record<string, { readonly input?: unknown; readonly output?: unknown }>>;
  readonly replay: ReplayReport | null;
  /** What its file said of it, when it came from one. */
  readonly imported: RunImport | null;
  readonly usage: Usage;
  /** Where its past begins: its own first event, or that of the run it was forked from. */
  readonly firstSeq: Seq;
  readonly lastSeq: Seq;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A step that has not begun. */
export function freshStep(step: Step, id: string): StepState {
  return {
    id,
    step,
    status: "waiting",
    attempts: 0,
    retries: 0,
    nextTryAt: null,
    agent: null,
    source: null,
    startedAt: null,
    endedAt: null,
    output: undefined,
    message: null,
    failure: null,
    reason: null,
    effects: [],
    denials: [],
    notes: [],
    failures: [],
    usage: noUsage,
  };
}

/** A run being folded in place, with its steps found by id at once; for the engine and for long logs. */
export class RunFold {
  #state: Mutable<RunState> | undefined;
  #steps: StepState[] = [];
  #index = new Map<string, number>();
  #items: Item[] = [];
  #reviews: ReviewState[] = [];
  #received: RunState["received"][number][] = [];
  #passed: Record<string, string[]> = {};
  #edits: Record<string, RunState["edits"][string]> = {};
  /** Messages that no step has taken, oldest first. */
  #kept: RunState["received"][number][] = [];
  /** Steps under way that wait for a message, or have just been given one. */
  #waits = new Set<number>();

  readonly #keeps: (id: string) => boolean;

  /** With `keeps` only the steps for whose ids it holds: a plan may have 20,000. */
  constructor(state?: RunState, keeps: (id: string) => boolean = () => true) {
    this.#keeps = keeps;
    if (state) this.#take({ ...state });
  }

  /** As it stands; the next `apply` changes its lists in place. */
  get state(): RunState | undefined {
    return this.#state;
  }

  step(id: string): StepState | undefined {
    const index = this.#index.get(id);
    return index === undefined ? undefined : this.#steps[index];
  }

  apply(event: Event): this {
    if (event.type === "run.started" && event.run) this.#begin(event, event.run);
    else if (this.#state && event.run === this.#state.id) this.#change(this.#state, event);
    if (this.#state && event.run === this.#state.id) this.#state.lastSeq = event.seq;
    return this;
  }

  #take(state: Mutable<RunState>): void {
    this.#state = state;
    state.steps = this.#steps = [...state.steps];
    state.items = this.#items = [...state.items];
    state.reviews = this.#reviews = [...state.reviews];
    state.received = this.#received = [...state.received];
    state.passed = this.#passed = Object.fromEntries(Object.entries(state.passed).map(([breakpoint, places]) => [breakpoint, [...places]]));
    state.edits = this.#edits = { ...state.edits };
    this.#index = new Map(this.#steps.map(({ id }, index) => [id, index]));
    const taken = new Set(this.#received.length === 0 ? [] : this.#steps.map(({ message }) => message));
    this.#kept = this.#received.filter(({ seq }) => !taken.has(seq));
    const waits = ({ step, status }: StepState) => status === "running" && messageOf(step) !== undefined;
    this.#waits = new Set(this.#steps.flatMap((step, index) => (waits(step) ? [index] : [])));
  }

  #begin(event: Extract<Event, { type: "run.started" }>, id: RunId): void {
    const { goal, thread, model, modelKind, door, workspace, timeZone, locale, origin = null } = event.data;
    const about = { id, model, modelKind, door, workspace, timeZone, locale, origin, startedAt: event.at };
    const open = { status: "running" as const, endedAt: null, answer: null, failure: null, pause: null, replay: null, imported: null };
    if (origin?.kind === "fork" && this.#state) {
      this.#take({ ...this.#state, ...about, ...open, breakpoints: [], rules: this.#state.rules.filter(tightens), passed: {}, lifted: [] });
      this.#fork(origin.edits);
      return;
    }
    this.#take({
      ...about,
      ...open,
      goal,
      thread,
      revisions: [],
      approved: null,
      steps: [],
      items: [],
      files: [],
      undoneTo: null,
      left: [],
      breakpoints: [],
      rules: [],
      passed: {},
      lifted: [],
      holds: [],
      reviews: [],
      received: [],
      edits: {},
      usage: noUsage,
      firstSeq: event.seq,
      lastSeq: event.seq,
    });
    const { planned } = event.data;
    if (planned && this.#state) this.#revise(this.#state, { ...planned, revision: 1, actor: planned.by, at: event.at, seq: event.seq });
  }

  #revise(state: RunState, { plan, reason, revision, actor, at, seq }: PlanRevision): void {
    const top = plan.steps.flatMap((step) => {
      if (!this.#keeps(step.id)) return [];
      const known = this.step(step.id);
      return [known ? { ...known, step } : freshStep(step, step.id)];
    });
    const inner = this.#steps.filter(({ id }) => id.includes("/") && definitionOf(plan, id));
    this.#take({ ...state, revisions: [...state.revisions, { revision, plan, reason, actor, at, seq }], steps: [...top, ...inner] });
  }

  /** What was not finished is not begun, and so is what ended the run by its failure; what was edited is as edited, and all that came of it is to be done anew. */
  #fork(edits: readonly { step: string; output?: unknown }[]): void {
    const edited = new Map(edits.map((edit) => [edit.step, edit.output]));
    const { anew, isGone } = scopeOfFork(this.#state?.revisions.at(-1)?.plan, new Set(edited.keys()));
    const isDone = ({ status, step }: StepState) =>
      status === "completed" || status === "skipped" || (status === "failed" && step.onError !== "fail");
    const isWithinDone = ({ id }: StepState) =>
      outerIds(id).some((outer) => {
        const around = this.step(outer);
        return around !== undefined && isDone(around) && !anew.has(outer);
      });
    const kept = this.#steps.flatMap((step): StepState[] => {
      if (edited.has(step.id)) {
        const output = edited.get(step.id);
        const at = step.endedAt ?? step.startedAt ?? this.#state?.startedAt ?? 0;
        return [{ ...step, status: "completed", output, failure: null, source: "edited", endedAt: at, startedAt: step.startedAt ?? at }];
      }
      if (isGone(step.id)) return [];
      return [!anew.has(step.id) && (isDone(step) || isWithinDone(step)) ? step : freshStep(step.step, step.id)];
    });
    const state = this.#state;
    if (state) this.#take({ ...state, steps: kept, reviews: state.reviews.filter(({ decided }) => decided !== null) });
  }

  #change(state: Mutable<RunState>, event: Event): void {
    switch (event.type) {
      case "plan.revised": {
        const { revision, plan, reason } = event.data;
        this.#revise(state, { revision, plan, reason, actor: event.actor, at: event.at, seq: event.seq });
        return;
      }
      case "run.resumed":
        Object.assign(state, { status: "running", endedAt: null, pause: null });
        return;
      case "run.suspended":
        for (const [index, step] of this.#steps.entries()) {
          if (step.status === "running") this.#steps[index] = { ...step, attempts: Math.max(0, step.attempts - 1) };
        }
        return;
      case "run.paused":
        state.status = "paused";
        state.pause = { reason: event.data.reason, at: event.data.at ?? null, breakpoint: event.data.breakpoint ?? null };
        if (state.pause.breakpoint !== null) state.holds = [...state.holds, { seq: event.seq, breakpoint: state.pause.breakpoint }];
        return;
      case "run.waiting":
        state.status = "waiting";
        return;
      case "run.completed":
        Object.assign(state, { status: "completed", answer: event.data.answer, endedAt: event.at });
        return;
      case "run.failed":
        Object.assign(state, { status: "failed", failure: event.data.failure, endedAt: event.at, pause: null });
        this.#stop(event.at);
        return;
      case "run.cancelled":
        Object.assign(state, { status: "cancelled", endedAt: event.at, pause: null });
        this.#stop(event.at);
        return;
      case "run.imported":
        state.imported = event.data;
        if (isOver(state.status)) return;
        Object.assign(state, { status: "cancelled", endedAt: event.data.lastAt, pause: null });
        this.#stop(event.data.lastAt);
        return;
      case "breakpoints.set":
        state.breakpoints = event.data.breakpoints;
        return;
      case "rules.set":
        state.rules = event.data.rules;
        return;
      case "breakpoint.passed": {
        const { breakpoint, place } = event.data;
        const places = (this.#passed[breakpoint] ??= []);
        if (!places.includes(place)) places.push(place);
        return;
      }
      case "budget.lifted":
        state.lifted = [...state.lifted, { step: event.step, of: event.data.of }];
        return;
      case "replay.reported":
        state.replay = event.data;
        return;
      case "message.received": {
        const message = { name: event.data.name, data: event.data.data, seq: event.seq };
        this.#received.push(message);
        this.#kept.push(message);
        if (state.status === "waiting") state.status = "running";
        if (this.#waits.size > 0) this.#hand(message.name);
        return;
      }
      case "effect.edited": {
        const { key, ...edit } = event.data;
        this.#edits[key] = edit;
        return;
      }
      case "review.requested": {
        const { review: id, kind, question, proposal } = event.data;
        const asked: ReviewState = {
          id,
          step: event.step ?? "",
          kind,
          question,
          proposal,
          askedAt: event.at,
          askedSeq: event.seq,
          decided: null,
        };
        this.#reviews.push(asked);
        return;
      }
      case "review.decided": {
        const { review, decision, answer, reason } = event.data;
        const decided = { decision, answer, reason, at: event.at };
        const index = this.#reviews.findLastIndex(({ id }) => id === review);
        const asked = this.#reviews[index];
        if (asked) this.#reviews[index] = { ...asked, decided };
        if (state.status === "waiting") state.status = "running";
        return;
      }
      case "item.learned": {
        const { item: id, body, words, from } = event.data;
        this.#items.push({ id, body, words, learntAt: event.at, run: state.id, seq: event.seq, ...(from ? { from } : {}) });
        return;
      }
      case "file.kept": {
        const { path, key, before, after } = event.data;
        state.files = [...state.files, { path, key, existed: before !== null, after, seq: event.seq }];
        return;
      }
      case "plan.approved":
        state.approved = event.data;
        return;
      case "undo.applied":
        Object.assign(
          state,
          event.data.direction === "undo" ? { undoneTo: event.data.to, left: event.data.left } : { undoneTo: null, left: [] },
        );
        return;
      default:
        if (event.type === "effect.completed" && event.data.usage) state.usage = addUsage(state.usage, event.data.usage);
        this.#changeStep(state, event);
    }
  }

  #changeStep(state: RunState, event: Event): void {
    const id = event.step;
    if (id === null || !this.#keeps(id)) return;
    let index = this.#index.get(id);
    if (index === undefined) {
      const plan = state.revisions.at(-1)?.plan;
      const step = plan && definitionOf(plan, id);
      if (!step) return;
      index = this.#steps.push(freshStep(step, id)) - 1;
      this.#index.set(id, index);
    }
    const before = this.#steps[index];
    if (!before) return;
    this.#steps[index] = stepAfter(before, event);
    if (event.type === "step.retried") this.#retryInside(id);
    if (messageOf(before.step) !== undefined) this.#watch(index);
    else if (hasEnded(event.type) && bodyOf(before.step).length > 0) this.#dropInside(id);
  }

  /** What made a body fail is tried again with it. */
  #retryInside(id: string): void {
    for (const [index, step] of this.#steps.entries()) {
      const { status, failure, failures, retries } = step;
      if (status !== "failed" || !failure || step.step.onError !== "fail" || !step.id.startsWith(`${id}/`)) continue;
      const again = { status: "waiting" as const, failure: null, endedAt: null };
      this.#steps[index] = { ...step, ...again, retries: retries + 1, failures: [...failures, failure] };
    }
  }

  /** Keeps in view a step that waits for a message, as long as it does. */
  #watch(index: number): void {
    const step = this.#steps[index];
    if (!step) return;
    if (step.status === "running") {
      this.#waits.add(index);
      if (step.message === null) this.#hand(messageOf(step.step));
      return;
    }
    this.#waits.delete(index);
    if (step.status !== "completed") this.#takeBack(index);
  }

  /** Steps inside one that has ended wait no more, though nothing was said of them. */
  #dropInside(outer: string): void {
    for (const index of this.#waits) if (this.#steps[index]?.id.startsWith(`${outer}/`)) this.#takeBack(index);
  }

  /** What a step was given and did not use is for others. */
  #takeBack(index: number): void {
    const step = this.#steps[index];
    const message = step && this.#received.find(({ seq }) => seq === step.message);
    if (!step || !message) return;
    this.#steps[index] = { ...step, message: null };
    this.#kept = [...this.#kept, message].toSorted((a, b) => a.seq - b.seq);
    this.#hand(message.name);
  }

  /** Gives kept messages of a name to the steps that wait for one, the oldest to whoever has waited longest (in the same
   * millisecond, to the first of the plan). Each is given once. */
  #hand(name: string | undefined): void {
    for (;;) {
      const at = this.#kept.findIndex((message) => message.name === name);
      if (at < 0) return;
      const free = [...this.#waits].filter((index) => this.#isFree(index, name)).toSorted((a, b) => a - b);
      const since = (index: number) => this.#steps[index]?.startedAt ?? 0;
      const [first] = free.toSorted((a, b) => since(a) - since(b));
      const step = first === undefined ? undefined : this.#steps[first];
      if (first === undefined || !step) return;
      const [message] = this.#kept.splice(at, 1);
      this.#steps[first] = { ...step, message: message?.seq ?? null };
    }
  }

  #isFree(index: number, name: string | undefined): boolean {
    const step = this.#steps[index];
    return step !== undefined && step.message === null && messageOf(step.step) === name && this.#isOpen(step.id);
  }

  /** Whether all the steps that it lies inside are under way. */
  #isOpen(id: string): boolean {
    return outerIds(id).every((outer) => (this.step(outer)?.status ?? "running") === "running");
  }

  #stop(at: Instant): void {
    for (const [index, step] of this.#steps.entries()) {
      if (step.status !== "running" && step.status !== "waiting") continue;
      this.#steps[index] = { ...step, status: "cancelled", endedAt: step.startedAt === null ? null : at };
    }
  }
}

function hasEnded(type: Event["type"]): boolean {
  return type === "step.completed" || type === "step.failed" || type === "step.skipped";
}

function messageOf(step: Step): string | undefined {
  return step.kind === "wait" ? step.message : undefined;
}

/** The run after `event`, as a new value; `undefined` before `run.started`. Events of other runs change nothing. */
export function foldRun(state: RunState | undefined, event: Event): RunState | undefined {
  return new RunFold(state).apply(event).state;
}

function stepAfter(step: StepState, event: Event): StepState {
  switch (event.type) {
    case "step.started": {
      const { attempt, agent = step.agent } = event.data;
      return { ...step, status: "running", attempts: attempt, agent, nextTryAt: null, startedAt: step.startedAt ?? event.at };
    }
    case "step.completed": {
      const { output, startedAt = event.at, source = null } = event.data;
      return { ...step, status: "completed", output, source, startedAt: step.startedAt ?? startedAt, endedAt: event.at };
    }
    case "step.retried":
      return {
        ...step,
        retries: event.data.tries,
        nextTryAt: event.data.at,
        failure: null,
        failures: [...step.failures, event.data.failure],
      };
    case "step.failed":
      return { ...step, status: "failed", failure: event.data.failure, endedAt: event.at };
    case "step.skipped":
      return { ...step, status: "skipped", reason: event.data.reason, endedAt: event.at };
    case "effect.requested": {
      const { key, name, call, input } = event.data;
      const asked: EffectState = { key, name, call, input, requestedAt: event.at, requestedSeq: event.seq, state: { is: "pending" } };
      return { ...step, effects: [...step.effects.filter((effect) => effect.key !== key), asked] };
    }
    case "effect.completed": {
      const { key, output, usage, source, from, answeredBy } = event.data;
      const settled = settle(step, key, { is: "completed", at: event.at, output, source, from, ...(answeredBy ? { answeredBy } : {}) });
      return usage ? { ...settled, usage: addUsage(settled.usage, usage) } : settled;
    }
    case "effect.failed":
      return settle(step, event.data.key, { is: "failed", at: event.at, failure: event.data.failure, from: event.data.from });
    case "tool.denied": {
      const { tool, rule, reason, key = null } = event.data;
      return { ...step, denials: [...step.denials, { tool, rule, reason, key }] };
    }
    case "program.noted":
      return { ...step, notes: [...step.notes, ...event.data.notes] };
    default:
      return step;
  }
}

function settle(step: StepState, key: string, state: EffectState["state"]): StepState {
  return { ...step, effects: step.effects.map((effect) => (effect.key === key ? { ...effect, state } : effect)) };
}

/** The run after all of `events`, which must be in order; those of the run it was forked from first. */
export function foldEvents(events: Iterable<Event>): RunState | undefined {
  const fold = new RunFold();
  for (const event of events) fold.apply(event);
  return fold.state;
}
