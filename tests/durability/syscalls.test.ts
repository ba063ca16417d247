// A host dies just before each call that changes a file of its folder, in five stories; whatever it had shown is there
// for the next host, which goes on to the end. BOTMOJO_POINTS sets how many points of a story are tried at most (npm run
// soak: all of them); BOTMOJO_SEED repeats a suite.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { randomOf } from "../support/random.ts";
import { flows, openHost } from "./flows.ts";
import { recover, shapeOf } from "./recovery.ts";
import { makeTools, newStage, readCalls, runVictim, type Stage } from "./victim.ts";

const most = Number(process.env["BOTMOJO_POINTS"] ?? 20);
const seed = Number(process.env["BOTMOJO_SEED"] ?? Date.now() % 1_000_000);
const atOnce = 3;
const tools = await makeTools("driver");

const stories = Object.entries(flows).filter(([name]) => name !== "power");
for (const [name, flow] of stories) {
  test(`A2: ${name}: killed before any write call, nothing shown is lost and nothing is half done (seed ${seed})`, async () => {
    const stages = await Promise.all(Array.from({ length: atOnce }, () => newStage(flow.prepare)));
    const [first] = stages;
    if (!first) throw new Error("no stage");
    const calls = await countCalls(name, first);
    const queue = chosen(calls);
    const tried = queue.length;
    const found: { point: number; wrong: readonly string[]; killed: boolean }[] = [];
    await Promise.all(
      stages.map(async (stage) => {
        for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
          found.push({ point, ...(await killAt(point, name, stage)) });
        }
        stage.remove();
      }),
    );
    const killed = found.filter((one) => one.killed).length;
    const wrong = found.flatMap((one) => one.wrong.map((what) => `call ${one.point}: ${what}`));
    process.stdout.write(`${name.padEnd(10)} ${calls} calls, ${tried} tried, ${killed} killed, ${wrong.length} wrong\n`);
    expect(wrong).toEqual([]);
    // The last few may not come, since what shares a commit is a matter of time.
    expect(killed).toBeGreaterThan(tried * 0.8);
  }, 21_600_000);
}

test("A2: the shim sees every write call that the kernel sees", async () => {
  for (const [name, flow] of stories) {
    const { folder, beside, remove } = await newStage(flow.prepare);
    const log = beside("calls");
    const trace = beside("trace");
    const under = ["strace", "-f", "-y", "-e", `trace=${kinds}`, "-e", "signal=none", "-o", trace];
    await runVictim(tools, [name, folder], { folder, log, under });
    const ofKernel = readFileSync(trace, "utf8")
      .split("\n")
      .flatMap((line) => callOf(line, folder) ?? []);
    expect(ofKernel.length).toBeGreaterThan(10);
    expect(countBy(readCalls(log).map((call) => call.name))).toEqual(countBy(ofKernel));
    remove();
  }
}, 600_000);

const kinds = "pwrite64,pwritev,pwritev2,write,writev,fsync,fdatasync,ftruncate,truncate,rename,renameat,renameat2,unlink,unlinkat";

/** The shim's word for a traced call, when it did something in the folder. */
function callOf(line: string, folder: string): string | undefined {
  const [, call = "", target = ""] = /^\d+\s+(\w+)\((?:\d+<|")([^>"]*)/.exec(line) ?? [];
  // Through a folder held open, which in these stories lies there too.
  const held = /^\/proc\/self\/fd\/\d+\//.test(target);
  if ((!target.startsWith(folder) && !held) || line.includes("= -1 ")) return undefined;
  if (call === "fsync" || call === "fdatasync")
    return /\/[^/.]+(?:\.lock)?$/.test(target) && !target.endsWith(".lock") ? "syncdir" : "fsync";
  return call.replace(/64$|at2?$/, "");
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** How many calls the story makes when nobody kills it. */
async function countCalls(name: string, { folder, beside, reset }: Stage): Promise<number> {
  const log = beside("calls");
  const ran = await runVictim(tools, [name, folder], { folder, log });
  expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: "" });
  reset();
  return readCalls(log).length;
}

/** Numbers of all the calls, or of as many as there is time for. */
function chosen(calls: number): number[] {
  const all = Array.from({ length: calls }, (_, index) => index + 1);
  const random = randomOf(seed);
  while (all.length > most) all.splice(random.below(all.length), 1);
  return all;
}

async function killAt(kill: number, name: string, { folder, reset }: Stage): Promise<{ killed: boolean; wrong: readonly string[] }> {
  reset();
  const old = name === "migrate" ? shapeOf(folder) : undefined;
  const { killed, code, lines, err } = await runVictim(tools, [name, folder], { folder, kill });
  if (!killed && code !== 0) return { killed, wrong: [`the host ended with ${code}: ${err}`] };
  try {
    const half = old ? await halfMigrated(folder, old) : [];
    return { killed, wrong: [...half, ...(await recover(folder, lines))] };
  } catch (error) {
    return { killed, wrong: [String(error)] };
  }
}

async function halfMigrated(folder: string, old: object): Promise<string[]> {
  const found = JSON.stringify(shapeOf(folder));
  if (found === JSON.stringify(old) || found === JSON.stringify(await newShape())) return [];
  return [`the database is of neither shape: ${found.slice(0, 200)}`];
}

/** Of a database that is made today. */
async function newShape(): Promise<ReturnType<typeof shapeOf>> {
  const { folder, remove } = await newStage();
  await openHost(folder).close();
  const shape = shapeOf(folder);
  remove();
  return shape;
}
