// The one log: appended in groups, one commit for all that was asked for in a turn of the event loop, each event
// chained to the one before by its hash, each commit carrying the projections of its events.
import { hash as hashOf } from "node:crypto";
import { eventTypes, type Event, type EventType, type NewEvent } from "../contract/events.ts";
import { fail } from "../contract/failure.ts";
import type { RunId, Seq } from "../contract/ids.ts";
import type { Chance } from "../system/chance.ts";
import type { Clock } from "../system/clock.ts";
import type { Database, Reader, Writer } from "./database.ts";
import { lay, lift, vouchedFor, withoutTexts } from "./texts.ts";

/** Tables derived from the log. Applied in the transaction of the events, so they never disagree. */
export interface Projection {
  readonly name: string;
  readonly tables: readonly string[];
  /** Whether it counts what was removed too, of which only what the chain covers is left. */
  readonly countsRemoved?: boolean;
  /** Makes what lives only as long as the connection, before anything else. */
  open?(writer: Writer, eventsOf: (run: RunId) => Iterable<Event>): void;
  /** Takes in what one commit holds, in order: the log after event `after`, to event `to`. What was removed is left out
   * when the tables are made anew, unless it counts that. */
  apply(writer: Writer, events: readonly Event[], span: { readonly after: Seq; readonly to: Seq }): void;
}

export interface EventLog {
  readonly reader: Reader;
  /** Resolves when all of `events` are on disk, in one commit, next to each other. What leaves the process after it
   * rests on them. */
  append(events: readonly NewEvent[]): Promise<Event[]>;
  /** As `append`, for what only this process acts on: resolves at once, before the commit, unless much is waiting for
   * it. Whoever does something in the world next appends it first, and so waits for these too. */
  note(events: readonly NewEvent[]): Promise<void>;
  /** Nothing for a run that was removed. */
  read(query: { run?: RunId | undefined; since: Seq; limit: number }): Event[];
  /** Every event that `read` would give, one after the other, however many; up to `to` where it is named. `limit` when no
   * more than so many are wanted. */
  walk(query: { run?: RunId | undefined; since?: Seq; to?: Seq | undefined; limit?: number | undefined }): Iterable<Event>;
  /** The events of a run after one, up to one, that are not about a step's work: few, however long it is. */
  readAbout(run: RunId, since: Seq, to: Seq): Event[];
  /** The events of a run up to one that are about the work of these steps. */
  readSteps(run: RunId, steps: readonly string[], to: Seq): Event[];
  lastSeq(): Seq;
  /** Called with events as soon as they have their number, before they are on disk. For what stays in the process.
   * `lost` is called with those whose commit failed: they never were. */
  onAppend(listener: {
    numbered: (events: readonly Event[]) => void;
    lost: (events: readonly Event[], error: unknown) => void;
  }): () => void;
  /** Called after each commit with what it held, in order. Returns its stop. */
  onCommit(listener: (events: readonly Event[]) => void): () => void;
  /** Throws the projections away and makes them anew from the log, in one transaction. Returns the events read. */
  rebuild(): number;
  /** A table that is not what the log makes of it; undefined when all are. Changes nothing. */
  staleTable(): string | undefined;
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
  texts: string | null;
  hash: Buffer;
}

