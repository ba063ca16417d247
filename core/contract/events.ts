// Everything that can happen, as one table: each event type, the shape of its data, and which of its fields a
// person may want forgotten. Those are kept as blobs by hash, never in the event row.
import { z } from "zod";
import { Failure } from "./failure.ts";
import { Instant, ItemId, ReviewId, RunId, Seq, StepId, ThreadId } from "./ids.ts";
import { ItemBody } from "./items.ts";
import { Plan } from "./plan.ts";
import { RunRules } from "./policy.ts";
import { ProgramNote } from "./program-notes.ts";
import { ReplayOptions, ReplayReport } from "./replay.ts";
import { ReviewDecision, ReviewKind } from "./review.ts";
import { FileContent, UndoPlan } from "./undo.ts";
import { Usage } from "./usage.ts";

export const Door = z.enum(["window", "cli", "browser", "console", "core"]);
export type Door = z.infer<typeof Door>;

/** What may happen when an effect is asked for twice; decides what a crash between ask and answer leads to. `pure`
 * depends on its arguments alone and is not journaled as a step of a plan; `reads` looks at the world and changes nothing. */
export const EffectKind = z.enum(["pure", "reads", "idempotent", "at-most-once", "unsafe"]);
export type EffectKind = z.infer<typeof EffectKind>;

/** Where an answer came from, when not from the world. */
export const AnswerSource = z.enum(["recorded", "edited", "static", "simulated", "cached"]);
export type AnswerSource = z.infer<typeof AnswerSource>;

/** What a run began from, when not from a goal alone. */
export const Origin = z.discriminatedUnion("kind", [
  /** Everything up to and with the event `at` of `run` is this run's past too; `edits` are applied to it. */
  z.object({ kind: z.literal("fork"), run: RunId, at: Seq, edits: z.array(z.object({ step: StepId, output: z.unknown() })) }),
  z.object({ kind: z.literal("replay"), run: RunId, options: ReplayOptions }),
]);
export type Origin = z.infer<typeof Origin>;

/** Where a run can be held: before this happens. */
export const PausePoint = z.object({
  on: z.enum(["step", "agent", "model", "tool", "memory", "budget"]),
  step: StepId,
  name: z.string(),
  /** Of the effect that is held, to edit it. */
  key: z.string().optional(),
  input: z.unknown(),
});
export type PausePoint = z.infer<typeof PausePoint>;

/** What a budget limits, of a run or a step; and of all runs of a day together. */
export const BudgetPart = z.enum(["tokens", "cost", "calls", "time", "dayTokens", "dayCost", "dayCalls"]);
export type BudgetPart = z.infer<typeof BudgetPart>;

/** Who did it: a person at a door, an agent, the host itself. */
export const Actor = z.string().regex(/^(person|agent|host)(:[\w.-]{1,64})?$/);
export type Actor = z.infer<typeof Actor>;

/** The rule that let a tool's call pass, and which policy it stands in. */
const Allowed = z.object({
  rule: z.string(),
  policy: z.string(),
  /** The question that a person answered with yes to just this call. */
  review: ReviewId.optional(),
});

/** Where something comes from, other than from the person: `the file notes.txt`. */
const From = z.array(z.string().max(1000)).max(20);
/** A run that came from a file. */
export const RunImport = z.object({
  /** SHA-256 over its events as the file has them: the same run has the same, wherever it is. */
  content: z.string().regex(/^[0-9a-f]{64}$/),
  /** Which runs these events were of, in order: those it was forked from, then itself under the id it had. */
  past: z
    .array(z.object({ run: RunId, events: z.int().positive() }))
    .min(1)
    .max(1001),
  /** The BotMojo that wrote the file. */
  program: z.string().max(64),
  /** False when it was still under way when it was recorded. */
  finished: z.boolean(),
  /** When the last of its events happened. */
  lastAt: Instant,
});
export type RunImport = z.infer<typeof RunImport>;

/** `server`: what a program asks of a server of its tools, other than to call one. */
const effect = { key: z.string(), name: z.string(), call: z.enum(["model", "tool", "server"]) };

function type<Data extends z.ZodType, const Forgettable extends string = never>(data: Data, forgettable: readonly Forgettable[] = []) {
  return { data, forgettable };
}

