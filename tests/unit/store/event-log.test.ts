import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { array, assert, asyncProperty, string } from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { NewEvent, RunId, ThreadId } from "../../../core/contract/index.ts";
import { recentMessages } from "../../../core/memory/messages.ts";
import { checkInvariants } from "../../../core/runs/invariants.ts";
import { projections } from "../../../core/runs/tables/projections.ts";
import { listRuns } from "../../../core/runs/tables/run-index.ts";
import { openDatabase, tryLock } from "../../../core/store/database.ts";
import { systemChance } from "../../../core/system/chance.ts";
import { systemClock } from "../../../core/system/clock.ts";
import { openEventLog } from "../../../core/store/event-log.ts";
import { migrate, refuseNewer } from "../../../core/store/migrations.ts";
import { temporaryFolder } from "../../support/core.ts";

const run = "run_0000000000000a" as RunId;
const message = (text: string): NewEvent => ({
  type: "message.added",
  run,
  actor: "person:cli",
  data: { thread: "main" as ThreadId, role: "user", text },
});

function openLog(file = join(temporaryFolder(), "botmojo.db")) {
  const db = openDatabase({ file });
  migrate(db);
  const log = openEventLog({
    db,
    projections,
    clock: { ...systemClock, now: () => 1000 },
    chance: systemChance(),
  });
  onTestFinished(() => {
    log.close();
    db.close();
  });
  return { log, db, file };
}