interface Waiting {
  readonly events: readonly Event[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** So many noted events may wait before whoever notes more waits with them; keeps the event loop turning. */
const fullGroup = 64;

/** Before the type of an event that was read from a file, so that nothing which looks for a type takes it for one of
 * this log's own. */
const recordedMark = "recorded:";

/** The events about a step's work; every other event is about the run. */
const aboutSteps: readonly EventType[] = [
  "step.started",
  "step.completed",
  "step.retried",
  "step.failed",
  "step.skipped",
  "effect.requested",
  "effect.completed",
  "effect.failed",
  "tool.denied",
];

/** The types for an SQL list, and beside each the one of such an event that was read from a file. */
export function withRecorded(types: readonly EventType[]): string {
  return types.map((type) => `'${type}', '${recordedMark}${type}'`).join(", ");
}

/** The type of a row's event, whether it happened here or was read from a file. */
export function ownType(type: string): EventType {
  return (type.startsWith(recordedMark) ? type.slice(recordedMark.length) : type) as EventType;
}

/** In the very words of the index `events_about_runs`, which serves only a query that says the same. */
const notAboutSteps = `type NOT IN (${withRecorded(aboutSteps)})`;

const pageSize = 1000;
const genesis = Buffer.alloc(32);
const ignore = () => {};

export function openEventLog(options: {
  readonly db: Database;
  readonly projections: readonly Projection[];
  readonly clock: Clock;
  readonly chance: Chance;
}): EventLog {
  const { db, projections, clock, chance } = options;
  const { reader } = db;
  const listeners = new Set<(events: readonly Event[]) => void>();
  const appendListeners = new Set<Parameters<EventLog["onAppend"]>[0]>();
  let waiting: Waiting[] = [];
  let waitingEvents = 0;
  let tip = readTip(reader);
  let nextSeq = tip.seq + 1;
  let closed = false;
  const removed = new Set(reader.all<{ run: string | null }>("SELECT run FROM events WHERE type = 'run.removed'").map(({ run }) => run));
  const eventOf = (row: EventRow) => eventFrom(reader, row, removed.has(row.run));

  /** @throws FailureError or Error when the events can't be taken; none is then */
  function number(events: readonly NewEvent[]): Event[] {
    if (closed) throw fail("host.unreachable", "The host is closing, so nothing more can be kept.");
    for (const { type, data } of events) {
      const checked = eventTypes[type].data.safeParse(data);
      if (!checked.success) throw new Error(`The data of ${type} is not of its shape: ${checked.error.message}`);
    }
    const at = clock.now();
    const first = nextSeq;
    nextSeq += events.length;
    return events.map(
      ({ run, step = null, type, actor, cause = null, data, at: then = at, recorded }, index) =>
        ({ seq: first + index, run, step, type, at: then, actor, cause, data, ...(recorded ? { recorded } : {}) }) as Event,
    );
  }

  function enqueue(events: readonly Event[], resolve: () => void, reject: (error: unknown) => void): void {
    if (waiting.length === 0) clock.soon(flush);
    waiting.push({ events, resolve, reject });
    waitingEvents += events.length;
    for (const { numbered } of appendListeners) numbered(events);
  }

  function write(writer: Writer, event: Event, before: Buffer): Buffer {
    const { data, texts } = lay({ writer, chance }, event.data, eventTypes[event.type].forgettable);
    const { seq, run, step, at, actor, cause } = event;
    const type = event.recorded ? recordedMark + event.type : event.type;
    const hash = chainHash(before, { seq, run, step, type, at, actor, cause, data });
    writer.run(
      "INSERT INTO events (seq, run, step, type, at, actor, cause, data, texts, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      seq,
      run,
      step,
      type,
      at,
      actor,
      cause,
      data,
      texts,
      hash,
    );
    return hash;
  }

  function flush(): void {
    const group = waiting;
    waiting = [];
    waitingEvents = 0;
    const events = group.flatMap((one) => one.events);
    const last = events.at(-1);
    if (!last) return;
    try {
      const hash = db.transact((writer) => {
        const newTip = events.reduce((before, event) => write(writer, event, before), tip.hash);
        for (const projection of projections) projection.apply(writer, events, { after: tip.seq, to: last.seq });
        return newTip;
      });
      tip = { seq: last.seq, hash };
      for (const { type, run } of events) if (type === "run.removed") removed.add(run);
    } catch (error) {
      nextSeq = tip.seq + 1;
      for (const { lost } of appendListeners) lost(events, error);
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { resolve } of group) resolve();
    for (const listener of listeners) listener(events);
  }

  const read: EventLog["read"] = ({ run, since, limit }) => {
    if (run !== undefined && removed.has(run)) return [];
    return (
      run === undefined
        ? reader.all<EventRow>("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", since, limit)
        : reader.all<EventRow>("SELECT * FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?", run, since, limit)
    ).map(eventOf);
  };

  function* walk({ run, since = 0, to = Infinity, limit = pageSize }: Parameters<EventLog["walk"]>[0]): Generator<Event> {
    const size = Math.min(limit, pageSize);
    for (let cursor = since; ;) {
      const page = read({ run, since: cursor, limit: size });
      for (const event of page) if (event.seq <= to) yield event;
      const last = page.at(-1);
      if (page.length < size || !last || last.seq >= to) return;
      cursor = last.seq;
    }
  }

  function makeAnew(writer: Writer): number {
    for (const { tables } of projections) for (const table of tables) writer.run(`DELETE FROM ${table}`);
    let count = 0;
    for (const page of pages(reader)) {
      const all = page.map(eventOf);
      const kept = all.filter(({ run, type }) => !removed.has(run) || type === "run.removed");
      const span = { after: (page[0]?.seq ?? 1) - 1, to: page.at(-1)?.seq ?? 0 };
      for (const projection of projections) projection.apply(writer, projection.countsRemoved ? all : kept, span);
      count += page.length;
    }
    return count;
  }

  db.transact((writer) => {
    for (const projection of projections) projection.open?.(writer, (run) => walk({ run }));
  });

  return {
    reader,
    async append(events) {
      if (events.length === 0) return [];
      const numbered = number(events);
      await new Promise<void>((resolve, reject) => enqueue(numbered, resolve, reject));
      return numbered;
    },
    async note(events) {
      if (events.length === 0) return;
      const numbered = number(events);
      if (waitingEvents < fullGroup) enqueue(numbered, ignore, ignore);
      else await new Promise<void>((resolve, reject) => enqueue(numbered, resolve, reject));
    },
    read,
    walk,
    readAbout: (run, since, to) => {
      if (removed.has(run)) return [];
      const sql = `SELECT * FROM events WHERE run = ? AND seq > ? AND seq <= ? AND ${notAboutSteps} ORDER BY seq`;
      return reader.all<EventRow>(sql, run, since, to).map(eventOf);
    },
    readSteps: (run, steps, to) => {
      if (removed.has(run)) return [];
      const sql = `SELECT * FROM events WHERE run = ? AND step = ? AND seq <= ? AND type IN (${withRecorded(aboutSteps)}) ORDER BY seq`;
      return steps.flatMap((step) => reader.all<EventRow>(sql, run, step, to)).map(eventOf);
    },
    lastSeq: () => tip.seq,
    onAppend(listener) {
      appendListeners.add(listener);
      return () => appendListeners.delete(listener);
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    rebuild: () => db.transact(makeAnew),
    staleTable() {
      const tables = projections.flatMap((projection) => projection.tables);
      const print = () => tables.map((table) => hashOf("sha256", JSON.stringify(reader.all(`SELECT * FROM ${table} ORDER BY 1`))));
      let stale: string | undefined;
      const goBack = new Error("nothing is to be kept");
      try {
        db.transact((writer) => {
          const before = print();
          makeAnew(writer);
          const after = print();
          stale = tables.find((_, index) => before[index] !== after[index]);
          throw goBack;
        });
      } catch (error) {
        if (error !== goBack) throw error;
      }
      return stale;
    },
    verify() {
      let before: { seq: number; hash: Buffer } = { seq: 0, hash: genesis };
      for (const row of rows(reader)) {
        if (row.seq !== before.seq + 1) return { seq: row.seq, why: `event ${before.seq + 1} is missing` };
        if (!chainHash(before.hash, row).equals(row.hash)) {
          return { seq: row.seq, why: "its hash does not follow from the event before and its own words" };
        }
        if (!vouchedFor(row)) return { seq: row.seq, why: "the texts beside it are not those that were written" };
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

/** The whole log, a thousand events at a time. */
function* pages(reader: Reader): Generator<EventRow[]> {
  for (let since = 0; ;) {
    const page = reader.all<EventRow>("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", since, pageSize);
    const last = page.at(-1);
    if (!last) return;
    yield page;
    since = last.seq;
  }
}

function* rows(reader: Reader): Generator<EventRow> {
  for (const page of pages(reader)) yield* page;
}

function chainHash(before: Buffer, row: Omit<EventRow, "hash" | "texts">): Buffer {
  const words = JSON.stringify([row.seq, row.run, row.step, row.type, row.at, row.actor, row.cause, row.data]);
  return hashOf("sha256", Buffer.concat([before, Buffer.from(words)]), "buffer");
}

/** Of a removed run only what the chain vouches for is left. */
function eventFrom(reader: Reader, row: EventRow, removed: boolean): Event {
  const recorded = row.type.startsWith(recordedMark);
  const name = recorded ? row.type.slice(recordedMark.length) : row.type;
  const known = Object.hasOwn(eventTypes, name) ? eventTypes[name as keyof typeof eventTypes] : undefined;
  if (!known) {
    throw fail("storage.damaged", `Event ${row.seq} is of an unknown kind, "${row.type}".`, "Update BotMojo.");
  }
  const { seq, run, step, at, actor, cause } = row;
  const data = removed ? withoutTexts(row, known.forgettable) : lift(reader, row, known.forgettable);
  return { seq, run, step, type: name, at, actor, cause, data, ...(recorded ? { recorded } : {}) } as Event;
}