export const eventTypes = {
  "run.started": type(
    z.object({
      goal: z.string(),
      thread: ThreadId,
      model: z.string(),
      modelKind: z.enum(["rules", "language"]),
      door: Door,
      timeZone: z.string(),
      locale: z.string(),
      workspace: z.string(),
      origin: Origin.optional(),
      /** Its first plan, and who made it. Absent in a fork, whose plan is its parent's. Without an origin, the goal is said
       * in the thread. (Logs of schema 1 have a plan.revised and a message.added of their own instead.) */
      planned: z.object({ plan: Plan, reason: z.string(), by: Actor }).optional(),
    }),
    ["goal", "origin", "planned"],
  ),
  "run.resumed": type(z.object({ reason: z.string() })),
  /** Its host closed in good order, and the next one goes on with it: what was under way did not fail by that. */
  "run.suspended": type(z.object({ reason: z.string() })),
  /** `thread` is the conversation that hears it, if any does. */
  "run.completed": type(z.object({ answer: z.string(), thread: ThreadId.optional(), from: From.optional() }), ["answer", "from"]),
  "run.failed": type(z.object({ failure: Failure, thread: ThreadId.optional() }), ["failure"]),
  "run.cancelled": type(z.object({ reason: z.string() })),
  /** The events before it, marked as recorded, were read from a file: whose they were there, and what was found of them. */
  "run.imported": type(RunImport),
  /** Its texts, its row and what it had kept are gone; its events keep their place in the chain. */
  "run.removed": type(z.object({ events: z.int().positive() })),

  "run.paused": type(z.object({ reason: z.string(), at: PausePoint.optional(), breakpoint: z.string().optional() }), ["at"]),
  /** Nothing is left to do until a person answers. */
  "run.waiting": type(z.object({ reason: z.string() })),
  /** All breakpoints of the run, as they stand from now on. */
  "breakpoints.set": type(z.object({ breakpoints: z.array(z.string().max(1000)).max(100) })),
  /** All rules of this run alone, as they stand from now on; they are heard beside the person's own. */
  "rules.set": type(z.object({ rules: RunRules })),
  /** It came past a breakpoint that holds from a later time on. `place` is another each time. */
  "breakpoint.passed": type(z.object({ breakpoint: z.string(), place: z.string() })),
  /** A person let a run that was held at a limit go on: it holds no more for this run, or for this step and what is in it. */
  "budget.lifted": type(z.object({ of: BudgetPart })),
  "replay.reported": type(ReplayReport, ["firstDivergence"]),
  "message.received": type(z.object({ name: z.string(), data: z.unknown() }), ["data"]),

  "plan.revised": type(
    z.object({
      revision: z.int().positive(),
      plan: Plan,
      reason: z.string(),
      /** The change against the revision before (RFC 6902); absent where the plan was made whole. */
      patch: z.array(z.record(z.string(), z.unknown())).optional(),
    }),
    ["plan", "reason", "patch"],
  ),

  /** Frozen as it is: only its steps are done without asking. */
  "plan.approved": type(z.object({ revision: z.int().positive(), hash: z.string() })),

  "step.started": type(z.object({ attempt: z.int().positive(), agent: z.string().optional(), why: z.string().optional() })),
  /** A pure step has no other event: `startedAt` says when it began. */
  "step.completed": type(z.object({ output: z.unknown(), startedAt: Instant.optional(), source: AnswerSource.optional() }), ["output"]),
  "step.retried": type(z.object({ failure: Failure, tries: z.int().positive(), at: Instant }), ["failure"]),
  "step.failed": type(z.object({ failure: Failure }), ["failure"]),
  "step.skipped": type(z.object({ reason: z.string() })),

  "effect.requested": type(z.object({ ...effect, effect: EffectKind, input: z.unknown(), allowed: Allowed.optional() }), ["input"]),
  "effect.completed": type(
    z.object({
      ...effect,
      output: z.unknown(),
      usage: Usage.optional(),
      source: AnswerSource.optional(),
      from: From.optional(),
      /** The model that answered, where it is another than was asked first. */
      answeredBy: z.string().optional(),
      /** Names everything that its provider was sent; the same request may be answered with this. Without the salt of
       * other texts, so it is forgotten with them. */
      request: z.string().optional(),
    }),
    ["output", "from", "request"],
  ),
  /** A person changed what is about to be asked, or gave the answer. */
  "effect.edited": type(z.object({ key: z.string(), input: z.unknown().optional(), output: z.unknown().optional() }), ["input", "output"]),
  "effect.failed": type(z.object({ ...effect, failure: Failure, from: From.optional() }), ["failure", "from"]),
  "tool.denied": type(
    z.object({ tool: z.string(), rule: z.string(), reason: z.string(), input: z.unknown(), key: z.string().optional() }),
    ["input", "reason"],
  ),

  /** What was seen of the program that the step follows, besides what it asked. */
  "program.noted": type(z.object({ notes: z.array(ProgramNote).min(1) }), ["notes"]),

  "review.requested": type(z.object({ review: ReviewId, kind: ReviewKind, question: z.string(), proposal: z.unknown() }), [
    "question",
    "proposal",
  ]),
  "review.decided": type(z.object({ review: ReviewId, decision: ReviewDecision, answer: z.unknown().optional(), reason: z.string() }), [
    "answer",
    "reason",
  ]),

  /** What a file held before a call of the run writes it; on disk before the file is touched. */
  "file.kept": type(z.object({ key: z.string(), path: z.string(), before: FileContent, made: z.string().nullable(), after: z.string() }), [
    "path",
    "before",
    "made",
  ]),
  /** May come after the run's end. On disk before the first file is put back. */
  "undo.requested": type(UndoPlan, ["files"]),
  /** `left`: files that somebody changed meanwhile, so they stay as they are. */
  "undo.applied": type(UndoPlan.pick({ direction: true, to: true, items: true, messages: true }).extend({ left: z.array(z.string()) }), [
    "left",
  ]),

  "message.added": type(z.object({ thread: ThreadId, role: z.enum(["user", "assistant"]), text: z.string() }), ["text"]),
  "item.learned": type(z.object({ item: ItemId, body: ItemBody, words: z.string(), from: From.optional() }), ["body", "words", "from"]),
  /** The time of a reminder has come: the person is told, once. `late` by more than a minute, as no host was there. */
  "reminder.due": type(z.object({ item: ItemId, late: z.boolean() })),
  /** It needs no telling any more. */
  "reminder.over": type(z.object({ item: ItemId, how: z.enum(["done", "removed"]) })),

  "config.changed": type(z.object({ key: z.string(), from: z.unknown(), to: z.unknown() })),
} as const;

