// What the events of each stretch of the log say of how a run's steps stand, taken together once the stretch is full:
// whoever wants the run as of an event lays a few of these over each other instead of reading every event.
import type { EventType } from "../../contract/events.ts";
import type { Seq } from "../../contract/ids.ts";
import type { Reader, Writer } from "../../store/database.ts";
import { ownType, withRecorded, type Projection } from "../../store/event-log.ts";
import { standingEvents, Standings, type Standing } from "./standings.ts";

/** Events of the log, of whatever run. */
const stretch = 4096;
/** Of a run with fewer in a stretch the events themselves are read. */
const fewest = 64;

interface StepRow {
  readonly seq: Seq;
  readonly step: string | null;
  readonly type: string;
  readonly data: string | null;
}

const listed = withRecorded(standingEvents);
/** Only what calls used is wanted of what they gave. */
const columns = `seq, step, type, CASE WHEN type IN (${withRecorded(["effect.completed"])}) THEN data END AS data`;
/** What changes which steps there are. */
const turningTypes: readonly EventType[] = ["run.started", "plan.revised"];

export const stepMarksProjection: Projection = {
  name: "step marks",
  tables: ["step_marks"],
  apply(writer, events, { after, to }) {
    for (let end = (Math.floor(after / stretch) + 1) * stretch; end <= to; end += stretch) writeStretch(writer, end);
    for (const { type, run } of events) if (type === "run.removed") writer.run("DELETE FROM step_marks WHERE run = ?", run);
  },
};

/** A new plan, or a fork inside a recording, ends a run's part of the stretch. */
function writeStretch(writer: Writer, end: Seq): void {
  const after = end - stretch;
  const rows = writer.all<StepRow & { run: string }>(
    `SELECT run, ${columns} FROM events WHERE seq > ? AND seq <= ? AND run IS NOT NULL
       AND type IN (${listed}, ${withRecorded(turningTypes)}) AND run NOT IN (SELECT run FROM events WHERE type = 'run.removed') ORDER BY seq`,
    after,
    end,
  );
  const byRun = new Map<string, (StepRow & { run: string })[]>();
  for (const row of rows) {
    const its = byRun.get(row.run);
    if (its) its.push(row);
    else byRun.set(row.run, [row]);
  }
  for (const [run, its] of byRun) {
    if (its.length < fewest) continue;
    let from = after;
    let standings = new Standings();
    const close = (to: Seq, again?: string) => {
      const marks = JSON.stringify(standings.packed(again));
      const events = countRows(writer, run, from, to);
      writer.run("INSERT INTO step_marks (run, after, last, events, marks) VALUES (?, ?, ?, ?, ?)", run, from, to, events, marks);
      from = to;
      standings = new Standings();
    };
    for (const row of its) {
      const type = ownType(row.type);
      if (turningTypes.includes(type)) close(row.seq);
      else if (type === "step.retried" && row.step !== null && hasInside(writer, run, row.step, row.seq)) close(row.seq, row.step);
      else standings.takeIn({ ...row, type });
    }
    if (from < end) close(end);
  }
}

/** Whether anything was said of steps inside a step before event `before`. */
function hasInside(reader: Reader, run: string, step: string, before: Seq): boolean {
  // "0" comes right after "/".
  const sql = "SELECT 1 FROM events WHERE run = ? AND step > ? AND step < ? AND seq < ? LIMIT 1";
  return reader.get(sql, run, `${step}/`, `${step}0`, before) !== undefined;
}

/** The full stretches of a run that lie between two events, oldest first. */
export function stretchesOf(reader: Reader, run: string, after: Seq, to: Seq): { after: Seq; last: Seq; standing: () => Standing }[] {
  const sql = "SELECT after, last, marks FROM step_marks WHERE run = ? AND after >= ? AND last <= ? ORDER BY after";
  return reader
    .all<{ after: Seq; last: Seq; marks: string }>(sql, run, after, to)
    .map(({ marks, ...row }) => ({ ...row, standing: () => JSON.parse(marks) as Standing }));
}

/** How many events of a run lie where, up to and with `to`, oldest first: nothing is left out. */
export function* countedStretches(reader: Reader, run: string, to: Seq): Generator<{ after: Seq; last: Seq; events: number }> {
  const sql = "SELECT after, last, events FROM step_marks WHERE run = ? AND last <= ? ORDER BY after";
  let cursor = 0;
  for (const row of reader.all<{ after: Seq; last: Seq; events: number }>(sql, run, to)) {
    if (row.after > cursor) yield { after: cursor, last: row.after, events: countRows(reader, run, cursor, row.after) };
    yield row;
    cursor = row.last;
  }
  if (cursor < to) yield { after: cursor, last: to, events: countRows(reader, run, cursor, to) };
}

function countRows(reader: Reader, run: string, after: Seq, to: Seq): number {
  const sql = "SELECT count(*) AS count FROM events WHERE run = ? AND seq > ? AND seq <= ?";
  return reader.get<{ count: number }>(sql, run, after, to)?.count ?? 0;
}

/** Event by event, up to and with `to`. */
export function stepRows(
  reader: Reader,
  run: string,
  after: Seq,
  to: Seq,
): { seq: Seq; step: string | null; type: EventType; data: string | null }[] {
  const sql = `SELECT ${columns} FROM events WHERE run = ? AND seq > ? AND seq <= ? AND type IN (${listed}) ORDER BY seq`;
  return reader.all<StepRow>(sql, run, after, to).map((row) => ({ ...row, type: ownType(row.type) }));
}
