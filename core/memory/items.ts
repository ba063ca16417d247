// Kept items (agenda, expenses, facts, notes, reminders): their table, and the questions that are asked of it.
import type { Projection } from "../store/event-log.ts";
import { markUndone } from "./undone.ts";
import type { Reader } from "../store/database.ts";
import type { RunId } from "../contract/ids.ts";
import type { Item, ItemBody, ItemKind } from "../contract/items.ts";

interface ItemRow {
  seq: number;
  id: string;
  body: string;
  words: string;
  learnt_at: number;
  run: string;
  sources: string | null;
}

const columns = "items.seq, items.id, items.body, items.words, items.learnt_at, items.run, items.sources";

export const itemsProjection: Projection = {
  name: "items",
  tables: ["items", "items_text"],
  apply(writer, events) {
    for (const event of events) {
      if (event.type === "undo.applied" && !event.recorded) {
        markUndone(writer, "items", "id", event.data.items, event.data.direction);
      }
      if (event.type === "run.removed") {
        writer.run("DELETE FROM items_text WHERE rowid IN (SELECT seq FROM items WHERE run = ?)", event.run);
        writer.run("DELETE FROM items WHERE run = ?", event.run);
      }
      if (event.type !== "item.learned" || event.run === null || event.recorded) continue;
      const { item, body, words, from } = event.data;
      const date = body.kind === "agenda" || body.kind === "expense" ? body.date : null;
      writer.run(
        "INSERT INTO items (seq, id, kind, body, words, date, learnt_at, run, sources) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        event.seq,
        item,
        body.kind,
        JSON.stringify(body),
        words,
        date,
        event.at,
        event.run,
        from ? JSON.stringify(from) : null,
      );
      writer.run("INSERT INTO items_text (rowid, text) VALUES (?, ?)", event.seq, searchText(body, words));
    }
  },
};

/** Newest first. */
export function listItems(reader: Reader, query: { kind?: ItemKind | undefined; limit: number }): Item[] {
  const rows =
    query.kind === undefined
      ? reader.all<ItemRow>(`SELECT ${columns} FROM items WHERE undone = 0 ORDER BY seq DESC LIMIT ?`, query.limit)
      : reader.all<ItemRow>(
          `SELECT ${columns} FROM items WHERE undone = 0 AND kind = ? ORDER BY seq DESC LIMIT ?`,
          query.kind,
          query.limit,
        );
  return rows.map(itemOf);
}

/** Dated items from `from` to `to`, both included, earliest first. */
export function itemsBetween(reader: Reader, query: { kind: "agenda" | "expense"; from: string; to: string }): Item[] {
  return reader
    .all<ItemRow>(
      `SELECT ${columns} FROM items WHERE undone = 0 AND kind = ? AND date BETWEEN ? AND ? ORDER BY date, json_extract(body, '$.time'), seq`,
      query.kind,
      query.from,
      query.to,
    )
    .map(itemOf);
}

/** The items that share most with the query's words, best first (BM25 over stemmed words).
 * A word that no item holds is ignored rather than emptying the answer. */
export function recallItems(reader: Reader, query: { text: string; kinds?: readonly ItemKind[] | undefined; limit: number }): Item[] {
  const words =
    query.text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.filter((word) => !stopWords.has(word)) ?? [];
  if (words.length === 0) return [];
  const match = [...new Set(words)]
    .slice(0, 64)
    .map((word) => `"${word}"`)
    .join(" OR ");
  const kinds = query.kinds ?? ["agenda", "expense", "fact", "note", "reminder"];
  return reader
    .all<ItemRow>(
      `SELECT ${columns} FROM items_text JOIN items ON items.seq = items_text.rowid
       WHERE items_text MATCH ? AND items.undone = 0 AND items.kind IN (SELECT value FROM json_each(?))
       ORDER BY bm25(items_text), items.seq DESC LIMIT ?`,
      match,
      JSON.stringify(kinds),
      query.limit,
    )
    .map(itemOf);
}

/** How many things a run has kept. */
export function countItemsOf(reader: Reader, run: RunId): number {
  return reader.get<{ count: number }>("SELECT count(*) AS count FROM items WHERE run = ?", run)?.count ?? 0;
}

/** One line that says what the item is, for lists and for models. */
export function itemText(body: ItemBody): string {
  switch (body.kind) {
    case "agenda": {
      const when = body.time ? `${body.date} ${body.time}${body.endTime ? `–${body.endTime}` : ""}` : body.date;
      return `${body.title} on ${when}${body.place ? ` at ${body.place}` : ""}`;
    }
    case "expense": {
      const paid = `${majorOf(body.minor, body.currency)} ${body.currency}`;
      const what = body.category ? ` on ${body.category}` : "";
      return `Paid ${paid}${what}${body.vendor ? ` at ${body.vendor}` : ""} on ${body.date}`;
    }
    case "fact":
      return body.statement;
    case "note":
      return body.text;
    case "reminder":
      return `Reminder: ${body.text} at ${new Date(body.at).toISOString()}`;
  }
}

/** How many digits a currency has after the point (ISO 4217): 2 for USD, 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** 2350, "USD" → "23.50". */
export function majorOf(minor: number, currency: string): string {
  const digits = minorDigits(currency);
  return (minor / 10 ** digits).toFixed(digits);
}

/** "23.50", "USD" → 2350; undefined when it is no amount of that currency, such as half a cent. */
export function minorOf(amount: string, currency: string): number | undefined {
  const match = /^(-?)(\d{1,13})(?:\.(\d{1,4}))?$/.exec(amount.trim());
  if (!match) return undefined;
  const digits = minorDigits(currency);
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  if (fraction.length > digits) return undefined;
  const minor = Number(match[2]) * 10 ** digits + Number(fraction.padEnd(digits, "0") || "0");
  return match[1] ? -minor : minor;
}

function searchText(body: ItemBody, words: string): string {
  switch (body.kind) {
    case "agenda":
      return [body.title, body.place, ...body.people, words].join(" ");
    case "expense":
      return [body.vendor, body.category, words].join(" ");
    case "fact":
      return [body.subject, body.statement, words].join(" ");
    case "note":
      return body.text;
    case "reminder":
      return `${body.text} ${words}`;
  }
}

function itemOf(row: ItemRow): Item {
  const { seq, id, body, words, learnt_at: learntAt, run, sources } = row;
  return { id, body: JSON.parse(body), words, learntAt, run, seq, ...(sources === null ? {} : { from: JSON.parse(sources) }) } as Item;
}

const stopWords = new Set(
  "a an and are at be do does did for from have how i in is it me my of on or that the this to was were what when where which who with you your know about".split(
    " ",
  ),
);
