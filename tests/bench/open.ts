// A run of 100,000 events at any of its events: what a door needs to draw it, by reading and folding every event, by
// asking for the moment, and in the real window. Cold: a process of its own for each figure.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foldEvents, readMoment, type Event, type PlanRevision, type RunId, type RunMoment } from "../../core/contract/index.ts";
import { openCore } from "../../core/index.ts";
import { projections } from "../../core/runs/tables/projections.ts";
import { openDatabase } from "../../core/store/database.ts";
import { openEventLog } from "../../core/store/event-log.ts";
import { migrate } from "../../core/store/migrations.ts";
import { systemChance } from "../../core/system/chance.ts";
import { systemClock } from "../../core/system/clock.ts";
import { prepareDesktop } from "../../electron/setup/desktop.ts";
import { randomOf } from "../support/random.ts";
import { writeLongRun, type LongShape } from "../support/long-run.ts";
import { openInWindow } from "./open-window.ts";

const events = 100_000;
const rounds = 15;
const run = "run_0000000000000a" as RunId;
/** A short run, above it in the list. */
const beside = "run_0000000000000b" as RunId;
const around = 100;

export async function benchOpen(): Promise<void> {
  const [, , , shape, way, folder] = process.argv;
  if (folder) return measure(shape as LongShape, way ?? "", folder);
  if (!process.env["DISPLAY"]) {
    const again = spawnSync("xvfb-run", ["-a", process.execPath, process.argv[1] ?? "", "open"], { stdio: "inherit" });
    process.exitCode = again.status ?? 1;
    return;
  }
  const { env } = await prepareDesktop(["screen"]);
  Object.assign(process.env, env);
  process.stdout.write(`A run of ${events.toLocaleString("en")} events at a random one, ${rounds} times, milliseconds\n`);
  for (const each of ["loop", "wide"] as const) {
    const made = mkdtempSync(join(tmpdir(), "botmojo-open-"));
    await write(each, made);
    for (const how of ["every event", "the moment"]) {
      spawnSync(process.execPath, [process.argv[1] ?? "", "open", each, how, made], { stdio: "inherit" });
    }
    await openInWindow(made, each, events + 1);
    rmSync(made, { recursive: true });
  }
}

async function write(shape: LongShape, folder: string): Promise<void> {
  const db = openDatabase({ file: join(folder, "botmojo.db"), durability: "normal" });
  migrate(db);
  const log = openEventLog({ db, projections, clock: systemClock, chance: systemChance() });
  const from = performance.now();
  await writeLongRun(log, { run, shape, events });
  const seconds = (performance.now() - from) / 1000;
  await log.append([{ type: "run.completed", run, actor: "host", data: { answer: "done" } }]);
  await writeLongRun(log, { run: beside, shape: "loop", events: 20 });
  await log.append([{ type: "run.completed", run: beside, actor: "host", data: { answer: "done" } }]);
  const sizes = log.reader.get<{ log: number; marks: number }>(
    `SELECT (SELECT sum(length(data) + coalesce(length(texts), 0) + 100) FROM events) AS log,
       (SELECT sum(length(marks)) FROM step_marks) AS marks`,
  );
  process.stdout.write(
    `${shape}: ${(events / seconds).toFixed(0)} events a second written; marks are ${((100 * (sizes?.marks ?? 0)) / (sizes?.log ?? 1)).toFixed(1)} % of the log\n`,
  );
  log.close();
  db.close();
}

/** What crosses to a door is JSON, so it is made and read here too. */
async function measure(shape: LongShape, way: string, folder: string): Promise<void> {
  const core = openCore({ dataDir: folder, version: "bench", env: {}, workspace: folder });
  if (!core) throw new Error("the folder is held");
  const { client } = core;
  const random = randomOf(1);
  const times: number[] = [];
  const cpus: number[] = [];
  let bytes = 0;
  let known: readonly PlanRevision[] = [];
  const seen = Array.from({ length: 30 }, (_, index) => (shape === "loop" ? `turns/7/s${index}` : `s${index * 100}`));
  for (let round = 0; round < rounds; round += 1) {
    const seq = 1 + random.below(events);
    const cpu = process.cpuUsage();
    const from = performance.now();
    if (way === "the moment") {
      const moment = JSON.stringify(await client.runs.at({ run, seq, bodies: ["turns/7"], knows: known.length }));
      const steps = JSON.stringify(await client.runs.steps({ run, seq, steps: seen }));
      const near = JSON.stringify(await client.events.list({ run, place: Math.max(0, seq - around / 2), limit: around }));
      bytes = moment.length + steps.length + near.length;
      known = readMoment(JSON.parse(moment) as RunMoment, known).revisions;
      if (JSON.parse(steps) === JSON.parse(near)) throw new Error("they can't be the same");
    } else {
      const all: Event[] = [];
      for (let page = await client.events.list({ run, limit: 2000 }); page.length > 0;) {
        const text = JSON.stringify(page);
        all.push(...(JSON.parse(text) as Event[]));
        page = await client.events.list({ run, since: all.at(-1)?.seq ?? 0, limit: 2000 });
      }
      foldEvents(all.filter((event) => event.seq <= seq));
    }
    times.push(performance.now() - from);
    const { user, system } = process.cpuUsage(cpu);
    cpus.push((user + system) / 1000);
    if (way !== "the moment" && round === 2) break;
  }
  const first = times[0] ?? 0;
  const at = (values: number[], share: number) =>
    (values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0).toFixed(0).padStart(5);
  const size = bytes > 0 ? `  ${(bytes / 1e6).toFixed(1)} MB` : "";
  process.stdout.write(
    `  ${shape}, ${way.padEnd(12)} first ${first.toFixed(0).padStart(5)}  p50 ${at(times, 0.5)}  max ${at(times, 1)}  processor p50 ${at(cpus, 0.5)}${size}\n`,
  );
  await core.close();
}
