// SQL over real files: what comes out, what can't be reached or changed, and what ends a query that does not end.
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Plan } from "../../../core/contract/index.ts";
import { fit } from "../../../core/tools/call-facts.ts";
import { sqlTools } from "../../../core/tools/sql.ts";
import type { ToolContext } from "../../../core/tools/tool.ts";
import { openDatabase } from "../../../core/store/database.ts";
import { followToEnd, openTestCore, temporaryFolder } from "../../support/core.ts";

/** A file as another program makes it: not one of ours. */
function sqliteFile(path: string, sql: string, more: { open?: boolean } = {}): void {
  const db = openDatabase({ file: path });
  db.exec(`PRAGMA application_id = 7; ${sql}`);
  if (more.open) onTestFinished(() => db.close());
  else db.close();
}

async function ask(
  workspace: string,
  files: string[],
  sql: string,
  more: { dataDir?: string; timeoutSeconds?: number; signal?: AbortSignal } = {},
) {
  const { dataDir = temporaryFolder(), signal = new AbortController().signal, ...rest } = more;
  const tools = new Map(sqlTools({ dataDir }).map((tool) => [tool.name, tool]));
  const fitting = fit(tools, "sql.query", { files, sql, ...rest });
  if (!fitting.ok) throw new Error(fitting.failure.message);
  const from: string[] = [];
  const context = { workspace, signal, cameFrom: (sources: string[]) => void from.push(...sources) } as unknown as ToolContext;
  return { ...((await fitting.tool.run(fitting.input, context)) as { columns: string[]; rows: unknown[][]; truncated: boolean }), from };
}

const shop = {
  "sales.csv": 'id,item,price,code\n1,"bread, brown",2.50,007\n2,milk,1,008\n3,,,\n',
  "places.tsv": "item\tplace\nmilk\tfridge\n",
  "half.csv": "name;n\nü;12345678901234567\n",
};

test("SQ1: CSV files are tables with the types they show, joined with each other and with a SQLite file", async () => {
  const workspace = temporaryFolder(shop);
  sqliteFile(join(workspace, "stock.db"), "CREATE TABLE stock(item TEXT, count INTEGER); INSERT INTO stock VALUES ('milk', 4)");
  const sql =
    "SELECT s.item, s.price + 1, s.code, typeof(s.id), p.place, k.count FROM sales s JOIN places p USING (item) JOIN stock k USING (item)";
  expect(await ask(workspace, ["sales.csv", "places.tsv", "stock.db"], sql)).toEqual({
    columns: ["item", "s.price + 1", "code", "typeof(s.id)", "place", "count"],
    rows: [["milk", 2, "008", "integer", "fridge", 4]],
    truncated: false,
    from: ["the file sales.csv", "the file places.tsv", "the file stock.db"],
  });
  expect((await ask(workspace, ["sales.csv"], "-- all\nSELECT item, price FROM sales ORDER BY id")).rows).toEqual([
    ["bread, brown", 2.5],
    ["milk", 1],
    [null, null],
  ]);
  expect((await ask(workspace, ["half.csv"], "SELECT name, n, n + 1, x'00ff' FROM half;")).rows).toEqual([
    ["ü", "12345678901234567", "12345678901234568", "(2 bytes)"],
  ]);
});

test("SQ2: a query changes nothing: neither what it says nor that it was asked leaves a trace beside the file", async () => {
  const workspace = temporaryFolder(shop);
  const path = join(workspace, "a.db");
  sqliteFile(path, "CREATE TABLE a(b); INSERT INTO a VALUES (1)");
  const was = { bytes: readFileSync(path), mtime: statSync(path).mtimeMs };
  expect((await ask(workspace, ["a.db"], "SELECT b FROM a")).rows).toEqual([[1]]);
  for (const sql of [
    "DELETE FROM a",
    "UPDATE a SET b = 2",
    "CREATE TABLE c(d)",
    "WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x",
    "WITH x AS (SELECT 1) DELETE FROM a",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA query_only = OFF",
    "ATTACH '/etc/passwd' AS x",
    "ATTACH 'file:new.db?mode=rwc' AS x",
    "/* SELECT */ VACUUM INTO 'copy.db'",
    "SELECT 1; DELETE FROM a",
    "SELECT 1; PRAGMA query_only = OFF; DELETE FROM a",
    "SELECT load_extension('/tmp/x.so')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('made.txt', 'x')",
    "SELECT edit('x')",
    "BEGIN",
    "",
    "-- nothing",
  ]) {
    await expect(ask(workspace, ["a.db"], sql), sql).rejects.toThrow(/SQLite says: |sql.query: sql/);
  }
  expect({ bytes: readFileSync(path), mtime: statSync(path).mtimeMs }).toEqual(was);
  expect(readdirSync(workspace).toSorted()).toEqual(["a.db", ...Object.keys(shop)].toSorted());
  expect((await ask(workspace, ["a.db"], "SELECT count(*) FROM pragma_database_list")).rows).toEqual([[1]]);
});

