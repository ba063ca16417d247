// Where the events of a run stand in the list of all of them, those of the run it was forked from first.
import { fail } from "../../contract/failure.ts";
import type { Instant, Seq } from "../../contract/ids.ts";
import type { Place } from "../../contract/run-moment.ts";
import type { Reader } from "../../store/database.ts";
import { ownType } from "../../store/event-log.ts";
import type { PastOf } from "./lineage.ts";
import { countedStretches } from "./step-marks.ts";

const open = Number.MAX_SAFE_INTEGER;

/** How many events there are up to and with `to`. */
export function countTo(reader: Reader, parts: readonly PastOf[], to: Seq): number {
  let count = 0;
  for (const { run, to: last = open } of parts) {
    for (const { events } of countedStretches(reader, run, Math.min(last, to))) count += events;
  }
  return count;
}

/** The event at a place, or the last one. */
export function seqAt(reader: Reader, parts: readonly PastOf[], place: number): Seq {
  let left = place;
  for (const { run, to = open } of parts) {
    for (const { after, last, events } of countedStretches(reader, run, to)) {
      const sql = "SELECT seq FROM events WHERE run = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT 1 OFFSET ?";
      const found = left < events ? reader.get<{ seq: Seq }>(sql, run, after, last, left) : undefined;
      if (found) return found.seq;
      left -= events;
    }
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

/** The place of that event.
 * @throws FailureError `input.invalid` before the first */
export function placeOf(reader: Reader, parts: readonly PastOf[], before: Seq): Place {
  const { seq, at, type, step } = lastHead(reader, parts, before);
  const last = lastHead(reader, parts, open);
  const first = parts.reduce<EventHead | undefined>((found, { run }) => found ?? reader.get(`${headOf} LIMIT 1`, run, open), undefined);
  const [index, total] = [countTo(reader, parts, seq) - 1, countTo(reader, parts, last.seq)];
  return { seq, index, total, at, type: ownType(type), step, firstAt: first?.at ?? at, lastAt: last.at };
}
