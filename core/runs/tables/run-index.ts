// The list of runs: one row a run, kept by its events.
import type { Event, Origin, RunImport } from "../../contract/events.ts";
import type { RunId, Seq } from "../../contract/ids.ts";
import { isOver, type RunStatus } from "../../contract/run-state.ts";
import type { RunRemoval, RunSummary } from "../../contract/views.ts";
import type { Reader, Writer } from "../../store/database.ts";
import type { Projection } from "../../store/event-log.ts";

interface RunRow {
  id: string;
  goal: string;
  thread: string;
  status: string;
  model: string;
  door: string;
  started_at: number;
  ended_at: number | null;
  answer: string | null;
  failure: string | null;
  origin: string | null;
  undone_to: number | null;
  imported: string | null;
  steps_done: number;
  steps_total: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  first_seq: number;
  last_seq: number;
}

/** What grows with every event of a run that is under way: kept for this connection only, made from the log when it
 * opens, and laid down in `runs` when something lasting happens. A step then costs the disk its event and no more. */
const openRuns = `CREATE TEMP TABLE open_runs (
  id TEXT PRIMARY KEY, last_seq INTEGER NOT NULL, steps_done INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL
) WITHOUT ROWID`;

const unfinished = "status IN ('running', 'paused', 'waiting')";

export const runsProjection: Projection = {
  name: "runs",
  tables: ["runs", "open_runs"],
  open(writer, eventsOf) {
    writer.run(openRuns);
    for (const id of unfinishedRuns(writer)) {
      const change = newChange();
      for (const event of eventsOf(id)) takeIn(change, event);
      insertOpen(writer, id, change.growth);
    }
  },
  apply(writer, events) {
    const changes = new Map<RunId, Change>();
    const undone: Extract<Event, { type: "undo.requested" | "undo.applied" }>[] = [];
    for (const event of events) {
      if (event.run === null) continue;
      if (event.type === "run.removed") {
        changes.delete(event.run);
        writer.run("DELETE FROM runs WHERE id = ?", event.run);
        continue;
      }
      // In a file a fork's past and the fork are one run that starts again.
      if (event.type === "run.started") changes.delete(event.run);
      let change = changes.get(event.run);
      if (!change) changes.set(event.run, (change = newChange()));
      takeIn(change, event);
      if ((event.type === "undo.requested" || event.type === "undo.applied") && !event.recorded) undone.push(event);
    }
    for (const [run, change] of changes) writeChange(writer, run, change);
    for (const { type, run, seq, data } of undone) {
      const to = data.direction === "undo" ? data.to : null;
      writer.run("UPDATE runs SET last_seq = ? WHERE id = ?", seq, run);
      if (type === "undo.applied") writer.run("UPDATE runs SET undone_to = ? WHERE id = ?", to, run);
    }
  },
};

/** What one commit does to a run. */
interface Change {
  started: Extract<Event, { type: "run.started" }> | undefined;
  /** How far it had grown at the last event that outlives the connection, whatever else the commit holds. */
  laid: Growth | undefined;
  imported: Extract<Event, { type: "run.imported" }> | undefined;
  /** It no longer waits, if it did. */
  answered: boolean;
  status: RunStatus | null;
  answer: string | null;
  failure: string | null;
  endedAt: number | null;
  stepsTotal: number | null;
  growth: Growth;
}

interface Growth {
  lastSeq: Seq;
  stepsDone: number;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
}

const noGrowth: Growth = { lastSeq: 0, stepsDone: 0, inputTokens: 0, outputTokens: 0, cachedTokens: 0 };

function newChange(): Change {
  const growth = { ...noGrowth };
  const nothing = { status: null, answer: null, failure: null, endedAt: null, stepsTotal: null };
  return { started: undefined, imported: undefined, laid: undefined, answered: false, ...nothing, growth };
}

function takeIn(change: Change, event: Event): void {
  const { growth } = change;
  growth.lastSeq = event.seq;
  switch (event.type) {
    case "step.completed":
    case "step.failed":
    case "step.skipped":
      if (!event.step?.includes("/")) growth.stepsDone += 1;
      return;
    case "effect.completed":
      growth.inputTokens += event.data.usage?.inputTokens ?? 0;
      growth.outputTokens += event.data.usage?.outputTokens ?? 0;
      growth.cachedTokens += event.data.usage?.cachedTokens ?? 0;
      return;
    case "run.started":
      change.started = event;
      return;
    case "plan.revised":
      change.stepsTotal = event.data.plan.steps.length;
      break;
    case "run.imported":
      change.imported = event;
      break;
    case "run.paused":
      change.status = "paused";
      break;
    case "run.waiting":
      change.status = "waiting";
      break;
    case "run.resumed":
      change.status = "running";
      break;
    case "review.decided":
    case "message.received":
      change.answered = true;
      if (change.status === "waiting") change.status = "running";
      break;
    case "run.completed":
      Object.assign(change, { status: "completed", answer: event.data.answer, endedAt: event.at });
      break;
    case "run.failed":
      Object.assign(change, { status: "failed", failure: JSON.stringify(event.data.failure), endedAt: event.at });
      break;
    case "run.cancelled":
      Object.assign(change, { status: "cancelled", endedAt: event.at });
      break;
    default:
      return;
  }
  change.laid = { ...growth };
}

