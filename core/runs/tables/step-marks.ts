// What the events of each stretch of the log say of a run's steps, taken together once the stretch is full: whoever wants
// the run as of an event lays a few of these over each other instead of reading every event.
import type { Seq } from "../../contract/ids.ts";
import { changeBy, laidOver, stepEvents, type StepChange } from "../../contract/run-moment.ts";
import type { StepStatus } from "../../contract/run-state.ts";
import { addUsage, noUsage, type Usage } from "../../contract/usage.ts";
import type { Reader, Writer } from "../../store/database.ts";
import type { Projection } from "../../store/event-log.ts";

/** Events of the log, of whatever run. */
const stretch = 4096;
/** Of a run with fewer in a stretch the events themselves are read. */
const fewest = 64;

export interface Marks {
  /** In the order they were first heard of. */
  readonly changes: Map<string, StepChange>;
  usage: Usage;
}

export interface StepRow {
  readonly seq: Seq;
  readonly step: string | null;
  readonly type: string;
  readonly at: number;
  readonly data: string;
}

export const listOfStepEvents = stepEvents.map((type) => `'${type}'`).join(", ");

export const stepMarksProjection: Projection = {
  name: "step marks",
  tables: ["step_marks"],
  apply(writer, events, { after, to }) {
    for (let end = (Math.floor(after / stretch) + 1) * stretch; end <= to; end += stretch) writeStretch(writer, end);
    for (const { type, run } of events) if (type === "run.removed") writer.run("DELETE FROM step_marks WHERE run = ?", run);
  },
};

/** A new plan ends a run's part of the stretch, because it drops steps. */
function writeStretch(writer: Writer, end: Seq): void {
  const after = end - stretch;
  const rows = writer.all<StepRow & { run: string }>(
    `SELECT seq, run, step, type, at, data FROM events WHERE seq > ? AND seq <= ? AND run IS NOT NULL
       AND type IN (${listOfStepEvents}, 'plan.revised') AND run NOT IN (SELECT run FROM events WHERE type = 'run.removed') ORDER BY seq`,
    after,
    end,
  );
  const byRun = new Map<string, StepRow[]>();
  for (const row of rows) {
    const its = byRun.get(row.run);
    if (its) its.push(row);
    else byRun.set(row.run, [row]);
  }
  for (const [run, its] of byRun) {
    if (its.length < fewest) continue;
    let from = after;
    let marks = newMarks();
    const close = (to: Seq) => {
      writer.run("INSERT INTO step_marks (run, after, last, marks) VALUES (?, ?, ?, ?)", run, from, to, packed(marks));
      from = to;
      marks = newMarks();
    };
    for (const row of its) {
      if (row.type === "plan.revised") close(row.seq);
      else takeIn(marks, row);
    }
    if (from < end) close(end);
  }
}

export function newMarks(): Marks {
  return { changes: new Map(), usage: noUsage };
}

export function takeIn(marks: Marks, { step, type, at, data: json }: StepRow): void {
  const aboutWork = type.startsWith("step.");
  if (step === null || (!aboutWork && !json.includes('"usage"') && marks.changes.has(step))) return;
  const data = JSON.parse(json) as Record<string, unknown>;
  if (type === "effect.completed" && data["usage"]) marks.usage = addUsage(marks.usage, data["usage"] as Usage);
  const change = changeBy(type as (typeof stepEvents)[number], at, data);
  const before = marks.changes.get(step);
  marks.changes.set(step, before ? laidOver(before, change) : change);
}

const statuses: readonly StepStatus[] = ["waiting", "running", "completed", "failed", "skipped", "cancelled"];

/** Id, status, begin and end, and what few steps have; times against the first one, what is not known null. */
type Packed = [
  id: string,
  status?: number | null,
  startedAt?: number | null,
  endedAt?: number | null,
  attempts?: number | null,
  agent?: string | null,
  retries?: number | null,
  /** False: none. */
  nextTryAt?: number | false | null,
];

function packed({ changes, usage }: Marks): string {
  let base = 0;
  for (const { startedAt, endedAt } of changes.values()) base ||= startedAt ?? endedAt ?? 0;
  const since = (at: number | null | undefined) => (at === null || at === undefined ? null : at - base);
  const steps = Array.from(changes, ([id, { status, startedAt, endedAt, attempts, agent, retries, nextTryAt }]): Packed => {
    const known = status === undefined ? null : statuses.indexOf(status);
    const trying = nextTryAt === null ? false : since(nextTryAt);
    const all: Packed = [id, known, since(startedAt), since(endedAt), attempts ?? null, agent ?? null, retries ?? null, trying];
    while (all.length > 1 && all.at(-1) === null) all.pop();
    return all;
  });
  return JSON.stringify({ base, usage, steps });
}

function layOver(marks: Marks, text: string): void {
  const { base, usage, steps } = JSON.parse(text) as { base: number; usage: Usage; steps: Packed[] };
  const { changes } = marks;
  for (const [id, status, startedAt, endedAt, attempts, agent, retries, nextTryAt] of steps) {
    const change: StepChange = {};
    if (typeof status === "number") change.status = statuses[status];
    if (typeof startedAt === "number") change.startedAt = base + startedAt;
    if (typeof endedAt === "number") change.endedAt = base + endedAt;
    if (typeof attempts === "number") change.attempts = attempts;
    if (typeof agent === "string") change.agent = agent;
    if (typeof retries === "number") change.retries = retries;
    if (nextTryAt === false) change.nextTryAt = null;
    else if (typeof nextTryAt === "number") change.nextTryAt = base + nextTryAt;
    const before = changes.get(id);
    changes.set(id, before ? laidOver(before, change) : change);
  }
  marks.usage = addUsage(marks.usage, usage);
}

/** The full stretches of a run up to an event, oldest first. */
export function* stretchesOf(reader: Reader, run: string, to: Seq): Generator<{ after: Seq; last: Seq; layOver: (marks: Marks) => void }> {
  const rows = reader.all<{ after: Seq; last: Seq; marks: string }>(
    "SELECT after, last, marks FROM step_marks WHERE run = ? AND last <= ? ORDER BY after",
    run,
    to,
  );
  for (const { after, last, marks } of rows) yield { after, last, layOver: (earlier) => layOver(earlier, marks) };
}
