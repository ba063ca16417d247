// Where the events of a run stand in the list of all of them, those of the run it was forked from first.
import { fail } from "../../contract/failure.ts";
import type { Instant, Seq } from "../../contract/ids.ts";
import type { Place } from "../../contract/run-moment.ts";
import type { Reader } from "../../store/database.ts";
import { ownType } from "../../store/event-log.ts";
import type { PastOf } from "./lineage.ts";

const open = Number.MAX_SAFE_INTEGER;

/** How many events there are after `since`, up to and with `to`. */
export function countBetween(reader: Reader, parts: readonly PastOf[], since: Seq, to: Seq): number {
  const sql = "SELECT count(*) AS count FROM events WHERE run = ? AND seq > ? AND seq <= ?";
  return parts.reduce((sum, { run, to: last = open }) => {
    const end = Math.min(last, to);
    return end <= since ? sum : sum + (reader.get<{ count: number }>(sql, run, since, end)?.count ?? 0);
  }, 0);
}

/** The event at a place, or the last one. */
export function seqAt(reader: Reader, parts: readonly PastOf[], place: number): Seq {
  let left = place;
  for (const { run, to = open } of parts) {
    const sql = "SELECT seq FROM events WHERE run = ? AND seq <= ? ORDER BY seq LIMIT 1 OFFSET ?";
    const found = reader.get<{ seq: Seq }>(sql, run, to, left);
    if (found) return found.seq;
    left -= countBetween(reader, [{ run, to }], 0, open);
  }
  return lastUpTo(reader, parts, open);
}

interface EventHead {
  readonly seq: Seq;
  readonly at: Instant;
  readonly type: string;
  readonly step: string | null;
}

const headOf = "SELECT seq, at, type, step FROM events WHERE run = ? AND seq <= ? ORDER BY seq";

function lastHead(reader: Reader, parts: readonly PastOf[], seq: Seq): EventHead {
  for (const { run, to = open } of parts.toReversed()) {
    const head = reader.get<EventHead>(`${headOf} DESC LIMIT 1`, run, Math.min(to, seq));
    if (head) return head;
  }
  throw fail("input.invalid", `The run had not begun at event ${seq}.`, "botmojo runs events lists its events.");
}

/** The last event up to and with `seq`.
 * @throws FailureError `input.invalid` before the first */
export function lastUpTo(reader: Reader, parts: readonly PastOf[], seq: Seq): Seq {
  return lastHead(reader, parts, seq).seq;
}

/** The place of that event, in a run of `total` events.
 * @throws FailureError `input.invalid` before the first */
export function placeOf(
  reader: Reader,
  { parts, total }: { readonly parts: readonly PastOf[]; readonly total: number },
  before: Seq,
): Place {
  const { seq, at, type, step } = lastHead(reader, parts, before);
  const last = lastHead(reader, parts, open);
  const first = parts.reduce<EventHead | undefined>((found, { run }) => found ?? reader.get(`${headOf} LIMIT 1`, run, open), undefined);
  // Counted from the end that is nearer.
  const early = (seq - (first?.seq ?? 0)) * 2 < last.seq - (first?.seq ?? 0);
  const count = early ? countBetween(reader, parts, 0, seq) : total - countBetween(reader, parts, seq, open);
  return { seq, index: count - 1, total, at, type: ownType(type), step, firstAt: first?.at ?? at, lastAt: last.at };
}

/** How many events come up to and with each of `seqs`. */
export function countsTo(reader: Reader, parts: readonly PastOf[], seqs: readonly Seq[]): number[] {
  return seqs.map((seq) => countBetween(reader, parts, 0, seq));
}
