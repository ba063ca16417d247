// The calls of a host at work are recorded once; then the power is cut in many places, and each disk that may be left is
// opened. BOTMOJO_CUTS sets how many (npm run soak: 5,000); BOTMOJO_SEED repeats a suite.
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { randomOf } from "../support/random.ts";
import { flows } from "./flows.ts";
import { Disk } from "./power.ts";
import { recover } from "./recovery.ts";
import { makeTools, newStage, readCalls, runVictim, type Call, type Stage } from "./victim.ts";

const cuts = Number(process.env["BOTMOJO_CUTS"] ?? 300);
const seed = Number(process.env["BOTMOJO_SEED"] ?? Date.now() % 1_000_000);
const tools = await makeTools("driver");

test(`A2: ${cuts} power cuts (seed ${seed}): what was shown is there, whatever of the rest reached the disk`, async () => {
  // Most of them in a short story, since whatever is left of a long one takes half a second to open and check.
  const long = Math.ceil(cuts / 6);
  const wrong = [
    ...(await cutMany(await record("append"), { cuts: cuts - 2 * long, lies: false })),
    ...(await cutMany(await record("export"), { cuts: long, lies: false })),
    ...(await cutMany(await record("power"), { cuts: long, lies: false })),
  ];
  process.stdout.write(`power cuts: ${cuts}, ${long} of them around a checkpoint; ${wrong.length} wrong\n`);
  expect(wrong).toEqual([]);
}, 21_600_000);

test("A2: on a disk that lies about fsync something is lost, and this suite sees it", async () => {
  expect(await cutMany(await record("append"), { cuts: 20, lies: true })).not.toEqual([]);
}, 120_000);

interface Recorded {
  readonly calls: readonly Call[];
  readonly stage: Stage;
}

/** The host says what it shows into a file of the same folder, so that saying and writing are one order. */
async function record(flow: string): Promise<Recorded> {
  const stage = await newStage(flows[flow]?.prepare);
  const { folder, beside } = stage;
  const log = beside("calls");
  const ran = await runVictim(tools, [flow, folder], { folder, log, env: { DRIVER_SAYS: join(folder, "said") } });
  expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: "" });
  return { calls: readCalls(log), stage };
}

/** All that is wrong after each cut, with its place. */
async function cutMany({ calls, stage }: Recorded, { cuts, lies }: { cuts: number; lies: boolean }): Promise<string[]> {
  const { folder, beside, remove } = stage;
  const before = filesOf(beside("as it was"), folder);
  const wrong: string[] = [];
  const random = randomOf(seed);
  const places = Array.from({ length: cuts }, () => random.below(calls.length + 1)).toSorted((a, b) => a - b);
  const disk = new Disk({ lies, files: before });
  let said = "";
  let done = 0;
  for (const place of places) {
    for (const call of calls.slice(done, place)) {
      if (call.path === join(folder, "said")) said += call.bytes.toString();
      else disk.apply(call);
    }
    done = place;
    rmSync(folder, { recursive: true });
    for (const name of ["data", "workspace"]) mkdirSync(join(folder, name), { recursive: true });
    disk.lay(random);
    wrong.push(...(await tryToRecover(folder, said.split("\n").slice(0, -1))).map((what) => `after call ${place}: ${what}`));
  }
  remove();
  return wrong;
}

/** What lies below a folder, under the paths that it has in another. */
function filesOf(folder: string, as: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map(({ parentPath, name }) => [join(as, relative(folder, parentPath), name), readFileSync(join(parentPath, name))]),
  );
}

async function tryToRecover(folder: string, said: readonly string[]): Promise<string[]> {
  try {
    return await recover(folder, said);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
