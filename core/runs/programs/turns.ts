// Which turn of a program a request is: the next one; in a replay the recorded turn that asked the same, or the likest.
import { hash } from "node:crypto";
import { canonicalJson } from "../../contract/canonical-json.ts";
import { object } from "../../models/wire/fields.ts";
import type { RecordedTurn } from "../record/replay.ts";
import type { Asked } from "./session.ts";

export class Turns {
  /** Each with the hash of what it asked: a conversation is long, and compared with all that are left. */
  readonly #left: (RecordedTurn & { readonly asked: string })[];
  #next: number;

  constructor(recorded: readonly RecordedTurn[]) {
    this.#left = recorded.map((turn) => ({ ...turn, asked: hashOf(turn) }));
    this.#next = recorded.reduce((most, { turn }) => Math.max(most, turn + 1), 0);
  }

  take(request: Asked): number {
    const at = this.#left.length === 0 ? -1 : this.#likest(request);
    const [found] = at < 0 ? [] : this.#left.splice(at, 1);
    return found?.turn ?? this.#next++;
  }

  /** Its place among those that are left; -1 for one like none. */
  #likest(request: Asked): number {
    const asked = hashOf(request);
    const same = this.#left.findIndex((turn) => turn.asked === asked);
    if (same >= 0) return same;
    const scores = this.#left.map((turn) => likeness(turn, request));
    const best = Math.max(...scores);
    return best > 0 ? scores.indexOf(best) : -1;
  }
}

/** A model's name is in what it is asked. */
function hashOf({ call, name, input }: Asked): string {
  return hash("sha256", canonicalJson(call === "model" ? input : [call, name, input ?? null]));
}

/** How many messages two conversations begin with alike; 0 for requests of another kind. */
function likeness(before: Asked, now: Asked): number {
  if (before.call !== now.call) return 0;
  if (now.call !== "model") return before.name === now.name ? 1 : 0;
  const [then, { method, path, body }] = [object(before.input), object(now.input)];
  if (then["method"] !== method || then["path"] !== path) return 0;
  const [ours, theirs] = [conversation(body), conversation(then["body"])];
  const alike = ours.findIndex((message, index) => canonicalJson(message) !== canonicalJson(theirs[index] ?? null));
  return 1 + (alike < 0 ? ours.length : alike);
}

function conversation(body: unknown): readonly unknown[] {
  const { messages, input } = object(body);
  return Array.isArray(messages) ? messages : Array.isArray(input) ? input : [];
}
