// The contract's streams: each starts at a cursor and then goes on with what happens.
import type { Event, Signal } from "../contract/events.ts";
import type { RunId, Seq } from "../contract/ids.ts";
import type { RunStatus } from "../contract/run-state.ts";
import type { ReminderView } from "../contract/items.ts";
import type { HostStatus, LogLine, RunRemoval, RunSummary } from "../contract/views.ts";
import { concernsReminders, listReminders } from "../memory/reminders.ts";
import { exportRun } from "../runs/record/export-run.ts";
import { countRuns, getRun, runsChangedSince, runsRemovedSince } from "../runs/tables/run-index.ts";
import { startOfDay } from "../system/day.ts";
import { bell } from "../store/subscriptions.ts";
import type { Log } from "../telemetry/log.ts";
import type { Rooms } from "./rooms.ts";

const pageSize = 500;
const statusPauseMs = 250;

export function hostStatus(rooms: Rooms): HostStatus {
  const { log, meter, now, timeZone } = rooms;
  return {
    version: rooms.version,
    pid: process.pid,
    dataDir: rooms.dataDir,
    startedAt: rooms.startedAt,
    lastSeq: log.lastSeq(),
    model: rooms.model(),
    runs: countRuns(log.reader),
    usageToday: meter.usedSince(startOfDay(now(), timeZone())).usage,
    asked: [...new Set([...rooms.programs.values()].flatMap(({ asked }) => [...asked]))],
    resumed: rooms.resumed(),
  };
}

export async function* watchHost(rooms: Rooms, signal: AbortSignal): AsyncGenerator<HostStatus> {
  const waker = bell();
  const stops = [rooms.log.onCommit(waker.ring), rooms.config.onChange(waker.ring)];
  try {
    while (!signal.aborted) {
      yield hostStatus(rooms);
      await waker.next(signal);
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, statusPauseMs));
    }
  } finally {
    for (const stop of stops) stop();
  }
}

export async function* watchReminders({ log }: Rooms, signal: AbortSignal): AsyncGenerator<ReminderView[]> {
  const waker = bell();
  const stop = log.onCommit((events) => {
    if (events.some(concernsReminders)) waker.ring();
  });
  try {
    while (!signal.aborted) {
      yield listReminders(log.reader);
      await waker.next(signal);
    }
  } finally {
    stop();
  }
}

export async function* watchRuns(rooms: Rooms, since: Seq, signal: AbortSignal): AsyncGenerator<RunSummary | RunRemoval> {
  const { log } = rooms;
  const waker = bell();
  let removed: RunRemoval[] = [];
  const stop = log.onCommit((events) => {
    for (const { type, run, seq } of events) if (type === "run.removed" && run) removed.push({ id: run, removed: true, lastSeq: seq });
    waker.ring();
  });
  try {
    yield* runsRemovedSince(log.reader, since);
    for (let cursor = since; !signal.aborted;) {
      const gone = removed;
      removed = [];
      yield* gone;
      const changed = runsChangedSince(log.reader, cursor, pageSize);
      for (const summary of changed) {
        cursor = summary.lastSeq;
        yield summary;
      }
      if (changed.length === 0 && removed.length === 0) await waker.next(signal);
    }
  } finally {
    stop();
  }
}

/** Over, or held until a person does something. */
function hasNothingToDo(status: RunStatus | undefined): boolean {
  return status !== "running";
}

type Followed = { is: "event"; event: Event } | { is: "signal"; signal: Signal };

export async function* followEvents(
  rooms: Rooms,
  query: { run?: RunId | undefined; since: Seq; untilEnd: boolean },
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  const { log, signals } = rooms;
  const { run, untilEnd } = query;
  const waker = bell();
  let passing: Signal[] = [];
  const stops = [
    log.onCommit(waker.ring),
    signals.listen((sent) => {
      if (run !== undefined && sent.run !== run) return;
      passing.push(sent);
      waker.ring();
    }),
  ];
  try {
    for (let since = query.since; !signal.aborted;) {
      const now = passing;
      passing = [];
      for (const sent of now) yield { is: "signal", signal: sent };
      const over = untilEnd && run !== undefined && hasNothingToDo(getRun(log.reader, run)?.status);
      const events = log.read({ run, since, limit: pageSize });
      for (const event of events) {
        since = event.seq;
        yield { is: "event", event };
      }
      if (events.length > 0) continue;
      if (over) return;
      if (passing.length === 0) await waker.next(signal);
    }
  } finally {
    for (const stop of stops) stop();
  }
}

/** A recording's text. Between pieces others have their turn. */
export async function* exportPieces({ log, version }: Rooms, run: RunId): AsyncGenerator<string> {
  for (const piece of exportRun(log, run, version)) {
    yield piece;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

export async function* followLines(telemetry: Log, after: number, signal: AbortSignal): AsyncGenerator<LogLine[]> {
  const waker = bell();
  const stop = telemetry.onLine(waker.ring);
  try {
    for (let cursor = after; !signal.aborted;) {
      const lines = telemetry.since(cursor).slice(0, pageSize);
      const last = lines.at(-1);
      if (last) {
        cursor = last.id;
        yield lines;
      } else {
        await waker.next(signal);
      }
    }
  } finally {
    stop();
  }
}
