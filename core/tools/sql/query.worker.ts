// Runs one query in a thread of its own, which can be ended in the middle of it. SQLite is WebAssembly here: it has the
// bytes it was given and no file system, so that nothing a statement says can reach a file.
import { parentPort, workerData } from "node:worker_threads";
import initSqlite from "sql.js/dist/sql-wasm-inline.js";
import type { Database, SqlValue, Statement } from "sql.js";
import { csvTable, UnreadableFile, type CsvTable } from "./csv-table.ts";
import type { Answered, Asked, Cell } from "./query.ts";

const mostRows = 1000;
const mostBytes = 1024 * 1024;
const longestCell = 64 * 1024;
const heapBytes = 512 * 1024 * 1024;
/** The types leave out that whole numbers can come as they are. */
interface ExactStatement extends Pick<Statement, "step" | "getColumnNames"> {
  get(params: null, options: { useBigInt: true }): (SqlValue | bigint)[];
}

/** What may stand before the first word. */
const before = String.raw`(?:\s|--[^\n]*(?:\n|$)|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)*`;
const looks = new RegExp(`^${before}(?:select|with|values|explain)\\b`, "i");

async function answer({ sql, database, csv }: Asked): Promise<Answered> {
  const sqlite = await initSqlite();
  const db = new sqlite.Database(database);
  db.exec(`PRAGMA trusted_schema = OFF; PRAGMA hard_heap_limit = ${heapBytes}`);
  // The file is looked at before any of it is asked for, so that a damaged one is told from a wrong statement.
  db.exec("SELECT count(*) FROM sqlite_schema");
  for (const file of csv) addTable(db, csvTable(file));
  db.exec("PRAGMA query_only = ON");
  return rowsOf(db, sql);
}

function addTable(db: Database, { name, columns, rows }: CsvTable): void {
  db.exec(`CREATE TABLE ${quoted(name)} (${columns.map((column) => `${quoted(column.name)} ${column.type}`).join(", ")}); BEGIN`);
  const insert = db.prepare(`INSERT INTO ${quoted(name)} VALUES (${columns.map(() => "?").join(", ")})`);
  for (const row of rows) insert.run(row as SqlValue[]);
  insert.free();
  db.exec("COMMIT");
}

function rowsOf(db: Database, sql: string): Answered {
  if (!looks.test(sql)) throw new Error("Only a statement that looks is run: SELECT, WITH, VALUES or EXPLAIN");
  let statements = 0;
  for (const _ of db.iterateStatements(sql)) statements += 1;
  if (statements > 1) throw new Error("There is more than one statement");
  const statement = db.prepare(sql) as unknown as ExactStatement;
  const rows: Cell[][] = [];
  let bytes = 0;
  let truncated = false;
  while (statement.step()) {
    const row = statement.get(null, { useBigInt: true }).map((value) => cellOf(value));
    bytes += row.reduce<number>((sum, cell) => sum + (typeof cell === "string" ? cell.length + 2 : 8), 2);
    truncated = rows.length >= mostRows || bytes > mostBytes;
    if (truncated) break;
    rows.push(row);
  }
  return { ok: true, columns: statement.getColumnNames(), rows, truncated };
}

function cellOf(value: SqlValue | bigint): Cell {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Uint8Array) return `(${value.length} bytes)`;
  if (typeof value === "string" && value.length > longestCell) return `${value.slice(0, longestCell)}…`;
  return value;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function saidOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof UnreadableFile ? message : `SQLite says: ${message}`;
}

answer(workerData as Asked).then(
  (answered) => parentPort?.postMessage(answered),
  (error: unknown) => parentPort?.postMessage({ ok: false, message: saidOf(error) }),
);
