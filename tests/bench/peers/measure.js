// What every peer is asked: `node PEER.js SHAPE DURABILITY COUNT` prints one line of JSON, the figures of
// core/bench/engine-work.ts. The shapes are the same: `row`, steps one after the other in one run; `many`, runs of five
// steps, 50 at once.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopServers } from "./server.js";

const stepsOfMany = 5;
const atOnce = 50;
/** As in core/bench/engine-work.ts. */
const warmUp = 200;

/** `open` makes the engine in a folder: `row(count)` runs one run, `run(index)` runs one of five steps; both give the
 * number that the steps counted to. `settle` brings all of it to the disk, where `data`, or else the folder, holds it. */
export async function measure(open) {
  const [shape, durability, size] = process.argv.slice(2);
  const count = Number(size);
  const folder = mkdtempSync(join(tmpdir(), "botmojo-peer-"));
  let left;
  const leave = () => (left ??= stopServers().then(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })));
  // One that is broken off must leave no server behind either.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void leave().finally(() => process.exit(1)));
  let peer;
  try {
    peer = await open({ folder, durability, shape });
    const { data = folder } = peer;
    await many(peer, warmUp, "warm");
    await peer.settle();
    const kept = sizeOf(data);
    const before = usage();
    const from = performance.now();
    const waits = shape === "row" ? [await timed(() => checked(peer.row(count), count))] : await many(peer, count, "run");
    const seconds = (performance.now() - from) / 1000;
    const after = usage();
    await peer.settle();
    const steps = shape === "row" ? count : count * stepsOfMany;
    const figures = {
      perSecond: count / seconds,
      p99Ms: waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)],
      cpuUs: (after.cpuUs - before.cpuUs) / steps,
      bytesKept: (sizeOf(data) - kept) / steps,
      bytesWritten: (after.written - before.written) / steps,
      rssMb: after.memory / 1e6,
      version: peer.version,
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } finally {
    try {
      await peer?.close();
    } finally {
      await leave();
    }
  }
}

/** The version of an installed package, by its folder's own package.json. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}

async function many(peer, count, name) {
  const waits = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++)
      waits.push(await timed(() => checked(peer.run(`${name}-${index}`), stepsOfMany)));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return waits;
}

async function timed(work) {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

async function checked(counting, expected) {
  const reached = await counting;
  if (reached !== expected) throw new Error(`counted to ${reached}, not ${expected}`);
}

/** Of this process and of all it started: a peer's server is a part of the peer. */
function usage() {
  const { userCPUTime, systemCPUTime, fsWrite } = process.resourceUsage();
  const sum = { cpuUs: userCPUTime + systemCPUTime, written: fsWrite * 512, memory: process.memoryUsage.rss() };
  for (const pid of startedBy(process.pid)) {
    // One that ended since it was listed is in its parent's count.
    const of = unless(() => usageOf(pid));
    if (!of) continue;
    sum.cpuUs += of.cpuUs;
    sum.written += of.written;
    sum.memory += of.memory;
  }
  return sum;
}

function usageOf(pid) {
  // With the children that have ended (cutime, cstime), as write_bytes is; in hundredths of a second.
  const ticks = statOf(pid).slice(11, 15);
  const number = (file, pattern) => Number(pattern.exec(readFileSync(`/proc/${pid}/${file}`, "utf8"))[1]);
  return {
    cpuUs: ticks.reduce((sum, tick) => sum + Number(tick) * 10_000, 0),
    written: number("io", /^write_bytes: (\d+)/m),
    // Not the RSS: it would count what Postgres' processes share once for each of them.
    memory: number("smaps_rollup", /^Pss: +(\d+)/m) * 1024,
  };
}

/** The children of a process and theirs; none where there is no /proc. */
function startedBy(pid) {
  const processes = (unless(() => readdirSync("/proc")) ?? []).filter((name) => /^\d+$/.test(name));
  const parents = new Map(processes.map((one) => [Number(one), Number(unless(() => statOf(one))?.[1])]));
  const below = (parent) => [...parents].filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

/** The fields of /proc/PID/stat from the state on; the name before may hold blanks. */
function statOf(pid) {
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
}

function unless(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function sizeOf(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + (unless(() => statSync(join(parentPath, name)).size) ?? 0), 0);
}
