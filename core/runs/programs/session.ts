// A program outside that a run follows: its requests as they come, and how it ended. The gateway brings them.
import type { Failure } from "../../contract/failure.ts";
import type { Usage } from "../../contract/usage.ts";
import type { ToolCall } from "../../models/model.ts";
import type { Mask } from "../../security/mask.ts";
import { ProgramNotes } from "./notes.ts";

/** What the program asked of its model, or of a server of its tools, as the log keeps it. */
export interface ProgramRequest {
  /** Which of the program's endpoints it is for: `openai`, `anthropic`; an origin for one asked through the proxy; `mcp:NAME`
   * for a server of tools, where `path` is empty and `body` has the arguments, or the parameters. */
  readonly endpoint: string;
  readonly method: string;
  /** Below the endpoint's address. */
  readonly path: string;
  /** Parsed where it is JSON; null where there is none. */
  readonly body: unknown;
}

/** What it was answered, as the log keeps it. */
export interface ProgramAnswer {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly status: number;
  readonly type: string;
  /** Others that a program may go by, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Who broke it off before its end. */
  readonly cut?: "model" | "program";
  /** The answer as it came: after how many milliseconds, and what. Base64 where it is no text. */
  readonly pieces: readonly (readonly [afterMs: number, piece: string])[];
  readonly encoding?: "base64";
}

/** What a server of the program's tools answered (MCP), as the log keeps it. */
export type ServerAnswer = { readonly result: unknown } | { readonly error: unknown };

/** What a request asks for, as it is held, recorded and compared. */
export interface Asked {
  readonly call: "model" | "tool" | "server";
  readonly name: string;
  readonly input: unknown;
}

/** A request that waits for its answer. Exactly one of `forward`, `play`, `say` and `refuse` is used. */
export interface Exchange {
  readonly request: ProgramRequest;
  readonly asks: Asked;
  /** What the program's tools gave, which it tells its model with this request, by the call's id. */
  readonly results: ReadonlyMap<string, unknown>;
  /** Aborts when the program hangs up. */
  readonly signal: AbortSignal;
  /** Sends a request on. The answer goes to the program as it comes, but for its end, and but for all that follows its
   * first call of a tool while `holdsCalls`; `finish` hands that on.
   * @throws FailureError `model.unreachable`, or the signal's reason */
  forward(
    request: ProgramRequest,
    options: { holdsCalls: () => boolean; onText: (text: string) => void; signal: AbortSignal },
  ): Promise<{ answer: ProgramAnswer | ServerAnswer; usage: Usage | undefined }>;
  /** Hands on what was held, with other arguments for some calls, by their id. */
  finish(edits: ReadonlyMap<string, unknown>): Promise<void>;
  /** Gives an earlier answer, in the pieces that it came in. */
  play(answer: ProgramAnswer | ServerAnswer, edits: ReadonlyMap<string, unknown>): Promise<void>;
  /** Gives an answer in the program's own format; `output` is what a person gave in the place of a tool's result. */
  say(answer: { readonly text: string; readonly calls: readonly ToolCall[]; readonly output?: unknown }): Promise<void>;
  refuse(failure: Failure): void;
}

export interface ProgramEnd {
  /** Null when a signal ended it, or when whoever started it is gone. */
  readonly exitCode: number | null;
  /** In a sentence, where it is not an exit code. */
  readonly why?: string | undefined;
}

export class ProgramSession {
  readonly notes: ProgramNotes;
  /** Hosts off this machine that something of the program was sent to. */
  readonly asked = new Set<string>();
  readonly #arrived: Exchange[] = [];
  readonly #open = new Map<string, Exchange>();
  /** Some models call two calls alike. */
  readonly #waiting = new Map<string, Set<(found: { output: unknown } | undefined) => void>>();
  #wake = () => {};
  #end: ProgramEnd | undefined;
  #refusal: Failure | undefined;

  /** `mask` hides what is secret in what is seen of the program. */
  constructor(mask: Mask) {
    this.notes = new ProgramNotes(mask);
  }

  /** A request that has just come. */
  offer(exchange: Exchange): void {
    for (const [call, output] of exchange.results) this.#settle(call, { output });
    if (this.#refusal) return exchange.refuse(this.#refusal);
    this.#arrived.push(exchange);
    this.#wake();
  }

  /** The program has ended. The first saying holds. */
  end(end: ProgramEnd): void {
    this.#end ??= end;
    for (const call of this.#waiting.keys()) this.#settle(call, undefined);
    this.#wake();
  }

  /** Nothing is answered any more, such as after the end of the run. */
  stop(failure: Failure): void {
    this.#refusal ??= failure;
    for (const exchange of [...this.#arrived.splice(0), ...this.#open.values()]) exchange.refuse(this.#refusal);
    this.#open.clear();
    this.#wake();
  }

  /** Requests in the order they come, until the program has ended.
   * @throws the signal's reason */
  async *exchanges(signal: AbortSignal): AsyncGenerator<Exchange, ProgramEnd> {
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        const next = this.#arrived.shift();
        if (next) yield next;
        else if (this.#end) return this.#end;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  /** Which request a step is about. */
  put(step: string, exchange: Exchange): void {
    this.#open.set(step, exchange);
  }

  at(step: string): Exchange | undefined {
    return this.#open.get(step);
  }

  close(step: string): void {
    this.#open.delete(step);
  }

  /** What the program's tool gave for a call, once a later request tells it; undefined when the program ends before, or
   * nobody waits any more. */
  result(call: string, signal: AbortSignal): Promise<{ output: unknown } | undefined> {
    if (this.#end || signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(call) ?? new Set();
      this.#waiting.set(call, waiting);
      const tell = (found: { output: unknown } | undefined) => {
        waiting.delete(tell);
        signal.removeEventListener("abort", stop);
        resolve(found);
      };
      const stop = () => tell(undefined);
      waiting.add(tell);
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  #settle(call: string, found: { output: unknown } | undefined): void {
    for (const tell of this.#waiting.get(call) ?? []) tell(found);
    this.#waiting.delete(call);
  }
}