test("SQ3: what never ends is ended, by its time and by a cancel, and the next query is answered", async () => {
  const workspace = temporaryFolder(shop);
  const endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
  await expect(ask(workspace, ["sales.csv"], endless, { timeoutSeconds: 1 })).rejects.toThrow("longer than 1 s");
  const stop = new AbortController();
  const asked = ask(workspace, ["sales.csv"], endless, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 300);
  await expect(asked).rejects.toThrow("enough");
  expect((await ask(workspace, ["sales.csv"], "SELECT count(*) FROM sales")).rows).toEqual([[3]]);
});

test("SQ4: what floods is cut: rows, bytes, one huge value, and memory", async () => {
  const workspace = temporaryFolder(shop);
  const many = (what: string) => `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT ${what} FROM c`;
  const rows = await ask(workspace, ["sales.csv"], many("x"));
  expect({ count: rows.rows.length, truncated: rows.truncated }).toEqual({ count: 1000, truncated: true });
  const wide = await ask(workspace, ["sales.csv"], many("hex(zeroblob(5000))"));
  expect(wide.truncated).toBe(true);
  expect(JSON.stringify(wide.rows).length).toBeLessThan(1.1 * 1024 * 1024);
  expect(String((await ask(workspace, ["sales.csv"], "SELECT hex(zeroblob(1000000))")).rows[0])).toHaveLength(64 * 1024 + 1);
  await expect(ask(workspace, ["sales.csv"], "SELECT length(zeroblob(600000000) || 'x')")).rejects.toThrow("SQLite says: out of memory");
});

test.each([
  ["torn.csv", 'a,b\n"x,1\n', "torn can't be read as CSV: Quote Not Closed"],
  ["ragged.csv", "a,b\n1\n", "ragged can't be read as CSV: Invalid Record Length"],
  ["empty.csv", "", "has no line that names its columns"],
  ["latin.csv", Buffer.from([0x61, 0x0a, 0xfc, 0x0a]), "no text in UTF-8"],
  ["notes.txt", "a,b\n", "neither a SQLite file nor .csv or .tsv"],
  ["torn.db", Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(5000, 7)]), "SQLite says: "],
  ["missing.csv", undefined, "There is no file or folder missing.csv"],
])("SQ5: %s is refused in words", async (name, content, says) => {
  const workspace = temporaryFolder();
  if (content !== undefined) writeFileSync(join(workspace, name), content);
  await expect(ask(workspace, [name], "SELECT 1")).rejects.toThrow(says);
});

test("SQ6: a wrong statement is told in SQLite's words, and a second SQLite file by its name", async () => {
  const workspace = temporaryFolder(shop);
  sqliteFile(join(workspace, "a.db"), "CREATE TABLE a(b)");
  sqliteFile(join(workspace, "b.db"), "CREATE TABLE a(b)");
  await expect(ask(workspace, ["sales.csv"], "SELECT * FORM sales")).rejects.toThrow('SQLite says: near "FORM": syntax error.');
  await expect(ask(workspace, ["sales.csv"], "SELECT * FROM sold")).rejects.toThrow("SQLite says: no such table: sold.");
  await expect(ask(workspace, ["a.db", "b.db"], "SELECT 1")).rejects.toThrow("b.db is a second SQLite file");
});

test("SQ7: a file that another program is in the middle of is not read as if it were whole", async () => {
  const workspace = temporaryFolder();
  sqliteFile(join(workspace, "a.db"), "CREATE TABLE a(b); INSERT INTO a VALUES (1)", { open: true });
  expect(statSync(join(workspace, "a.db-wal")).size).toBeGreaterThan(0);
  await expect(ask(workspace, ["a.db"], "SELECT * FROM a")).rejects.toThrow("is being written");
});

test("SQ8: BotMojo's own data is not asked, wherever it lies and however it is reached", async () => {
  const workspace = temporaryFolder();
  const dataDir = join(workspace, "data");
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "a.csv"), "a\n1\n");
  const ours = openDatabase({ file: join(workspace, "copy.db") });
  ours.exec("CREATE TABLE a(b)");
  ours.close();
  symlinkSync("data/a.csv", join(workspace, "link.csv"));
  for (const path of ["data/a.csv", "link.csv", "copy.db"]) {
    await expect(ask(workspace, [path], "SELECT 1", { dataDir }), path).rejects.toThrow("is BotMojo's own");
  }
});

test("SQ9: on the call path a file outside is denied, and what was read taints what comes after", async () => {
  const outside = temporaryFolder({ "b.csv": "a\n1\n" });
  const workspace = temporaryFolder(shop);
  symlinkSync(outside, join(workspace, "out"));
  const core = openTestCore({ workspace });
  const query = async (path: string) => {
    const steps = [{ id: "q", kind: "tool", tool: "sql.query", input: { files: [path], sql: "SELECT count(*) FROM sales" } }];
    const { run } = await core.client.runs.start({ goal: "q", door: "core", plan: Plan.parse({ version: 1, goal: "q", steps }) });
    const { summary, events } = await followToEnd(core.client, run);
    return { status: summary.status, code: summary.failure?.code, done: events.find(({ type }) => type === "effect.completed")?.data };
  };
  expect(await query("out/b.csv")).toMatchObject({ status: "failed", code: "denied" });
  expect(await query("sales.csv")).toMatchObject({
    status: "completed",
    done: { output: { rows: [[3]] }, from: ["the file sales.csv"] },
  });
});
