// Hosts that die before, during and after what they do in the world. BOTMOJO_EFFECT_KILLS sets how many (npm run soak:
// 10,000); BOTMOJO_SEED repeats a suite.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { randomOf, type Random } from "../support/random.ts";
import { makeTools, newStage, runVictim } from "./victim.ts";

const kills = Number(process.env["BOTMOJO_EFFECT_KILLS"] ?? 150);
const seed = Number(process.env["BOTMOJO_SEED"] ?? Date.now() % 1_000_000);
const tools = await makeTools("effects-driver");
/** Below the five at which a step is given up. A folder sees so many, then a host is let go to the end and all is counted. */
const killsOfFolder = 4;
const atOnce = 2;

interface Report {
  readonly ends: readonly { readonly id: string; readonly status: string }[];
  /** Calls whose outcome nobody knows and nobody was asked about. */
  readonly silent: readonly string[];
  readonly breaches: readonly string[];
  readonly unknown: number;
}

test(`A5: ${kills} kills around effects (seed ${seed}): none happens twice, none is repeated without a question, every run ends`, async () => {
  const counter = await openCounter();
  const sum = { killed: 0, tries: 0, runs: 0, questions: 0, charged: 0, again: 0 };
  const wrong: string[] = [];
  const worker = async (random: Random) => {
    while (sum.killed < kills) {
      const lives = await oneFolder(counter, random);
      wrong.push(...lives.wrong);
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += lives[key];
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, index) => worker(randomOf(seed + index))));
  counter.close();
  process.stdout.write(
    `${sum.killed} kills in ${sum.tries} lives, ${sum.runs} runs, ${sum.charged} charges (${sum.again} asked again under their key), ${sum.questions} questions, ${wrong.length} wrong\n`,
  );
  expect(wrong).toEqual([]);
  expect(sum.questions).toBeGreaterThan(kills / 20);
  expect(sum.again).toBeGreaterThan(0);
}, 21_600_000);

async function oneFolder(counter: Counter, random: Random) {
  const { folder, remove } = await newStage();
  const lived = { killed: 0, tries: 0, runs: 0, questions: 0, charged: 0, again: 0, wrong: [] as string[] };
  const live = async (env: NodeJS.ProcessEnv, kill: number) => {
    lived.tries += 1;
    // Each life starts two runs more, so that there is always something to do.
    const args = [folder, counter.url, String(lived.tries * 2)];
    const ran = await runVictim(tools, args, { folder, kill, env });
    lived.killed += ran.killed ? 1 : 0;
    if (!ran.killed && ran.code !== 0) lived.wrong.push(`a host ended with ${ran.code}: ${ran.err}`);
    if (ran.lines[0]) lived.wrong.push(...faultsOf(JSON.parse(ran.lines[0]) as Report));
    return ran;
  };
  for (let count = 0; count < killsOfFolder; count += 1) {
    // Half of them at a moment of a tool's work, half at a write to the disk or the file, wherever that is.
    await (random.often(0.5) ? live({ DIE_AT: String(1 + random.below(24)) }, 0) : live({}, 1 + random.below(120)));
  }
  const last = await live({}, 0);
  const { ends } = JSON.parse(last.lines[0] ?? '{"ends":[]}') as Report;
  lived.runs = ends.length;
  const lines = textOf(join(folder, "lines"));
  lived.questions = textOf(join(folder, "asked")).length;
  for (const line of new Set(lines)) {
    const times = lines.filter((other) => other === line).length;
    if (times > 1) lived.wrong.push(`${line} was appended ${times} times`);
  }
  for (const { id, status } of ends) {
    const keys = [...counter.keys].filter(([key]) => key.startsWith(`${id}/`));
    lived.charged += keys.length;
    lived.again += keys.filter(([, times]) => times > 1).length;
    if (status !== "completed") continue;
    if (keys.length !== 3) lived.wrong.push(`${id} charged under ${keys.length} keys for 3 steps`);
    const appended = lines.filter((line) => line.startsWith(`${id} `)).length;
    if (appended !== 3) lived.wrong.push(`${id} appended ${appended} lines for 3 steps`);
  }
  remove();
  return lived;
}

function faultsOf({ ends, silent, breaches }: Report): string[] {
  return [
    ...ends.flatMap(({ id, status }) => (status === "completed" ? [] : [`${id} is ${status}`])),
    ...silent.map((call) => `nobody was asked about ${call}`),
    ...breaches,
  ];
}

function textOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

interface Counter {
  readonly url: string;
  /** How often each key was asked; it counts once. */
  readonly keys: ReadonlyMap<string, number>;
  readonly close: () => void;
}

async function openCounter(): Promise<Counter> {
  const keys = new Map<string, number>();
  const server = createServer((request, response) => {
    const key = decodeURIComponent(request.url?.slice(1) ?? "");
    keys.set(key, (keys.get(key) ?? 0) + 1);
    response.end(JSON.stringify({ key }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys, close: () => void server.close() };
}
