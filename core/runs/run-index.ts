// The list of runs: one row a run, kept by its events.
import type { RunId, Seq } from "../contract/ids.ts";
import type { RunStatus } from "../contract/run-state.ts";
import type { RunSummary } from "../contract/views.ts";
import type { Usage } from "../contract/usage.ts";
import type { Reader, Writer } from "../store/database.ts";
import type { Projection } from "../store/event-log.ts";

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
  steps_done: number;
  steps_total: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  first_seq: number;
  last_seq: number;
}

export const runsProjection: Projection = {
  name: "runs",
  tables: ["runs"],
  apply(writer, event) {
    if (event.run === null) return;
    if (event.type === "run.started") {
      const { goal, thread, model, door } = event.data;
      writer.run(
        `INSERT INTO runs (id, goal, thread, status, model, door, started_at, steps_done, steps_total,
           input_tokens, output_tokens, cached_tokens, first_seq, last_seq)
         VALUES (?, ?, ?, 'running', ?, ?, ?, 0, 0, 0, 0, 0, ?, ?)`,
        event.run,
        goal,
        thread,
        model,
        door,
        event.at,
        event.seq,
        event.seq,
      );
      return;
    }
    const set = (sql: string, ...params: (string | number | null)[]) =>
      void (writer satisfies Writer).run(`UPDATE runs SET ${sql}, last_seq = ? WHERE id = ?`, ...params, event.seq, event.run);
    switch (event.type) {
      case "plan.revised":
        return set("steps_total = ?", event.data.plan.steps.length);
      case "step.completed":
      case "step.failed":
      case "step.skipped":
        if (event.step?.includes("/")) return set("id = id");
        return set("steps_done = steps_done + 1");
      case "effect.completed": {
        const { inputTokens = 0, outputTokens = 0, cachedTokens = 0 } = event.data.usage ?? {};
        if (inputTokens + outputTokens === 0) return set("id = id");
        const sum = "input_tokens = input_tokens + ?, output_tokens = output_tokens + ?, cached_tokens = cached_tokens + ?";
        return set(sum, inputTokens, outputTokens, cachedTokens);
      }
      case "run.paused":
        return set("status = 'paused'");
      case "run.waiting":
        return set("status = 'waiting'");
      case "run.resumed":
        return set("status = 'running'");
      case "review.decided":
      case "message.received":
        return set("status = CASE status WHEN 'waiting' THEN 'running' ELSE status END");
      case "run.completed":
        return set("status = 'completed', answer = ?, ended_at = ?", event.data.answer, event.at);
      case "run.failed":
        return set("status = 'failed', failure = ?, ended_at = ?", JSON.stringify(event.data.failure), event.at);
      case "run.cancelled":
        return set("status = 'cancelled', ended_at = ?", event.at);
      default:
        return set("id = id");
    }
  },
};

export function getRun(reader: Reader, id: RunId): RunSummary | undefined {
  const row = reader.get<RunRow>("SELECT * FROM runs WHERE id = ?", id);
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
    `SELECT * FROM runs WHERE ${where} AND (? IS NULL OR first_seq < ?) ORDER BY first_seq DESC LIMIT ?`,
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
  return reader.all<RunRow>("SELECT * FROM runs WHERE last_seq > ? ORDER BY last_seq LIMIT ?", since, limit).map(summaryOf);
}

export function unfinishedRuns(reader: Reader): RunId[] {
  return reader
    .all<{ id: RunId }>("SELECT id FROM runs WHERE status IN ('running', 'paused', 'waiting') ORDER BY first_seq")
    .map(({ id }) => id);
}

export function countRuns(reader: Reader): { total: number; running: number } {
  const row = reader.get<{ total: number; running: number }>(
    "SELECT count(*) AS total, count(*) FILTER (WHERE status = 'running') AS running FROM runs",
  );
  return row ?? { total: 0, running: 0 };
}

/** Tokens of the runs that began at `from` (milliseconds since 1970) or later. */
export function usageSince(reader: Reader, from: number): Usage {
  const row = reader.get<Usage>(
    `SELECT coalesce(sum(input_tokens), 0) AS inputTokens, coalesce(sum(output_tokens), 0) AS outputTokens,
       coalesce(sum(cached_tokens), 0) AS cachedTokens FROM runs WHERE started_at >= ?`,
    from,
  );
  return row ?? { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
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
    stepsDone: row.steps_done,
    stepsTotal: row.steps_total,
    usage: { inputTokens: row.input_tokens, outputTokens: row.output_tokens, cachedTokens: row.cached_tokens },
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
  };
}
