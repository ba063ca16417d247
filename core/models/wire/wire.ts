// How outside programs speak to their models, one format each: what a request carries, what an answer says, and an answer
// written or changed in that format.
import type { Usage } from "../../contract/usage.ts";

export type Json = Record<string, unknown>;

export interface WireCall {
  /** The model's own name for this call; its result comes back under it. */
  readonly id: string;
  readonly name: string;
  /** The arguments, parsed; the text itself where it is no JSON. */
  readonly input: unknown;
}

export interface WireAnswer {
  readonly text: string;
  readonly calls: readonly WireCall[];
  readonly usage?: Usage | undefined;
}

/** Reads an answer: each event of a stream in turn, or the whole. */
export interface AnswerReader {
  take(json: Json): void;
  /** A tool's call has begun, and may not be whole yet. */
  readonly callsBegun: boolean;
  /** What it has said so far. */
  readonly text: string;
  answer(): WireAnswer;
}

export interface Wire {
  readonly name: string;
  /** What the program's tools gave, by the call's id. */
  results(body: Json): ReadonlyMap<string, unknown>;
  reader(): AnswerReader;
  /** Whether an event of a stream says that the answer is whole. */
  isEnd(json: Json): boolean;
  /** Puts other arguments into each event of an answer, or into the whole. */
  changer(edits: ReadonlyMap<string, unknown>): (json: Json) => Json;
  /** An answer as the program expects it: the events of a stream, or one body. */
  write(answer: WireAnswer, asked: { readonly model: string; readonly streamed: boolean }): readonly string[];
}
