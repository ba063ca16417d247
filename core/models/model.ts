// A model as one stream of typed parts. Failures are parts too: a model never throws for the network.
import type { Failure } from "../contract/failure.ts";
import type { Usage } from "../contract/usage.ts";

/** What an agent is asked: the person's whole goal, this agent's part of it, and what earlier steps gave. */
export interface Brief {
  readonly goal: string;
  readonly part: string;
  /** What became of the steps that this one needs, in plan order. */
  readonly results: readonly StepResult[];
}

export interface StepResult {
  readonly step: string;
  readonly agent: string;
  readonly part: string;
  readonly outcome: ToolOutcome;
}

/** A tool as a model sees it. */
export interface ToolCard {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

export type ToolOutcome = { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly failure: Failure };

/** One earlier turn of the same step: what the model said and called, and what came of the calls. */
export interface Turn {
  readonly text: string;
  readonly calls: readonly (ToolCall & { readonly outcome: ToolOutcome })[];
}

/** An earlier message of the conversation, oldest first. */
export interface ThreadMessage {
  readonly role: "user" | "assistant";
  readonly text: string;
}

export interface ModelRequest {
  /** The agent that asks: `triage`, `planner`, `finance`, `memory`, `files`, `generalist`, `answer`. */
  readonly agent: string;
  readonly instructions: string;
  readonly brief: Brief;
  readonly thread: readonly ThreadMessage[];
  readonly turns: readonly Turn[];
  readonly tools: readonly ToolCard[];
  /** Present when the answer must be JSON of this schema (its text then is that JSON). */
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  /** Where and when the person is: milliseconds since 1970, and an IANA zone such as `Europe/Tallinn`. */
  readonly now: number;
  readonly timeZone: string;
  /** BCP 47, such as `en-GB`: decides 03/04 and 1,50. */
  readonly locale: string;
}

export type ModelPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "call"; readonly call: ToolCall }
  /** What the call waits for or turns to, in a sentence for whoever watches. Not part of the answer. */
  | { readonly type: "notice"; readonly text: string }
  | ({ readonly type: "finish"; readonly usage: Usage } & Provenance)
  | { readonly type: "failure"; readonly failure: Failure; readonly trouble?: Trouble };

/** How an answer came about, where that is not plain. */
export interface Provenance {
  /** The model that answered, where it is not the one that was asked first. */
  readonly answeredBy?: string;
  /** An earlier answer to the same request; nothing was sent. */
  readonly source?: "cached";
  /** Names everything that was sent, for the same request to be answered with this. */
  readonly request?: string;
}

/** What could mend a failure besides a person: it may pass in `time`, or an `other` model may be able to answer. */
export interface Trouble {
  readonly mends: "time" | "other";
  /** What the provider said, in a word or few: `429`, `nothing answers`. */
  readonly says: string;
  /** How long the provider asks to be left alone. */
  readonly afterMs?: number;
}

/** `rules` is the built-in one and is not a language model; the difference is shown to people wherever it matters. */
export interface Model {
  readonly id: string;
  readonly kind: "rules" | "language";
  /** Ends with exactly one `finish` or `failure`. Aborting the signal ends it with `cancelled`. `caller` is who asks, such
   * as a run, so that one that asks much does not keep others waiting. */
  stream(request: ModelRequest, signal: AbortSignal, caller?: string): AsyncIterable<ModelPart>;
}

export const cancelled: ModelPart = { type: "failure", failure: { code: "cancelled", message: "It was cancelled." } };
