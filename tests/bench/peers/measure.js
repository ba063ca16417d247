// What every peer is asked: `node PEER.js SHAPE DURABILITY COUNT` prints one line of JSON, the figures of
// core/bench/engine-work.ts. The shapes are the same: `row`, steps one after the other in one run; `many`, runs of five
// steps, 50 at once.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const stepsOfMany = 5;
const atOnce = 50;

/** `open` makes the engine in a folder: `row(count)` runs one run, `run(index)` runs one of five steps; both give the
 * number that the steps counted to. `settle` brings all of it to the disk. */
export async function measure(open) {
  const [shape, durability, size] = process.argv.slice(2);
  const count = Number(size);
  const folder = mkdtempSync(join(tmpdir(), "botmojo-peer-"));
  const peer = await open({ folder, durability, shape });
  try {
    for (let warm = 0; warm < 20; warm += 1) await checked(peer.run(`warm-${warm}`), stepsOfMany);
    peer.settle();
    const kept = sizeOf(folder);
    const written = process.resourceUsage().fsWrite;
    const cpu = process.cpuUsage();
    const from = performance.now();
    const waits = shape === "row" ? [await timed(() => checked(peer.row(count), count))] : await many(peer, count);
    const seconds = (performance.now() - from) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const wrote = process.resourceUsage().fsWrite;
    const rssMb = process.memoryUsage.rss() / 1e6;
    peer.settle();
    const steps = shape === "row" ? count : count * stepsOfMany;
    const figures = {
      perSecond: count / seconds,
      p99Ms: waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)],
      cpuUs: (user + system) / steps,
      bytesKept: (sizeOf(folder) - kept) / steps,
      bytesWritten: ((wrote - written) * 512) / steps,
      rssMb,
      version: peer.version,
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } finally {
    await peer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The version of an installed package, by its folder's own package.json. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}

async function many(peer, count) {
  const waits = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) waits.push(await timed(() => checked(peer.run(`run-${index}`), stepsOfMany)));
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

function sizeOf(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