test("L1: events are numbered from one without a gap, in the order they were asked for", async () => {
  const { log } = openLog();
  const groups = await Promise.all([log.append([message("a"), message("b")]), log.append([message("c")])]);
  expect(groups.flat().map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(log.read({ since: 1, limit: 10 }).map(({ data }) => data)).toEqual([
    { thread: "main", role: "user", text: "b" },
    { thread: "main", role: "user", text: "c" },
  ]);
});

test("L2: appends of one turn of the event loop share a commit", async () => {
  const { log } = openLog();
  const commits: number[] = [];
  log.onCommit((events) => commits.push(events.length));
  await Promise.all(Array.from({ length: 20 }, (_, index) => log.append([message(`m${index}`)])));
  expect(commits).toEqual([20]);
});

test("L3: a text that may be forgotten is not in the event's data, which holds a salted hash of it; a long one is a blob, kept once", async () => {
  const { log, db } = openLog();
  const long = "the same words ".repeat(100);
  await log.append([message("short words"), message("short words"), message(long), message(long)]);
  const rows = log.reader.all<{ data: string; texts: string }>("SELECT data, texts FROM events");
  expect(rows.every(({ data }) => !data.includes("words"))).toBe(true);
  expect(new Set(rows.map(({ data }) => data)).size).toBe(4);
  expect(rows.filter(({ texts }) => texts.includes("words"))).toHaveLength(2);
  const hash = createHash("sha256").update(JSON.stringify(long)).digest("hex");
  expect(log.reader.all("SELECT hash FROM blobs")).toEqual([{ hash }]);
  expect(log.read({ since: 2, limit: 1 })[0]?.data).toEqual({ thread: "main", role: "user", text: long });
  db.exec("UPDATE events SET texts = NULL WHERE seq = 1");
  expect(log.verify()).toBeUndefined();
});

test("L13: a text that grows shares what it had, is read back whole, and leaves what another run still has when its run is removed", async () => {
  const { log } = openLog();
  const other = "run_0000000000000b" as RunId;
  const turns = Array.from({ length: 30 }, (_, turn) =>
    Array.from({ length: turn + 20 }, (__, line) => `line ${line} ${"é".repeat(500)}\n`).join(""),
  );
  for (const text of turns) await log.append([message(text)]);
  await log.append([{ ...message(turns[9] ?? ""), run: other }]);
  const kept = () => log.reader.get<{ bytes: number }>("SELECT coalesce(sum(length(bytes)), 0) AS bytes FROM blobs")?.bytes ?? 0;
  const longest = Buffer.byteLength(turns.at(-1) ?? "");
  expect(kept()).toBeLessThan(longest + turns.length * 9000);
  expect(kept()).toBeGreaterThan(longest);
  expect(log.read({ since: 0, limit: 30 }).map(({ data }) => ("text" in data ? data.text : ""))).toEqual(turns);
  expect(log.verify()).toBeUndefined();
  await log.append([{ type: "run.removed", run, actor: "person:cli", data: { events: turns.length } }]);
  expect(kept()).toBeLessThan(Buffer.byteLength(turns[9] ?? "") + 100);
  expect(log.read({ since: 30, limit: 1 })[0]?.data).toMatchObject({ text: turns[9] });
});

test("L10: what is noted has its number at once and is on disk with the next append; of a commit that fails, nothing was", async () => {
  const { log, db } = openLog();
  const numbered: number[] = [];
  const lost: number[] = [];
  log.onAppend({
    numbered: (events) => numbered.push(...events.map(({ seq }) => seq)),
    lost: (events) => lost.push(...events.map(({ seq }) => seq)),
  });
  await log.note([message("a")]);
  expect(numbered).toEqual([1]);
  expect(log.lastSeq()).toBe(0);
  expect((await log.append([message("b")]))[0]?.seq).toBe(2);
  expect(log.lastSeq()).toBe(2);
  db.exec("CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'no'); END");
  await log.note([message("c")]);
  await expect(log.append([message("d")])).rejects.toThrow();
  expect(lost).toEqual([3, 4]);
  db.exec("DROP TRIGGER refuse");
  expect((await log.append([message("e")]))[0]?.seq).toBe(3);
  expect(log.verify()).toBeUndefined();
});

test("L11: a log of schema 1 is read, verified, rebuilt and written on", async () => {
  const file = join(temporaryFolder(), "botmojo.db");
  copyFileSync(new URL("../../fixtures/data/schema-1.db", import.meta.url), file);
  const { log } = openLog(file);
  expect(log.verify()).toBeUndefined();
  const { runs } = listRuns(log.reader, { limit: 10 });
  expect(runs.map(({ status, stepsDone }) => [status, stepsDone])).toEqual([
    ["completed", 2],
    ["completed", 5],
  ]);
  const count = log.rebuild();
  expect(listRuns(log.reader, { limit: 10 })).toEqual({ runs, total: 2 });
  expect(recentMessages(log.reader, { thread: "main", before: count + 1, maxChars: 9999 }).messages).toHaveLength(4);
  expect(checkInvariants(log).flatMap(({ breach }) => breach ?? [])).toEqual([]);
  expect((await log.append([message("next")]))[0]?.seq).toBe(count + 1);
  expect(log.verify()).toBeUndefined();
});

test("L4: rebuilt projections are what they were, byte for byte", async () => {
  const { log } = openLog();
  await assert(
    asyncProperty(array(string(), { maxLength: 8 }), async (texts) => {
      await log.append([message("first"), ...texts.map(message)]);
      const tables = () => ["messages", "runs", "items"].map((name) => log.reader.all(`SELECT * FROM ${name} ORDER BY 1`));
      const before = JSON.stringify(tables());
      log.rebuild();
      expect(JSON.stringify(tables())).toBe(before);
    }),
    { numRuns: 30 },
  );
});

test("L5: the chain names the first event that was changed, left out or put in", async () => {
  for (const tamper of [
    "UPDATE events SET actor = 'agent:evil' WHERE seq = 3",
    "UPDATE events SET at = at + 1 WHERE seq = 3",
    "DELETE FROM events WHERE seq = 3",
    "UPDATE events SET data = replace(data, 'user', 'assistant') WHERE seq = 3",
  ]) {
    const { log, db } = openLog();
    for (let index = 0; index < 5; index += 1) await log.append([message(`m${index}`)]);
    expect(log.verify()).toBeUndefined();
    db.exec(tamper);
    expect(log.verify()?.seq).toBe(tamper.startsWith("DELETE") ? 4 : 3);
  }
});

test("L6: a blob whose bytes are not those of its name is named, not returned", async () => {
  const { log, db } = openLog();
  await log.append([message("kept ".repeat(300))]);
  db.exec("UPDATE blobs SET bytes = CAST('\"other\"' AS BLOB)");
  expect(() => log.read({ since: 0, limit: 1 })).toThrow(/not what was written/);
});

test("L12: texts beside an event that are not those it vouches for are named, when read and when verified", async () => {
  const { log, db } = openLog();
  await log.append([message("kept")]);
  db.exec("UPDATE events SET texts = replace(texts, 'kept', 'else')");
  expect(() => log.read({ since: 0, limit: 1 })).toThrow(/event 1 are not what was written/);
  expect(log.verify()?.seq).toBe(1);
});

test("L7: an append that can't be written rejects, and the log goes on after it", async () => {
  const { log, db } = openLog();
  db.exec("CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'no'); END");
  await expect(log.append([message("lost")])).rejects.toThrow();
  db.exec("DROP TRIGGER refuse");
  expect((await log.append([message("kept")]))[0]?.seq).toBe(1);
});

test("L8: data that is not of its type's shape is refused before it is written", async () => {
  const { log } = openLog();
  const wrong = { ...message("x"), data: { thread: "main", role: "nobody", text: "x" } } as unknown as NewEvent;
  await expect(log.append([wrong])).rejects.toThrow(/shape/);
  expect(log.lastSeq()).toBe(0);
});

test("S1: a newer program's database is refused in words, and not one byte of it changes", () => {
  const { db, file } = openLog();
  db.setUserVersion(99);
  db.close();
  const before = readFileSync(file);
  expect(() => refuseNewer(file)).toThrow(/newer BotMojo/);
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test("S2: a file that is no BotMojo database is refused and left as it is", () => {
  const file = join(temporaryFolder(), "botmojo.db");
  writeFileSync(file, "not a database at all, but long enough to be one ".repeat(10));
  const before = readFileSync(file);
  expect(() => openDatabase({ file })).toThrow(/not a BotMojo database/);
  expect(readFileSync(file).equals(before)).toBe(true);
});

test("S3: one holder of the lock at a time, and the next once it is released", () => {
  const file = join(temporaryFolder(), "host.lock");
  const release = tryLock(file);
  expect(release).toBeDefined();
  expect(tryLock(file)).toBeUndefined();
  release?.();
  const again = tryLock(file);
  expect(again).toBeDefined();
  again?.();
});

test("S4: what was appended is there for the next opening", async () => {
  const first = openLog();
  await first.log.append([message("kept")]);
  first.db.close();
  const copy = join(temporaryFolder(), "botmojo.db");
  copyFileSync(first.file, copy);
  const second = openLog(copy);
  expect(second.log.lastSeq()).toBe(1);
  expect((await second.log.append([message("next")]))[0]?.seq).toBe(2);
  expect(second.log.verify()).toBeUndefined();
});

test("L9: an event rewritten with a hash of its own making is betrayed by the one after it", async () => {
  const { log, db } = openLog();
  for (let index = 0; index < 5; index += 1) await log.append([message(`m${index}`)]);
  const [before, row] = log.reader.all<Record<string, never>>("SELECT * FROM events WHERE seq IN (2, 3)");
  const words = JSON.stringify([3, row?.["run"], row?.["step"], row?.["type"], row?.["at"], "agent:evil", row?.["cause"], row?.["data"]]);
  const hash = createHash("sha256")
    .update(before?.["hash"] ?? "")
    .update(words)
    .digest("hex");
  db.exec(`UPDATE events SET actor = 'agent:evil', hash = x'${hash}' WHERE seq = 3`);
  expect(log.verify()?.seq).toBe(4);
});
