// A recording taken into the log: every event marked as recorded, in one commit with the event that says whence.
import type { NewEvent } from "../../contract/events.ts";
import { fail, failureOf } from "../../contract/failure.ts";
import type { RunId } from "../../contract/ids.ts";
import { RunFold, isOver, type RunState } from "../../contract/run-state.ts";
import type { ImportReport } from "../../contract/views.ts";
import type { EventLog } from "../../store/event-log.ts";
import { contentOfFirst } from "./export-run.ts";
import { fileFault, RecordingReader, type Recording } from "./recording.ts";
import { getRun, importedRunOf } from "../tables/run-index.ts";

export interface Importer {
  /** Takes a file's text in pieces; nothing is kept unless all of it is sound.
   * @throws FailureError `input.invalid` with the line and the event */
  take(pieces: AsyncIterable<string>): Promise<ImportReport>;
}

export function createImporter(deps: { log: EventLog; newRunId: () => RunId }): Importer {
  let before: Promise<unknown> = Promise.resolve();
  return {
    async take(pieces) {
      const recording = await readRecording(pieces);
      // One at a time: the same file given twice at once must be known the second time.
      const mine = before.then(() => keep(deps, recording));
      before = mine.catch(() => {});
      return mine;
    },
  };
}

/** @throws FailureError `input.invalid` with the line and the event */
export async function readRecording(pieces: AsyncIterable<string>): Promise<Recording> {
  const reader = new RecordingReader();
  for await (const piece of pieces) reader.take(piece);
  return reader.end();
}

async function keep({ log, newRunId }: { log: EventLog; newRunId: () => RunId }, recording: Recording): Promise<ImportReport> {
  const known = knownRun(log, recording);
  const state = foldRecording(recording, recording.run);
  const about = { goal: state.goal, events: recording.events.length, finished: isOver(state.status), inFile: recording.run };
  if (known) return { run: known, taken: false, ...about };
  const run = isFree(log, recording.run) ? recording.run : newRunId();
  await log.append(asRecorded(recording, run, about.finished));
  return { run, taken: true, ...about };
}

/** The events as the log takes them, ending with the one that says whence they came. */
export function asRecorded({ events, program, content }: Recording, run: RunId, finished: boolean): NewEvent[] {
  const past: { run: RunId; events: number }[] = [];
  for (const event of events) {
    const last = past.at(-1);
    if (last && last.run === event.run) last.events += 1;
    else if (event.run) past.push({ run: event.run, events: 1 });
  }
  const data = { content, past, program, finished, lastAt: events.at(-1)?.at ?? 0 };
  const own = events.map(({ seq: _, ...event }): NewEvent => ({ ...event, run, recorded: true }));
  return [...own, { run, type: "run.imported", actor: "person", data }];
}

/** No run of BotMojo asks so much in one step; a file that does would only keep the host busy. */
const mostInStep = 10_000;

/** What its events make of it; they may be sound one by one and still tell no run.
 * @throws FailureError `input.invalid` */
export function foldRecording({ events }: Recording, run: RunId): RunState {
  const fold = new RunFold();
  const asked = new Map<string | null, number>();
  for (const { type, step, seq } of events) {
    if (type !== "effect.requested" && type !== "tool.denied" && type !== "review.requested") continue;
    const count = (asked.get(step) ?? 0) + 1;
    if (count > mostInStep) throw fileFault(seq + 1, `step ${step} asks for more than ${mostInStep} things.`);
    asked.set(step, count);
  }
  try {
    for (const event of events) fold.apply({ ...event, run });
  } catch (error) {
    throw fail("input.invalid", `These events do not make a run: ${failureOf(error).message}`, "Nothing was changed.");
  }
  const { state } = fold;
  if (!state) throw fail("input.invalid", "These events do not make a run.", "Nothing was changed.");
  return state;
}

/** The run of this log that these events are of: it holds them all, and perhaps more that happened since. */
function knownRun(log: EventLog, { run, content, events }: Recording): RunId | undefined {
  const imported = importedRunOf(log.reader, content);
  if (imported) return imported;
  return getRun(log.reader, run) && contentOfFirst(log, run, events.length) === content ? run : undefined;
}

/** Whether the log holds nothing of a run of this id, removed ones included. */
function isFree(log: EventLog, run: RunId): boolean {
  return log.reader.get("SELECT 1 FROM events WHERE run = ? LIMIT 1", run) === undefined;
}
