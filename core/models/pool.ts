// The host's calls to each provider: how many at once and in a minute, and who is next. Runs take turns, so that one that
// asks a hundred things does not keep another waiting for all of them. (The connections themselves are pooled by origin
// in Node's fetch.)
import type { Clock } from "../system/clock.ts";
import { cancelled, type Model, type ModelRequest } from "./model.ts";
import { waitFor, windowMs, type Limits, type Made } from "./rate.ts";
import { longestWaitMs } from "./retrying.ts";

export interface Gate {
  readonly origin: string;
  /** What a call of so many tokens would wait for now, in words; undefined when it can be made at once. */
  waitsFor(tokens: number): string | undefined;
  /** Resolves when the call may be made. What it gives is called once, when the call has ended, with the tokens it used.
   * @throws the signal's reason */
  enter(call: { caller: string; tokens: number }, signal: AbortSignal): Promise<(tokens: number) => void>;
  /** Lets nobody in for so long. */
  hold(ms: number): void;
}

export interface GateState extends Limits {
  readonly origin: string;
  readonly inFlight: number;
  readonly queued: number;
  readonly requestsInMinute: number;
  readonly tokensInMinute: number;
  /** Until when its provider asks to be left alone. */
  readonly heldUntil: number | null;
}

export interface ModelPool {
  /** One for each origin; it keeps the limits it was asked for last. */
  gate(origin: string, limits: Limits): Gate;
  state(): GateState[];
}

interface Waiting {
  readonly tokens: number;
  readonly start: (made: Made) => void;
}

export function createModelPool(clock: Clock): ModelPool {
  const gates = new Map<string, ReturnType<typeof createGate>>();
  return {
    gate(origin, limits) {
      const gate = gates.get(origin) ?? createGate(origin, clock);
      gates.set(origin, gate);
      gate.limit(limits);
      return gate;
    },
    state: () => [...gates.values()].map((gate) => gate.state()),
  };
}

function createGate(origin: string, clock: Clock) {
  /** By caller; the first is whose turn it is. */
  const queues = new Map<string, Waiting[]>();
  let limits: Limits = { concurrency: 0, requestsPerMinute: 0, tokensPerMinute: 0 };
  let made: Made[] = [];
  let inFlight = 0;
  let heldUntil = 0;
  let stopTimer = () => {};

  const isFull = () => limits.concurrency > 0 && inFlight >= limits.concurrency;
  const queued = () => [...queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  const waitMs = (tokens: number) => {
    const now = clock.now();
    made = made.filter(({ at }) => at > now - windowMs);
    return Math.max(heldUntil - now, waitFor(made, limits, tokens, now), 0);
  };

  function admit(): void {
    stopTimer();
    for (;;) {
      const [turn] = queues;
      if (!turn || isFull()) return;
      const [caller, queue] = turn;
      const [next] = queue;
      if (!next) throw new Error("an empty queue is not kept");
      const wait = waitMs(next.tokens);
      if (wait > 0) {
        stopTimer = clock.after(wait, admit);
        return;
      }
      queue.shift();
      queues.delete(caller);
      if (queue.length > 0) queues.set(caller, queue);
      const call = { at: clock.now(), tokens: next.tokens };
      made.push(call);
      inFlight += 1;
      next.start(call);
    }
  }

  function leave(caller: string, waiting: Waiting): void {
    const left = (queues.get(caller) ?? []).filter((other) => other !== waiting);
    if (left.length > 0) queues.set(caller, left);
    else queues.delete(caller);
  }

  const gate: Gate = {
    origin,
    waitsFor(tokens) {
      if (isFull()) return `${origin} has ${inFlight} calls under way, the most it is sent at once`;
      const wait = waitMs(tokens);
      if (wait > 0) return `${origin} is left alone for ${(wait / 1000).toFixed(1)} s, by its limits`;
      return queues.size > 0 ? `${origin} has ${queued()} calls waiting` : undefined;
    },
    enter({ caller, tokens }, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        const gaveUp = () => {
          leave(caller, waiting);
          reject(signal.reason as Error);
          // The next in line may need less.
          admit();
        };
        const waiting: Waiting = {
          tokens,
          start(call) {
            signal.removeEventListener("abort", gaveUp);
            let ended = false;
            resolve((used) => {
              if (ended) return;
              ended = true;
              inFlight -= 1;
              call.tokens = used;
              admit();
            });
          },
        };
        signal.addEventListener("abort", gaveUp, { once: true });
        queues.set(caller, [...(queues.get(caller) ?? []), waiting]);
        admit();
      });
    },
    hold(ms) {
      heldUntil = Math.max(heldUntil, clock.now() + ms);
    },
  };

  return {
    ...gate,
    limit(now: Limits) {
      const { concurrency, requestsPerMinute, tokensPerMinute } = now;
      limits = { concurrency, requestsPerMinute, tokensPerMinute };
      admit();
    },
    state(): GateState {
      const now = clock.now();
      const recent = made.filter(({ at }) => at > now - windowMs);
      return {
        origin,
        ...limits,
        inFlight,
        queued: queued(),
        requestsInMinute: recent.length,
        tokensInMinute: recent.reduce((sum, { tokens }) => sum + tokens, 0),
        heldUntil: heldUntil > now ? heldUntil : null,
      };
    },
  };
}

/** About four characters of English make a token; what comes out is not known yet. */
const charsInToken = 4;

/** A model whose every call comes past a gate. */
export function pooled(model: Model, gate: Gate, sizeOf: (request: ModelRequest) => number): Model {
  return {
    id: model.id,
    kind: model.kind,
    async *stream(request, signal, caller = "") {
      const tokens = Math.ceil(sizeOf(request) / charsInToken);
      const waits = gate.waitsFor(tokens);
      if (waits !== undefined) yield { type: "notice", text: `${model.id} waits its turn: ${waits}.` };
      let end: (tokens: number) => void;
      try {
        end = await gate.enter({ caller, tokens }, signal);
      } catch {
        return yield cancelled;
      }
      let used = tokens;
      try {
        for await (const part of model.stream(request, signal, caller)) {
          if (part.type === "finish") used = part.usage.inputTokens + part.usage.outputTokens;
          const rest = part.type === "failure" ? (part.trouble?.afterMs ?? 0) : 0;
          // Longer than anybody waits: each call had better hear it itself and turn to another model.
          if (rest <= longestWaitMs) gate.hold(rest);
          yield part;
        }
      } finally {
        end(used);
      }
    },
  };
}
