// A run as of one of its events, quickly: what its full stretches say of its steps, the events since, and of the rest of
// the log only what is about the run itself.
import { fail } from "../../contract/failure.ts";
import type { RunId, Seq } from "../../contract/ids.ts";
import { markOf, type RunMoment, type StepChange, type StepMark } from "../../contract/run-moment.ts";
import { RunFold, type RunState } from "../../contract/run-state.ts";
import type { Plan } from "../../contract/plan.ts";
import { definitionOf } from "../../contract/plan.ts";
import { addUsage } from "../../contract/usage.ts";
import type { EventLog } from "../../store/event-log.ts";
import { lineage } from "./lineage.ts";
import { listOfStepEvents, newMarks, stretchesOf, takeIn, type Marks, type StepRow } from "./step-marks.ts";

/** @throws FailureError `input.invalid` before the run's first event */
export function momentOf(
  log: EventLog,
  { run, seq, within }: { run: RunId; seq?: Seq | undefined; within?: string | undefined },
): RunMoment {
  const to = seq ?? log.lastSeq();
  const fold = new RunFold();
  for (const event of log.readAbout(run, to)) fold.apply(event);
  const { state } = fold;
  if (!state) throw fail("input.invalid", `${run} had not begun at event ${to}.`, `botmojo runs events ${run} lists its events.`);
  // Its past is another run's, changed as the fork says.
  if (state.origin?.kind === "fork") return ofFork(log, run, { to, within });
  // All events of an imported run count as about the run.
  if (state.imported) return shown(state, state.steps, within);
  const marks = marksAt(log, state, to);
  const own = { ...state, usage: addUsage(state.usage, marks.usage), lastSeq: lastOf(log, run, to) };
  return shown(own, stepsOf(own, marks), within);
}

/** In the order of the plan, then of their beginning. */
function* stepsOf(state: RunState, { changes }: Marks): Generator<StepMark> {
  for (const { id } of state.steps) yield markOf(id, changes.get(id) ?? {}, state);
  for (const [id, change] of changes) if (id.includes("/")) yield markOf(id, change, state);
}

function lastOf({ reader }: EventLog, run: RunId, to: Seq): Seq {
  return reader.get<{ last: Seq }>("SELECT max(seq) AS last FROM events WHERE run = ? AND seq <= ?", run, to)?.last ?? 0;
}

function ofFork(log: EventLog, run: RunId, { to, within }: { to: Seq; within: string | undefined }): RunMoment {
  const fold = new RunFold();
  for (const event of lineage(log, run)) if (event.seq <= to) fold.apply(event);
  if (!fold.state) throw fail("storage.damaged", `The past of ${run} is not in the log.`);
  return shown(fold.state, fold.state.steps, within);
}

function shown(state: RunState, steps: Iterable<StepMark>, within: string | undefined): RunMoment {
  const inner: Record<string, Record<string, number>> = {};
  const marks: StepMark[] = [];
  for (const step of steps) {
    const slash = step.id.indexOf("/");
    if (slash >= 0) {
      const counts = (inner[step.id.slice(0, slash)] ??= {});
      counts[step.status] = (counts[step.status] ?? 0) + 1;
      if (within === undefined || !step.id.startsWith(within)) continue;
    } else if (step.status === "waiting" && step.attempts + step.retries === 0) continue;
    marks.push(markOf(step.id, step, state));
  }
  return { state: { ...state, steps: [] }, marks, inner };
}

function marksAt(log: EventLog, state: RunState, to: Seq): Marks {
  const { reader } = log;
  const marks = newMarks();
  const revisions = [...state.revisions];
  /** Applies the plans that were made before an event. */
  const revise = (before: Seq) => {
    for (let [next] = revisions; next && next.seq < before; [next] = revisions) {
      revisions.shift();
      dropOthers(marks.changes, next.plan);
    }
  };
  const readOn = (after: Seq, last: Seq) => {
    const sql = `SELECT seq, step, type, at, data FROM events WHERE run = ? AND seq > ? AND seq <= ? AND type IN (${listOfStepEvents}) ORDER BY seq`;
    for (const row of reader.all<StepRow>(sql, state.id, after, last)) {
      revise(row.seq);
      takeIn(marks, row);
    }
  };
  let cursor = state.firstSeq - 1;
  for (const { after, last, layOver } of stretchesOf(reader, state.id, to)) {
    if (after > cursor) readOn(cursor, after);
    revise(after + 1);
    layOver(marks);
    cursor = last;
  }
  readOn(cursor, to);
  revise(to + 1);
  return marks;
}

function dropOthers(changes: Map<string, StepChange>, plan: Plan): void {
  if (changes.size === 0) return;
  const top = new Set<string>(plan.steps.map(({ id }) => id));
  for (const id of changes.keys()) {
    if (id.includes("/") ? !definitionOf(plan, id) : !top.has(id)) changes.delete(id);
  }
}
