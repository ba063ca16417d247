// Everything that can happen, as one table: each event type, the shape of its data, and which of its fields a
// person may want forgotten. Those are kept as blobs by hash, never in the event row.
import { z } from "zod";
import { Failure } from "./failure.ts";
import { Instant, ItemId, RunId, Seq, StepId, ThreadId } from "./ids.ts";
import { ItemBody } from "./items.ts";
import { Plan } from "./plan.ts";
import { Usage } from "./usage.ts";

export const Door = z.enum(["window", "cli", "browser", "console", "core"]);
export type Door = z.infer<typeof Door>;

/** What may happen when an effect is asked for twice; decides what a crash between ask and answer leads to. */
export const EffectKind = z.enum(["pure", "idempotent", "at-most-once", "unsafe"]);
export type EffectKind = z.infer<typeof EffectKind>;

const effect = { key: z.string(), name: z.string(), call: z.enum(["model", "tool"]) };

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
    }),
    ["goal"],
  ),
  "run.resumed": type(z.object({ reason: z.string() })),
  "run.completed": type(z.object({ answer: z.string() }), ["answer"]),
  "run.failed": type(z.object({ failure: Failure }), ["failure"]),
  "run.cancelled": type(z.object({ reason: z.string() })),

  "plan.revised": type(z.object({ revision: z.int().positive(), plan: Plan, reason: z.string() }), ["plan", "reason"]),

  "step.started": type(z.object({ attempt: z.int().positive() })),
  "step.completed": type(z.object({ output: z.unknown() }), ["output"]),
  "step.failed": type(z.object({ failure: Failure }), ["failure"]),
  "step.skipped": type(z.object({ reason: z.string() })),

  "effect.requested": type(z.object({ ...effect, effect: EffectKind, input: z.unknown() }), ["input"]),
  "effect.completed": type(z.object({ ...effect, output: z.unknown(), usage: Usage.optional() }), ["output"]),
  "effect.failed": type(z.object({ ...effect, failure: Failure }), ["failure"]),
  "tool.denied": type(z.object({ tool: z.string(), rule: z.string(), reason: z.string(), input: z.unknown() }), ["input", "reason"]),

  "message.added": type(z.object({ thread: ThreadId, role: z.enum(["user", "assistant"]), text: z.string() }), ["text"]),
  "item.learned": type(z.object({ item: ItemId, body: ItemBody, words: z.string() }), ["body", "words"]),

  "config.changed": type(z.object({ key: z.string(), from: z.unknown(), to: z.unknown() })),
} as const;

export type EventType = keyof typeof eventTypes;
export type EventData<T extends EventType> = z.infer<(typeof eventTypes)[T]["data"]>;

/** Who did it: a person at a door, an agent, the host itself. */
export const Actor = z.string().regex(/^(person|agent|host)(:[\w.-]{1,64})?$/);
export type Actor = z.infer<typeof Actor>;

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
}

/** An event as doors show it: texts in place, as the log has it otherwise. */
export type Event = { [T in EventType]: Envelope<T> }[EventType];

/** An event on its way into the log, before it has a number and a time. */
export type NewEvent = {
  [T in EventType]: {
    readonly type: T;
    readonly run: RunId | null;
    readonly step?: StepId | null;
    readonly actor: Actor;
    readonly cause?: Seq | null;
    readonly data: EventData<T>;
  };
}[EventType];

export const AnyEvent: z.ZodType<Event> = z.custom<Event>(
  (value) => typeof value === "object" && value !== null && "type" in value && String(value.type) in eventTypes,
);

/** What passes by and is not kept. */
export const Signal = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text.delta"), run: RunId, step: StepId, text: z.string() }),
  z.object({ type: z.literal("progress"), run: RunId, step: StepId, text: z.string() }),
]);
export type Signal = z.infer<typeof Signal>;
