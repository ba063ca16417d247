// The engine's two workloads, measured on real files: many steps in a row, and many short runs at once.
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { RunId, StepId } from "../contract/ids.ts";
import { Plan } from "../contract/plan.ts";
import { rulesModel } from "../models/rules/rules-model.ts";
import { createEngine, type Engine } from "../runs/engine.ts";
import { createMask } from "../security/mask.ts";
import { builtInRules } from "../security/permissions.ts";
import { readFold } from "../runs/tables/lineage.ts";
import { projections } from "../runs/tables/projections.ts";
import { openDatabase, type Database, type Durability } from "../store/database.ts";
import { openEventLog, type EventLog } from "../store/event-log.ts";
import { migrate } from "../store/migrations.ts";
import { systemChance } from "../system/chance.ts";
import { systemClock } from "../system/clock.ts";
import { createLog } from "../telemetry/log.ts";
import { createSignals } from "../telemetry/signals.ts";
import { defineTool } from "../tools/tool.ts";

export const shapes = ["floor", "row", "effects", "many"] as const;

/** `row`: one run of `count` pure steps, each needing the one before. `effects`: the same with an idempotent tool, so
 * that each step waits for the disk before it acts. `many`: `count` runs of five pure steps, 50 at once. `floor`:
 * `count` rows in SQLite, each in a commit of its own, without any engine. */
export interface Work {
  readonly shape: (typeof shapes)[number];
  readonly durability: Durability;
  readonly count: number;
}

export interface WorkFigure {
  /** Steps a second for `row`, runs a second for `many`. */
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Processor time of this process, microseconds a step. */
  readonly cpuUs: number;
  /** On disk after a checkpoint, a step. */
  readonly bytesKept: number;
  /** Written while it ran, a step; 0 where the system does not count it. */
  readonly bytesWritten: number;
  readonly rssMb: number;
}

const stepsOfMany = 5;
const atOnce = 50;
/** Runs of five steps before anything is measured, of every peer too: a compiler that warms up is nobody's merit. */
const warmUp = 200;

const adder = defineTool({
  name: "count",
  description: "Adds one.",
  effect: "pure",
  input: z.object({ n: z.number() }),
  run: ({ n }) => ({ n: n + 1 }),
});
const send = { ...adder, name: "send", effect: "idempotent" as const };

/** Runs one workload in a folder of its own, which is removed. Keeps every event; nothing is left out to be faster. */
export async function measureEngine(work: Work): Promise<WorkFigure> {
  if (work.shape === "floor") return measureFloor(work);
  const folder = mkdtempSync(join(tmpdir(), "botmojo-bench-"));
  const file = join(folder, "bench.db");
  const db = openDatabase({ file, durability: work.durability });
  migrate(db);
  const clock = systemClock;
  const chance = systemChance();
  const log = openEventLog({ db, clock, chance, projections });
  const engine = createEngine({
    log,
    policy: builtInRules(),
    mask: createMask({}),
    tools: new Map([adder, send].map((tool) => [tool.name, tool])),
    agents: new Map(),
    signals: createSignals(),
    telemetry: createLog({ now: Date.now }),
    clock,
    chance,
    simulator: rulesModel(),
    openModel: () => Promise.resolve(rulesModel()),
  });
  try {
    const runs: { run: RunId; plan: Plan }[] = [];
    const run = runner(engine, log, (id, plan) => runs.push({ run: id, plan }));
    await runMany(run, warmUp);
    const plan = chain(work.count, work.shape === "effects" ? send.name : adder.name);
    const figure = await measured(work, { folder, db }, async () => (work.shape === "many" ? runMany(run, work.count) : [await run(plan)]));
    for (const ran of runs) checkEnd(log, ran);
    return figure;
  } finally {
    await engine.close();
    log.close();
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureFloor(work: Work): Promise<WorkFigure> {
  const folder = mkdtempSync(join(tmpdir(), "botmojo-bench-"));
  const db = openDatabase({ file: join(folder, "bench.db"), durability: work.durability });
  try {
    db.exec("CREATE TABLE steps (seq INTEGER PRIMARY KEY, run TEXT, type TEXT, output TEXT)");
    return await measured(work, { folder, db }, () => {
      const row = "INSERT INTO steps (run, type, output) VALUES (?, ?, ?)";
      for (let step = 0; step < work.count; step += 1) db.transact((writer) => writer.run(row, "run", "step.completed", `{"n":${step}}`));
      return Promise.resolve([]);
    });
  } finally {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `task` took, a step; it returns how long each run did, in milliseconds. */
async function measured(
  work: Work,
  { folder, db }: { folder: string; db: Database },
  task: () => Promise<readonly number[]>,
): Promise<WorkFigure> {
  const steps = work.shape === "many" ? work.count * stepsOfMany : work.count;
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const kept = sizeOf(folder);
  const written = bytesWritten();
  const cpu = process.cpuUsage();
  const from = performance.now();
  const waits = await task();
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const wrote = bytesWritten();
  const rssMb = process.memoryUsage.rss() / 1e6;
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  return {
    perSecond: work.count / seconds,
    p99Ms: waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)] ?? 0,
    cpuUs: (user + system) / steps,
    bytesKept: (sizeOf(folder) - kept) / steps,
    bytesWritten: (wrote - written) / steps,
    rssMb,
  };
}

/** Runs a plan to its end and says how long it took, in milliseconds. */
function runner(engine: Engine, log: EventLog, onRun: (run: RunId, plan: Plan) => void): (plan: Plan) => Promise<number> {
  const ends = new Map<RunId, () => void>();
  const over = new Set<RunId>();
  log.onCommit((events) => {
    for (const { run, type } of events) {
      if (run === null || (type !== "run.completed" && type !== "run.failed")) continue;
      over.add(run);
      ends.get(run)?.();
    }
  });
  return async (plan) => {
    const from = performance.now();
    const run = await engine.start({ goal: "bench", door: "core", plan, workspace: "/", timeZone: "UTC", locale: "en-US" });
    if (!over.has(run)) await new Promise<void>((resolve) => ends.set(run, resolve));
    const took = performance.now() - from;
    ends.delete(run);
    over.delete(run);
    onRun(run, plan);
    return took;
  };
}

/** What was measured must be the real thing: every run is read back from the log and must have counted to its end. */
function checkEnd(log: EventLog, { run, plan }: { run: RunId; plan: Plan }): void {
  const { state } = readFold(log, run);
  const done = state?.steps.filter(({ status }) => status === "completed").length;
  if (state?.status !== "completed" || done !== plan.steps.length || state.answer !== JSON.stringify({ n: plan.steps.length }))
    throw new Error(`${run} ended as ${state?.status ?? "nothing"} with ${state?.answer ?? "no answer"}`);
}

async function runMany(run: (plan: Plan) => Promise<number>, count: number): Promise<number[]> {
  const plan = chain(stepsOfMany, adder.name);
  const waits: number[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) waits.push(await run(plan));
    }),
  );
  return waits;
}

function chain(length: number, tool: string): Plan {
  const steps = Array.from({ length }, (_, index) => ({
    id: `s${index + 1}` as StepId,
    kind: "tool",
    tool,
    input: { n: index === 0 ? 0 : { $from: `s${index}`, path: "/n" } },
    needs: index === 0 ? [] : [`s${index}`],
  }));
  return Plan.parse({ version: 1, goal: "Count.", steps });
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** What this process has had written since it began; 0 where the system does not count it. */
function bytesWritten(): number {
  return process.resourceUsage().fsWrite * 512;
}