export type EventType = keyof typeof eventTypes;
export type EventData<T extends EventType> = z.infer<(typeof eventTypes)[T]["data"]>;

interface Envelope<T extends EventType> {
  readonly seq: Seq;
  /** Absent for what belongs to no run, such as a changed setting. */
  readonly run: RunId | null;
  readonly step: StepId | null;
  readonly type: T;
  readonly at: Instant;
  readonly actor: Actor;
  /** The event that led to this one. */
  readonly cause: Seq | null;
  readonly data: EventData<T>;
  /** It happened elsewhere and was read from a file: looked at and replayed, never acted upon. `cause`, and the event
   * a fork began at, then count from the file's first event. */
  readonly recorded?: true;
}

/** An event as doors show it: texts in place, as the log has it otherwise. */
export type Event = { [T in EventType]: Envelope<T> }[EventType];

/** An event on its way into the log, before it has a number and (unless it is recorded) a time. */
export type NewEvent = {
  [T in EventType]: {
    readonly type: T;
    readonly run: RunId | null;
    readonly step?: StepId | null;
    readonly actor: Actor;
    readonly cause?: Seq | null;
    readonly data: EventData<T>;
    readonly at?: Instant;
    readonly recorded?: true;
  };
}[EventType];

export const AnyEvent: z.ZodType<Event> = z.custom<Event>(
  (value) => typeof value === "object" && value !== null && "type" in value && String(value.type) in eventTypes,
);

/** What passes by and is not kept. */
export const Signal = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text.delta"), run: RunId, step: StepId, text: z.string() }),
  z.object({ type: z.literal("progress"), run: RunId, step: StepId, text: z.string() }),
  /** What a call waits for or turns to, in a sentence. */
  z.object({ type: z.literal("notice"), run: RunId, step: StepId, text: z.string() }),
]);
export type Signal = z.infer<typeof Signal>;
