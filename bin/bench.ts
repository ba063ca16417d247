// `botmojo bench`: what this program does on this machine, beside the bare disk and beside peers where they are installed.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Command } from "commander";
import { engineShapes, exitCodes, measureEngine, table, type Act, type EngineWork, type Terminal, type WorkFigure } from "../core/index.ts";
import { fail } from "../core/contract/index.ts";

const run = promisify(execFile);
const inRow = 2000;
const atOnce = 1000;
const known = ["langgraph", "mastra", "dbos", "restate"];
type Durability = EngineWork["durability"];

interface EngineFigures {
  readonly version: string;
  readonly durability: Durability;
  readonly stepsPerSecond: number;
  readonly runsPerSecond: number;
  readonly runP99Ms: number;
  readonly cpuUsPerStep: number;
  readonly bytesPerStep: number;
  readonly bytesWrittenPerStep: number;
  readonly rssMb: number;
}

export function benchCommand(program: Command, act: Act): void {
  const bench = program.command("bench").summary("measure this program on this machine");
  const engine = bench.command("engine").summary("steps and runs a second, beside the bare disk and installed peers");
  engine.option("--peers <folder>", "where the peers are installed", join("tests", "bench", "peers"));
  engine.action(
    act(async ({ terminal, signal }, json) => {
      const peers = resolve(engine.opts<{ peers: string }>().peers);
      const report = await benchEngine(peers, signal, (says) => terminal.err(`${says}\n`));
      if (json) terminal.out(`${JSON.stringify(report)}\n`);
      else print(terminal, report);
    }),
  );
  bench
    .command("engine-part", { hidden: true })
    .argument("<shape>")
    .argument("<durability>")
    .argument("<count>")
    .action((...[shape, durability, count]: string[]) =>
      act(async ({ terminal }) => {
        terminal.out(`${JSON.stringify(await measureEngine(readWork(shape, durability, count)))}\n`);
        return exitCodes.done;
      })(),
    );
}

function readWork(shape = "", durability = "", count = ""): EngineWork {
  const found = engineShapes.find((one) => one === shape);
  if (!found || (durability !== "full" && durability !== "normal") || !(Number(count) > 0))
    throw fail("input.invalid", `${shape} ${durability} ${count} is no part of the benchmark.`);
  return { shape: found, durability, count: Number(count) };
}

function print(terminal: Terminal, report: Report): void {
  const rows = [["botmojo full", report.full], ["botmojo normal", report.normal], ...Object.entries(report.peers)] as const;
  const head = ["ENGINE", "STEPS/S", "RUNS/S", "RUN P99", "CPU/STEP", "KEPT/STEP", "WRITTEN/STEP", "MEMORY"];
  const lines = rows.map(([name, of]) => [
    of.version ? `${name} (${of.version})` : name,
    of.stepsPerSecond.toFixed(0),
    of.runsPerSecond.toFixed(0),
    `${of.runP99Ms.toFixed(1)} ms`,
    `${of.cpuUsPerStep.toFixed(0)} µs`,
    `${of.bytesPerStep.toFixed(0)} B`,
    `${of.bytesWrittenPerStep.toFixed(0)} B`,
    `${of.rssMb.toFixed(0)} MB`,
  ]);
  terminal.out(table(terminal, head, lines));
  const floor = `${report.floorStepsPerSecond.toFixed(0)} full, ${report.floorNormalStepsPerSecond.toFixed(0)} normal`;
  terminal.out(`\nSQLite alone, a commit a row: ${floor} a second; botmojo ${report.ratioToFloor.toFixed(2)}× of it at full.\n`);
  terminal.out(`With an effect in each step, on disk before it acts: ${report.effectStepsPerSecond.toFixed(0)} steps a second.\n`);
  terminal.out(`A step of a run of 20,000 costs ${report.longRunCost.toFixed(2)}× of one of 200.\n`);
  if (report.ratioToBestPeer !== null) terminal.out(`${report.ratioToBestPeer.toFixed(1)}× the best peer's steps at full.\n`);
  if (report.missing.length > 0) terminal.out(`Not measured here: ${report.missing.join(", ")}.\n`);
}

