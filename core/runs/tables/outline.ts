// The line of a run's events, read a part at a time so that others have their turn between.
import { coarser, emptyOutline, outlineAfter, type OutlineEvent, type RunOutline } from "../../contract/run-outline.ts";
import type { RunId, Seq } from "../../contract/ids.ts";
import { ownType, type EventLog } from "../../store/event-log.ts";
import { pastOf } from "./lineage.ts";

/** Events read at once: a few milliseconds. */
const part = 4000;
/** Bars shorter than one such share of the line are drawn together. */
const share = 1000;

interface Row {
  readonly seq: Seq;
  readonly step: string | null;
  readonly type: string;
  readonly call: "model" | "tool" | "server" | null;
}

/** @param to the last event that is wanted */
export async function outlineOf({ reader }: EventLog, run: RunId, to: Seq): Promise<RunOutline> {
  const events: OutlineEvent[] = [];
  for (const { run: id, to: end = to } of pastOf(reader, run)) {
    for (let since = 0; ;) {
      const rows = reader.all<Row>(
        `SELECT seq, step, type, CASE WHEN type GLOB '*effect.*' THEN json_extract(data, '$.call') END AS call
           FROM events WHERE run = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ${part}`,
        id,
        since,
        Math.min(end, to),
      );
      for (const { step, type, call } of rows) events.push({ step, type: ownType(type), call: call ?? undefined });
      const last = rows.at(-1);
      if (!last) break;
      since = last.seq;
      if (rows.length === part) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  const outline = outlineAfter(emptyOutline, events);
  return events.length > share * 2 ? coarser(outline, share) : outline;
}
