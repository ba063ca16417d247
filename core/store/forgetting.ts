// Forgetting: what stands beside a removed run's events goes, the events keep their place in the chain.
import type { Event } from "../contract/events.ts";
import type { Reader, Writer } from "./database.ts";
import type { Projection } from "./event-log.ts";

/** Has no table of its own: it empties what the log keeps beside its events, in the commit that says so. */
export const forgettingProjection: Projection = {
  name: "forgetting",
  tables: [],
  apply(writer, events) {
    for (const event of events) if (event.type === "run.removed") forgetTexts(writer, event);
  },
};

function forgetTexts(writer: Writer, { run }: Event): void {
  const blobs = new Set<string>();
  for (const row of pointing(writer, run)) for (const name of blobsIn(row)) blobs.add(name);
  writer.run("UPDATE events SET texts = NULL WHERE run = ?", run);
  if (blobs.size === 0) return;
  for (const row of pointing(writer, null)) {
    if (row.run === run) continue;
    for (const name of blobsIn(row)) blobs.delete(name);
  }
  for (const name of blobs) writer.run("DELETE FROM blobs WHERE hash = ?", name);
}

interface Pointing {
  readonly seq: number;
  readonly run: string | null;
  readonly texts: string | null;
  readonly data: string;
}

/** Events that may name a blob (of one run, or of all): in their texts, in logs of schema 1 in their data. */
function* pointing(reader: Reader, run: string | null): Generator<Pointing> {
  const name = "_".repeat(64);
  const may = `((texts IS NOT NULL AND (texts LIKE '%":"${name}"%' OR texts LIKE '%":["${name}"%'))
    OR (texts IS NULL AND data LIKE '%"$blob"%'))`;
  for (let since = 0; ;) {
    const page =
      run === null
        ? reader.all<Pointing>(`SELECT seq, run, texts, data FROM events WHERE seq > ? AND ${may} ORDER BY seq LIMIT 1000`, since)
        : reader.all<Pointing>(
            `SELECT seq, run, texts, data FROM events WHERE run = ? AND seq > ? AND ${may} ORDER BY seq LIMIT 1000`,
            run,
            since,
          );
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    since = last.seq;
  }
}

function blobsIn({ texts, data }: Pointing): string[] {
  return [...(texts ?? data).matchAll(/"([0-9a-f]{64})"/g)].map(([, name = ""]) => name);
}

/** Writes what was forgotten out of the write-ahead log too. */
export function settleForgotten(reader: Reader): void {
  reader.all("PRAGMA wal_checkpoint(TRUNCATE)");
}
