// The tool that asks SQL questions of files. It works on a copy of what they hold, so that they can't be changed.
import { lstat } from "node:fs/promises";
import { basename, extname, isAbsolute, relative } from "node:path";
import { z } from "zod";
import { fail } from "../contract/failure.ts";
import { openFile } from "../security/held-files.ts";
import { realPathOf, resolveInWorkspace } from "../security/workspace.ts";
import { isOurDatabase } from "../store/database.ts";
import type { CsvFile } from "./sql/csv-table.ts";
import { runQuery } from "./sql/query.ts";
import { asFailure } from "./files.ts";
import { defineTool, type Tool } from "./tool.ts";

const mostDatabaseBytes = 256 * 1024 * 1024;
const mostCsvBytes = 64 * 1024 * 1024;
const sqliteHead = "SQLite format 3\0";
/** Where SQLite's header says by which journal a file is written and read, and the number that means a WAL. */
const journalBytes = [18, 19];
const wal = 2;

/** `dataDir`: BotMojo's own, which no query is to see. */
export function sqlTools({ dataDir }: { dataDir: string }): readonly Tool[] {
  const query = defineTool({
    name: "sql.query",
    description:
      "Asks one SQL question (SQLite's dialect) of a SQLite file, of CSV files, or of both together; it changes nothing. A CSV file is a table named by its file (sales.csv is sales), its first line names the columns. Returns 1,000 rows at most.",
    effect: "reads",
    input: z.strictObject({
      files: z.array(z.string().min(1).max(4096)).min(1).max(20).describe("Relative to the workspace, or absolute inside it"),
      sql: z.string().min(1).max(20_000).describe("One statement: SELECT, WITH, VALUES or EXPLAIN"),
      timeoutSeconds: z.number().min(1).max(60).default(10),
    }),
    touches: ({ files }) => files,
    async run({ files, sql, timeoutSeconds }, { workspace, cameFrom, signal }) {
      cameFrom(files.map((path) => `the file ${path}`));
      const own = realPathOf(dataDir);
      let database: Uint8Array | undefined;
      const csv: CsvFile[] = [];
      for (const path of files) {
        const target = resolveInWorkspace(workspace, path).path;
        if (liesIn(own, target)) throw fail("denied", `${path} is BotMojo's own.`);
        const bytes = await readWhole(target, path);
        if (bytes.subarray(0, sqliteHead.length).toString("latin1") === sqliteHead) {
          if (database) throw fail("input.invalid", `${path} is a second SQLite file; a query takes one.`);
          database = await databaseOf(bytes, target, path);
        } else csv.push(csvOf(bytes, path));
      }
      signal.throwIfAborted();
      const { columns, rows, truncated } = await runQuery({ sql, database, csv }, { signal, timeoutMs: timeoutSeconds * 1000 });
      return { columns, rows, truncated };
    },
  });
  return [query];
}

async function readWhole(target: string, path: string): Promise<Buffer> {
  const file = await openFile(target).catch((error: unknown) => Promise.reject(asFailure(error, path)));
  try {
    const before = await file.stat();
    if (before.size > mostDatabaseBytes) throw fail("input.invalid", `${path} is larger than 256 MiB.`);
    const bytes = await file.readFile();
    const after = await file.stat();
    if (before.mtimeMs !== after.mtimeMs || before.size !== bytes.length) throw busy(path);
    return bytes;
  } finally {
    await file.close();
  }
}

async function databaseOf(bytes: Buffer, target: string, path: string): Promise<Uint8Array> {
  if (isOurDatabase(bytes)) throw fail("denied", `${path} is BotMojo's own.`);
  for (const journal of ["-wal", "-journal"]) {
    const beside = await lstat(target + journal).catch(() => undefined);
    // What stands there belongs to the file, and without it the file is old or torn.
    if (beside && beside.size > 0) throw busy(path);
  }
  // Without a file system there is no log beside the file to be looked for.
  for (const at of journalBytes) if (bytes[at] === wal) bytes[at] = 1;
  return bytes;
}

function csvOf(bytes: Buffer, path: string): CsvFile {
  const kind = extname(path).toLowerCase();
  if (kind !== ".csv" && kind !== ".tsv") throw fail("input.invalid", `${path} is neither a SQLite file nor .csv or .tsv.`);
  if (bytes.length > mostCsvBytes) throw fail("input.invalid", `${path} is larger than 64 MiB.`);
  const text = bytes.toString("utf8");
  if (bytes.includes(0) || !Buffer.from(text).equals(bytes)) throw fail("input.invalid", `${path} is no text in UTF-8.`);
  return { name: basename(path).slice(0, -kind.length), text, tabs: kind === ".tsv" };
}

function liesIn(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}

function busy(path: string) {
  return fail("conflict", `${path} is being written, or was left in the middle of it.`, "Close the program that uses it, then try again.");
}