type Report = Awaited<ReturnType<typeof benchEngine>>;

/** Each figure is taken in a process of its own, one after the other, so that none is in another's way. */
async function benchEngine(folder: string, signal: AbortSignal, progress: (says: string) => void) {
  const [program = ""] = process.argv.slice(1);
  const part = async (command: readonly string[], shape: string, durability: Durability, count: number): Promise<WorkFigure> => {
    progress(`${command.length > 1 ? "botmojo" : basename(command[0] ?? "")}: ${count} × ${shape}, ${durability}`);
    const { stdout } = await run(process.execPath, [...command, shape, durability, String(count)], { signal });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as WorkFigure;
  };
  const ours = (shape: EngineWork["shape"], durability: Durability, count: number) =>
    part([program, "bench", "engine-part"], shape, durability, count);
  const floor = { full: await ours("floor", "full", inRow), normal: await ours("floor", "normal", inRow * 10) };
  const effects = await ours("effects", "full", inRow);
  const short = await ours("row", "full", inRow / 10);
  const long = await ours("row", "full", inRow * 10);
  const own = (shape: "row" | "many", durability: Durability, count: number) => ours(shape, durability, count);
  const full = await figures(own, "full");
  const normal = await figures(own, "normal");
  const installed = known.filter((name) => existsSync(join(folder, `${name}.js`)) && existsSync(join(folder, "node_modules")));
  const peers: Record<string, EngineFigures> = {};
  const missing = known.filter((name) => !installed.includes(name));
  for (const name of installed) {
    const peer = (shape: "row" | "many", how: Durability, count: number) => part([join(folder, `${name}.js`)], shape, how, count);
    try {
      const measured = { [`${name} full`]: await figures(peer, "full"), [`${name} normal`]: await figures(peer, "normal") };
      Object.assign(peers, measured);
    } catch (error) {
      signal.throwIfAborted();
      // One that lacks its database says so in its error; the others can be measured all the same.
      progress(`${name} is left out: ${/^\w*Error: .*$/m.exec(String((error as { stderr?: string }).stderr))?.[0] ?? String(error)}`);
      missing.push(name);
    }
  }
  const best = Math.max(...Object.values(peers).flatMap((peer) => (peer.durability === "full" ? [peer.stepsPerSecond] : [])));
  return {
    stepsPerSecond: full.stepsPerSecond,
    floorStepsPerSecond: floor.full.perSecond,
    ratioToFloor: full.stepsPerSecond / floor.full.perSecond,
    runsPerSecond: full.runsPerSecond,
    bytesPerStep: full.bytesPerStep,
    /** Each step an effect that waits for the disk before it acts. */
    effectStepsPerSecond: effects.perSecond,
    /** Processor time a step in a run of 20,000 against one of 200. */
    longRunCost: long.cpuUs / short.cpuUs,
    full,
    normal,
    floorNormalStepsPerSecond: floor.normal.perSecond,
    peers,
    ratioToBestPeer: Number.isFinite(best) ? full.stepsPerSecond / best : null,
    missing,
    machine: { cpu: cpus()[0]?.model ?? "", cores: cpus().length, memoryMb: Math.round(totalmem() / 1e6), node: process.version },
  };
}

async function figures(
  part: (shape: "row" | "many", durability: Durability, count: number) => Promise<WorkFigure & { version?: string }>,
  durability: Durability,
): Promise<EngineFigures> {
  const row = await part("row", durability, inRow);
  const many = await part("many", durability, atOnce);
  return {
    version: row.version ?? "",
    durability,
    stepsPerSecond: row.perSecond,
    runsPerSecond: many.perSecond,
    runP99Ms: many.p99Ms,
    cpuUsPerStep: row.cpuUs,
    bytesPerStep: row.bytesKept,
    bytesWrittenPerStep: row.bytesWritten,
    rssMb: many.rssMb,
  };
}
