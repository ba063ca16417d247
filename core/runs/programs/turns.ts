// Which turn of a program a request is: the next one; in a replay the recorded turn that asked the same, or the likest.
import { canonicalJson } from "../../contract/canonical-json.ts";
import type { RecordedTurn } from "../record/replay.ts";
import type { ProgramRequest } from "./session.ts";

export class Turns {
  readonly #left: RecordedTurn[];
  #next: number;

  constructor(recorded: readonly RecordedTurn[]) {
    this.#left = [...recorded];
    this.#next = recorded.reduce((most, { turn }) => Math.max(most, turn + 1), 0);
  }

  take(request: ProgramRequest): number {
    const found = this.#likest(request);
    if (!found) return this.#next++;
    this.#left.splice(this.#left.indexOf(found), 1);
    return found.turn;
  }

  #likest(request: ProgramRequest): RecordedTurn | undefined {
    const same = this.#left.find(({ input }) => canonicalJson(input) === canonicalJson(request));
    if (same) return same;
    let best: { turn: RecordedTurn; score: number } | undefined;
    for (const turn of this.#left) {
      const score = likeness(turn.input, request);
      if (score > (best?.score ?? 0)) best = { turn, score };
    }
    return best?.turn;
  }
}

/** How many messages two conversations begin with alike; 0 for requests of another kind. */
function likeness(input: unknown, { method, path, body }: ProgramRequest): number {
  const then = (typeof input === "object" && input !== null ? input : {}) as Partial<ProgramRequest>;
  if (then.method !== method || then.path !== path) return 0;
  const [ours, theirs] = [conversation(body), conversation(then.body)];
  const alike = ours.findIndex((message, index) => canonicalJson(message) !== canonicalJson(theirs[index] ?? null));
  return 1 + (alike < 0 ? ours.length : alike);
}

function conversation(body: unknown): readonly unknown[] {
  if (typeof body !== "object" || body === null) return [];
  const { messages, input } = body as { messages?: unknown; input?: unknown };
  return Array.isArray(messages) ? messages : Array.isArray(input) ? input : [];
}
