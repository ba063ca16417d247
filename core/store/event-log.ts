// The one log: appended in groups, one commit for all that was asked for in a turn of the event loop, each event
// chained to the one before by its hash, each commit carrying the projections of its events.
import { createHash } from "node:crypto";
import { eventTypes, type Event, type NewEvent } from "../contract/events.ts";
import { fail } from "../contract/failure.ts";
import type { RunId, Seq } from "../contract/ids.ts";
import { lay, lift } from "./blobs.ts";
import type { Database, Reader, Writer } from "./database.ts";

/** Tables derived from the log. Applied in the transaction of the events, so they never disagree. */
export interface Projection {
  readonly name: string;
  readonly tables: readonly string[];
  apply(writer: Writer, event: Event): void;
}

export interface EventLog {
  readonly reader: Reader;
  /** Resolves when all of `events` are on disk, in one commit, next to each other. */
  append(events: readonly NewEvent[]): Promise<Event[]>;
  read(query: { run?: RunId | undefined; since: Seq; limit: number }): Event[];
  lastSeq(): Seq;
  /** Called after each commit with what it held, in order. Returns its stop. */
  onCommit(listener: (events: readonly Event[]) => void): () => void;
  /** Throws the projections away and makes them anew from the log, in one transaction. Returns the events read. */
  rebuild(): number;
  /** The first event whose hash is not what the chain says, or undefined when all is well. */
  verify(): { seq: Seq; why: string } | undefined;
  /** Commits what is waiting. */
  close(): void;
}

interface EventRow {
  seq: number;
  run: string | null;
  step: string | null;
  type: string;
  at: number;
  actor: string;
  cause: number | null;
  data: string;
  hash: Buffer;
}

interface Waiting {
  readonly events: readonly NewEvent[];
  readonly resolve: (events: Event[]) => void;
  readonly reject: (error: unknown) => void;
}

const genesis = Buffer.alloc(32);

export function openEventLog(options: { db: Database; projections: readonly Projection[]; now: () => number }): EventLog {
  const { db, projections, now } = options;
  const { reader } = db;
  const listeners = new Set<(events: readonly Event[]) => void>();
  let waiting: Waiting[] = [];
  let tip = readTip(reader);
  let closed = false;

  function write(writer: Writer, event: NewEvent, from: { seq: number; hash: Buffer }, at: number): Event {
    const kept: Event = Object.assign(
      { seq: from.seq + 1, run: event.run, step: event.step ?? null, type: event.type },
      { at, actor: event.actor, cause: event.cause ?? null, data: event.data },
    ) as Event;
    const fields: readonly string[] = eventTypes[event.type].forgettable;
    const data = JSON.stringify(lay(writer, event.data, fields));
    const row = { ...kept, data };
    const hash = chainHash(from.hash, row);
    writer.run(
      "INSERT INTO events (seq, run, step, type, at, actor, cause, data, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row.seq,
      row.run,
      row.step,
      row.type,
      row.at,
      row.actor,
      row.cause,
      data,
      hash,
    );
    from.seq = row.seq;
    from.hash = hash;
    return kept;
  }

  function flush(): void {
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    const at = now();
    const next = { ...tip };
    let written: Event[][];
    try {
      written = db.transact((writer) =>
        group.map(({ events }) =>
          events.map((event) => {
            const kept = write(writer, event, next, at);
            for (const projection of projections) projection.apply(writer, kept);
            return kept;
          }),
        ),
      );
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    tip = next;
    for (const [index, { resolve }] of group.entries()) resolve(written[index] ?? []);
    const all = written.flat();
    for (const listener of listeners) listener(all);
  }

  return {
    reader,
    append(events) {
      if (closed) return Promise.reject(fail("host.unreachable", "The host is closing, so nothing more can be kept."));
      for (const event of events) {
        const checked = eventTypes[event.type].data.safeParse(event.data);
        if (!checked.success) {
          return Promise.reject(new Error(`The data of ${event.type} is not of its shape: ${checked.error.message}`));
        }
      }
      return new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ events, resolve, reject });
      });
    },
    read: ({ run, since, limit }) =>
      (run === undefined
        ? reader.all<EventRow>("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", since, limit)
        : reader.all<EventRow>("SELECT * FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?", run, since, limit)
      ).map((row) => eventOf(reader, row)),
    lastSeq: () => tip.seq,
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    rebuild: () =>
      db.transact((writer) => {
        for (const { tables } of projections) for (const table of tables) writer.run(`DELETE FROM ${table}`);
        let count = 0;
        for (const row of pages(reader)) {
          const event = eventOf(reader, row);
          for (const projection of projections) projection.apply(writer, event);
          count += 1;
        }
        return count;
      }),
    verify() {
      let before: { seq: number; hash: Buffer } = { seq: 0, hash: genesis };
      for (const row of pages(reader)) {
        if (row.seq !== before.seq + 1) return { seq: row.seq, why: `event ${before.seq + 1} is missing` };
        if (!chainHash(before.hash, row).equals(row.hash)) {
          return { seq: row.seq, why: "its hash does not follow from the event before and its own words" };
        }
        before = { seq: row.seq, hash: row.hash };
      }
      return undefined;
    },
    close() {
      flush();
      closed = true;
    },
  };
}

function readTip(reader: Reader): { seq: number; hash: Buffer } {
  return (
    reader.get<{ seq: number; hash: Buffer }>("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1") ?? {
      seq: 0,
      hash: genesis,
    }
  );
}

function* pages(reader: Reader): Generator<EventRow> {
  for (let since = 0; ;) {
    const rows = reader.all<EventRow>("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT 1000", since);
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    since = last.seq;
  }
}

function chainHash(before: Buffer, row: Omit<EventRow, "hash">): Buffer {
  const words = JSON.stringify([row.seq, row.run, row.step, row.type, row.at, row.actor, row.cause, row.data]);
  return createHash("sha256").update(before).update(words).digest();
}

function eventOf(reader: Reader, row: EventRow): Event {
  const known = Object.hasOwn(eventTypes, row.type) ? eventTypes[row.type as keyof typeof eventTypes] : undefined;
  if (!known) {
    throw fail("storage.damaged", `Event ${row.seq} is of an unknown kind, "${row.type}".`, "Update BotMojo.");
  }
  const { hash: _, ...envelope } = row;
  const raw = JSON.parse(row.data) as Record<string, unknown>;
  return { ...envelope, data: lift(reader, raw, known.forgettable) } as Event;
}