function writeChange(writer: Writer, run: RunId, change: Change): void {
  const { started, imported, laid, answered, status, answer, failure, endedAt, stepsTotal, growth } = change;
  if (started) {
    const { goal, thread, model, door, origin } = started.data;
    writer.run(
      `${started.recorded ? "INSERT OR REPLACE" : "INSERT"} INTO runs (id, goal, thread, status, model, door, started_at, origin, steps_done, steps_total,
         input_tokens, output_tokens, cached_tokens, first_seq, last_seq)
       VALUES (?, ?, ?, 'running', ?, ?, ?, ?, 0, ?, 0, 0, 0, ?, ?)`,
      run,
      goal,
      thread,
      model,
      door,
      started.at,
      origin && !started.recorded ? JSON.stringify(originOf(origin)) : null,
      started.data.planned?.plan.steps.length ?? 0,
      started.seq,
      started.seq,
    );
    insertOpen(writer, run, { ...noGrowth, lastSeq: started.seq });
  }
  if (laid) {
    if (answered) writer.run("UPDATE runs SET status = 'running' WHERE id = ? AND status = 'waiting'", run);
    writer.run(
      `UPDATE runs SET status = coalesce(?, status), answer = coalesce(?, answer), failure = coalesce(?, failure),
         ended_at = coalesce(?, ended_at), steps_total = coalesce(?, steps_total), last_seq = ?, steps_done = o.steps_done + ?,
         input_tokens = o.input_tokens + ?, output_tokens = o.output_tokens + ?, cached_tokens = o.cached_tokens + ?
       FROM open_runs AS o WHERE runs.id = ? AND o.id = ?`,
      status,
      answer,
      failure,
      endedAt,
      stepsTotal,
      laid.lastSeq,
      laid.stepsDone,
      laid.inputTokens,
      laid.outputTokens,
      laid.cachedTokens,
      run,
      run,
    );
  }
  if (imported) {
    const { at, data } = imported;
    writer.run(
      `UPDATE runs SET imported = ?, status = CASE WHEN ${unfinished} THEN 'cancelled' ELSE status END,
         ended_at = coalesce(ended_at, ?), last_seq = ? WHERE id = ?`,
      JSON.stringify({ at, ...data }),
      data.lastAt,
      imported.seq,
      run,
    );
  }
  if (imported || (status !== null && isOver(status))) {
    writer.run("DELETE FROM open_runs WHERE id = ?", run);
    return;
  }
  writer.run(
    `UPDATE open_runs SET last_seq = ?, steps_done = steps_done + ?, input_tokens = input_tokens + ?,
       output_tokens = output_tokens + ?, cached_tokens = cached_tokens + ? WHERE id = ?`,
    growth.lastSeq,
    growth.stepsDone,
    growth.inputTokens,
    growth.outputTokens,
    growth.cachedTokens,
    run,
  );
}

function originOf(origin: Origin): RunSummary["origin"] {
  const { kind, run } = origin;
  if (kind === "fork") return { kind, run, at: origin.at, edited: origin.edits.map(({ step }) => step) };
  const edited = Object.entries(origin.options.steps).flatMap(([step, { is }]) => (is === "edited" ? [step] : []));
  return { kind, run, at: null, edited };
}

function insertOpen(writer: Writer, run: RunId, { lastSeq, stepsDone, inputTokens, outputTokens, cachedTokens }: Growth): void {
  writer.run(
    "INSERT OR REPLACE INTO open_runs (id, last_seq, steps_done, input_tokens, output_tokens, cached_tokens) VALUES (?, ?, ?, ?, ?, ?)",
    run,
    lastSeq,
    stepsDone,
    inputTokens,
    outputTokens,
    cachedTokens,
  );
}

const columns = `runs.id, goal, thread, status, model, door, started_at, ended_at, answer, failure, origin, imported, undone_to, steps_total, first_seq,
  coalesce(o.last_seq, runs.last_seq) AS last_seq, coalesce(o.steps_done, runs.steps_done) AS steps_done,
  coalesce(o.input_tokens, runs.input_tokens) AS input_tokens, coalesce(o.output_tokens, runs.output_tokens) AS output_tokens,
  coalesce(o.cached_tokens, runs.cached_tokens) AS cached_tokens`;
