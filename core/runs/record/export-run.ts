// A run of the log as a recording: its lineage relabelled and numbered from one, a page at a time.
import type { Event } from "../../contract/events.ts";
import { fail } from "../../contract/failure.ts";
import type { RunId, Seq } from "../../contract/ids.ts";
import type { EventLog } from "../../store/event-log.ts";
import { lineage } from "../tables/lineage.ts";
import { contentOf, RecordingWriter } from "./recording.ts";
import { importOf } from "../tables/run-index.ts";

/** UTF-16 units a piece; what an attached command gets in one frame stays far below the frame's limit. */
const pieceLength = 256 * 1024;

/** The file's text in pieces, the same for the same run each time; what happens after the first piece is not in it.
 * @throws FailureError `not.found`, or `conflict` when the run was removed meanwhile */
export function* exportRun(log: EventLog, run: RunId, program: string): Generator<string> {
  const upTo = log.lastSeq();
  let events = 0;
  for (const _ of recordedEvents(log, run, upTo)) events += 1;
  if (events === 0) throw fail("not.found", `There is no run ${run}.`, "botmojo runs ls lists them.");
  const writer = new RecordingWriter({ run: lastLabel(log, run), program, events });
  let text = writer.begin();
  for (const event of recordedEvents(log, run, upTo)) {
    text += writer.event(event);
    for (; text.length > pieceLength; text = text.slice(pieceLength)) yield text.slice(0, pieceLength);
  }
  yield text + writer.end();
}

/** The hash of a run's first events, to know it again in a file; undefined when it has fewer. */
export function contentOfFirst(log: EventLog, run: RunId, count: number): string | undefined {
  let seen = 0;
  function* first() {
    for (const event of recordedEvents(log, run, Infinity)) {
      if (++seen <= count) yield event;
      if (seen >= count) return;
    }
  }
  const content = contentOf(first());
  return seen === count ? content : undefined;
}

/** A run's whole past as a recording has it. Those that came from a file bear the names that they had there. */
function* recordedEvents(log: EventLog, run: RunId, upTo: Seq): Generator<Event> {
  let number = 0;
  let label: RunId | undefined;
  let labels: Labels | undefined;
  const numbers = new Map<Seq, number>();
  for (const event of lineage(log, run)) {
    if (event.seq > upTo) return;
    if (event.run === null || event.type === "run.imported") continue;
    number += 1;
    if (event.recorded) {
      labels ??= labelsOf(log, event.run);
      label = labels(number);
      yield { ...event, seq: number, run: label };
      continue;
    }
    numbers.set(event.seq, number);
    const cause = event.cause === null ? null : (numbers.get(event.cause) ?? null);
    const { data } = event.type === "run.started" && event.data.origin?.kind === "fork" ? forkedFrom(event, label, number - 1) : event;
    label = event.run;
    yield { ...event, seq: number, cause, data } as Event;
  }
}

function forkedFrom(event: Extract<Event, { type: "run.started" }>, run: RunId | undefined, at: number) {
  const { data } = event;
  return { data: data.origin?.kind === "fork" && run ? { ...data, origin: { ...data.origin, run, at } } : data };
}

type Labels = (number: number) => RunId;

function labelsOf(log: EventLog, run: RunId): Labels {
  const ends: { run: RunId; to: number }[] = [];
  for (const { run: was, events } of importOf(log.reader, run)?.past ?? []) ends.push({ run: was, to: (ends.at(-1)?.to ?? 0) + events });
  return (number) => ends.find(({ to }) => number <= to)?.run ?? run;
}

/** The id that a run bears in its file. */
function lastLabel(log: EventLog, run: RunId): RunId {
  return importOf(log.reader, run)?.past.at(-1)?.run ?? run;
}
