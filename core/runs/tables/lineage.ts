// A run's whole past: its own events, and before them those of the run it was forked from.
import type { ReviewView } from "../../contract/views.ts";
import type { Event } from "../../contract/events.ts";
import { fail } from "../../contract/failure.ts";
import type { ReviewId, RunId, Seq } from "../../contract/ids.ts";
import { RunFold } from "../../contract/run-state.ts";
import type { Reader } from "../../store/database.ts";
import type { EventLog } from "../../store/event-log.ts";
import { getRun, unfinishedRuns } from "./run-index.ts";

const maxForks = 1000;

/** The part of a run that belongs to another one's past. */
export interface PastOf {
  readonly run: RunId;
  /** The last event of it that belongs; undefined for all. */
  readonly to: Seq | undefined;
}

/** The run itself, and before it those it was forked from, oldest first. */
export function pastOf(reader: Reader, run: RunId): PastOf[] {
  const stretches: PastOf[] = [{ run, to: undefined }];
  for (let id = run; stretches.length <= maxForks;) {
    const { origin, imported } = getRun(reader, id) ?? {};
    // In a file a fork has its whole past with it.
    if (origin?.kind !== "fork" || imported) return stretches;
    stretches.unshift({ run: origin.run, to: origin.at ?? undefined });
    id = origin.run;
  }
  throw fail("storage.damaged", `${run} was forked more than ${maxForks} times over.`);
}

/** Every event of the run's past after `since`, in order; `limit` when no more than so many are wanted. */
export function* lineage(log: EventLog, run: RunId, since: Seq = 0, limit?: number): Generator<Event> {
  for (const { run: id, to } of pastOf(log.reader, run)) yield* log.walk({ run: id, since, to, limit });
}

/** The run as all of its events left it; without a state when there is no such run. */
export function readFold(log: EventLog, run: RunId): RunFold {
  const fold = new RunFold();
  for (const event of lineage(log, run)) fold.apply(event);
  return fold;
}

/** The run whose event asked this review. */
export function runOfReview(reader: Reader, review: string): RunId | undefined {
  const sql = "SELECT run FROM events WHERE type = 'review.requested' AND json_extract(data, '$.review') = ? LIMIT 1";
  return reader.get<{ run: RunId }>(sql, review)?.run;
}

/** What waits for a person, oldest first. */
export function openReviews(log: EventLog): ReviewView[] {
  return unfinishedRuns(log.reader).flatMap((run) =>
    (readFold(log, run).state?.reviews ?? [])
      .filter(({ decided }) => decided === null)
      .map(({ id, step, kind, question, proposal, askedAt }) => ({ id: id as ReviewId, run, step, kind, question, proposal, askedAt })),
  );
}
