// Following the log from a cursor: nothing is missed and nothing comes twice, however often a door reconnects.
import type { Event } from "../contract/events.ts";
import type { RunId, Seq } from "../contract/ids.ts";
import type { EventLog } from "./event-log.ts";

const pageSize = 500;

/** A call to wake up, kept when nobody waits yet. */
export function bell(): { ring(): void; next(signal: AbortSignal): Promise<void> } {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async next(signal) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
        wake = undefined;
      }
      rung = false;
    },
  };
}

/** Pages of events after `since`, then each commit's, until the signal aborts. */
export async function* followLog(
  log: EventLog,
  query: { run?: RunId | undefined; since: Seq },
  signal: AbortSignal,
): AsyncGenerator<Event[]> {
  const waker = bell();
  const stop = log.onCommit((events) => {
    if (query.run === undefined || events.some((event) => event.run === query.run)) waker.ring();
  });
  try {
    for (let since = query.since; !signal.aborted; ) {
      const events = log.read({ run: query.run, since, limit: pageSize });
      const last = events.at(-1);
      if (last) {
        since = last.seq;
        yield events;
      } else {
        await waker.next(signal);
      }
    }
  } finally {
    stop();
  }
}