const asTheyStand = "runs LEFT JOIN open_runs AS o ON o.id = runs.id";

export function getRun(reader: Reader, id: RunId): RunSummary | undefined {
  const row = reader.get<RunRow>(`SELECT ${columns} FROM ${asTheyStand} WHERE runs.id = ?`, id);
  return row && summaryOf(row);
}

/** Newest first; `query` is looked for, whole, in goals and answers. */
export function listRuns(
  reader: Reader,
  query: { limit: number; before?: Seq | undefined; query?: string | undefined; status?: RunStatus | undefined },
): { runs: RunSummary[]; total: number } {
  const like = query.query ? `%${query.query.replaceAll(/[\\%_]/g, "\\$&")}%` : null;
  const where = `(? IS NULL OR status = ?) AND (? IS NULL OR goal LIKE ? ESCAPE '\\' OR answer LIKE ? ESCAPE '\\')`;
  const status = query.status ?? null;
  const before = query.before ?? null;
  const filter = [status, status, like, like, like];
  const rows = reader.all<RunRow>(
    `SELECT ${columns} FROM ${asTheyStand} WHERE ${where} AND (? IS NULL OR first_seq < ?) ORDER BY first_seq DESC LIMIT ?`,
    ...filter,
    before,
    before,
    query.limit,
  );
  const total = reader.get<{ total: number }>(`SELECT count(*) AS total FROM runs WHERE ${where}`, ...filter)?.total ?? 0;
  return { runs: rows.map(summaryOf), total };
}

/** Runs that changed after an event, least recently changed first. */
export function runsChangedSince(reader: Reader, since: Seq, limit: number): RunSummary[] {
  return reader
    .all<RunRow>(
      `SELECT ${columns} FROM ${asTheyStand} WHERE runs.last_seq > ? AND o.id IS NULL
       UNION ALL SELECT ${columns} FROM open_runs AS o JOIN runs ON runs.id = o.id WHERE o.last_seq > ?
       ORDER BY last_seq LIMIT ?`,
      since,
      since,
      limit,
    )
    .map(summaryOf);
}

export function runsRemovedSince(reader: Reader, since: Seq): RunRemoval[] {
  const sql = "SELECT run AS id, seq AS lastSeq FROM events WHERE type = 'run.removed' AND seq > ? ORDER BY seq";
  return reader.all<{ id: RunId; lastSeq: Seq }>(sql, since).map((row) => ({ ...row, removed: true }));
}

export function unfinishedRuns(reader: Reader): RunId[] {
  return reader.all<{ id: RunId }>(`SELECT id FROM runs WHERE ${unfinished} ORDER BY first_seq`).map(({ id }) => id);
}

/** What the file said of a run that was imported. */
export function importOf(reader: Reader, run: RunId): RunImport | undefined {
  const row = reader.get<{ imported: string | null }>("SELECT imported FROM runs WHERE id = ?", run);
  return row?.imported ? (JSON.parse(row.imported) as RunImport) : undefined;
}

export function importedRunOf(reader: Reader, content: string): RunId | undefined {
  return reader.get<{ id: RunId }>("SELECT id FROM runs WHERE json_extract(imported, '$.content') = ?", content)?.id;
}

/** Runs whose past lies in another: its forks, and replays of it that are under way. */
export function runsRestingOn(reader: Reader, run: RunId): RunId[] {
  const sql = `SELECT id FROM runs WHERE json_extract(origin, '$.run') = ? AND (json_extract(origin, '$.kind') = 'fork' OR ${unfinished})`;
  return reader.all<{ id: RunId }>(sql, run).map(({ id }) => id);
}

export function countRuns(reader: Reader): { total: number; running: number } {
  const row = reader.get<{ total: number; running: number }>(
    "SELECT count(*) AS total, count(*) FILTER (WHERE status = 'running') AS running FROM runs",
  );
  return row ?? { total: 0, running: 0 };
}

function summaryOf(row: RunRow): RunSummary {
  return {
    id: row.id as RunId,
    goal: row.goal,
    thread: row.thread,
    status: row.status as RunStatus,
    model: row.model,
    door: row.door,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    answer: row.answer,
    failure: row.failure === null ? null : (JSON.parse(row.failure) as RunSummary["failure"]),
    undoneTo: row.undone_to,
    origin: row.origin === null ? null : (JSON.parse(row.origin) as RunSummary["origin"]),
    imported: row.imported === null ? null : importedOf(JSON.parse(row.imported) as RunImport & { at: number }),
    stepsDone: row.steps_done,
    stepsTotal: row.steps_total,
    usage: { inputTokens: row.input_tokens, outputTokens: row.output_tokens, cachedTokens: row.cached_tokens },
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
  };
}

function importedOf({ at, program, finished }: RunImport & { at: number }): RunSummary["imported"] {
  return { at, program, finished };
}
