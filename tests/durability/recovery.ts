// What must be true of a folder whose host has died, once the next host has opened it and gone on to the end.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { files } from "../../bin/files.ts";
import { isOver, type Event, type RunId } from "../../core/contract/index.ts";
import type { Core } from "../../core/index.ts";
import { openDatabase } from "../../core/store/database.ts";
import { contentHash, readContent } from "../../core/tools/file-content.ts";
import { exported, oldText, openHost, toEnd, writtenFiles, type Promised } from "./flows.ts";

const ours = new Set(["botmojo.db", "botmojo.db-wal", "botmojo.db-shm", "botmojo.db-journal", "host.lock", "host.lock-journal"]);

/** Opens the folder as the next host does, lets every run come to its end, and says all that is wrong; nothing when all
 * is well. `said` is what the dead host had shown. */
export async function recover(folder: string, said: readonly string[]): Promise<string[]> {
  const wrong: string[] = [];
  const core = openHost(folder);
  try {
    await core.resume();
    const shown = said.map((line) => JSON.parse(line) as Event | Promised | { is: "closed" });
    for (const [index, line] of said.entries()) {
      const what = shown[index];
      if (what && "seq" in what && line !== (await lineOf(core, what.seq))) wrong.push(`lost: ${line.slice(0, 120)}`);
    }
    const { runs } = await core.client.runs.list({ limit: 1000 });
    for (const { id } of runs) await toEnd(core.client, id);
    for (const { id, status } of (await core.client.runs.list({ limit: 1000 })).runs) {
      if (!isOver(status)) wrong.push(`${id} is ${status}`);
      if (status === "failed") wrong.push(`${id} has failed`);
    }
    for (const { id, undoneTo } of runs) if (undoneTo === null) wrong.push(...(await otherFiles(core, id)));
    for (const what of shown) if ("is" in what && what.is !== "closed") wrong.push(...(await brokenPromise(core, what, folder)));
    wrong.push(...(await halfExport(core, folder)));
    for (const { name, breach } of core.invariants()) if (breach) wrong.push(`${name}: ${breach}`);
  } finally {
    await core.close();
  }
  for (const name of readdirSync(join(folder, "data"))) if (!ours.has(name)) wrong.push(`${name} is left over`);
  for (const name of readdirSync(join(folder, "workspace"), { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".tmp")) wrong.push(`${name} is left over`);
  }
  return wrong;
}

async function lineOf(core: Core, seq: number): Promise<string | undefined> {
  const [event] = await core.client.events.list({ since: seq - 1, limit: 1 });
  return event && JSON.stringify(event);
}

/** An export is there whole or not at all, and the next one clears away what a killed one left beside it. */
async function halfExport(core: Core, folder: string): Promise<string[]> {
  const file = join(folder, exported);
  const [run] = (await core.client.runs.list({})).runs;
  const beside = () => readdirSync(dirname(file)).filter((name) => name.startsWith(`.${basename(file)}`));
  const left = beside();
  if (!run || (!existsSync(file) && left.length === 0)) return [];
  let whole = "";
  for await (const piece of await core.client.runs.export({ run: run.id })) whole += piece;
  const wrong = existsSync(file) && readFileSync(file, "utf8") !== whole ? [`${exported} is not the whole run`] : [];
  wrong.push(...left.filter((name) => !name.endsWith(".botmojo-part")).map((name) => `nobody knows ${name} for a part of an export`));
  await files.write(file, await core.client.runs.export({ run: run.id }));
  return [...wrong, ...beside().map((name) => `${name} stays after the next export`)];
}

/** Files that do not hold what the log says was written last. */
async function otherFiles(core: Core, run: RunId): Promise<string[]> {
  const events = await core.client.events.list({ run, limit: 5000 });
  const last = new Map(events.flatMap((event) => (event.type === "file.kept" ? [[event.data.path, event.data.after]] : [])));
  const wrong: string[] = [];
  for (const [path, after] of last) {
    if (contentHash(await readContent(path)) !== after) wrong.push(`${path} is not as the log says`);
  }
  return wrong;
}

async function brokenPromise(core: Core, what: Promised, folder: string): Promise<string[]> {
  const { runs } = await core.client.runs.list({ limit: 1000 });
  const run = runs.find(({ id }) => id === what.run);
  if (!run) return [`${what.run} was promised and is gone`];
  if (what.is === "started") return [];
  if (what.is === "exported") return existsSync(join(folder, exported)) ? [] : [`${exported} was promised and is gone`];
  if (run.undoneTo === null) return [`${what.run} was undone and is not any more`];
  return Object.keys(writtenFiles).flatMap((name) => {
    const path = join(folder, "workspace", name);
    const now = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    return now === (name === "old.txt" ? oldText : undefined) ? [] : [`${name} was not put back`];
  });
}

/** The version and the tables of a database as it lies there, looked at in a copy: even a look plays back a journal. */
export function shapeOf(folder: string): { version: number; tables: unknown[] } {
  const copy = mkdtempSync(join(tmpdir(), "botmojo-shape-"));
  cpSync(join(folder, "data"), copy, { recursive: true });
  const db = openDatabase({ file: join(copy, "botmojo.db") });
  try {
    return { version: db.userVersion(), tables: db.reader.all("SELECT type, name, sql FROM sqlite_schema ORDER BY name") };
  } finally {
    db.close();
    rmSync(copy, { recursive: true });
  }
}
