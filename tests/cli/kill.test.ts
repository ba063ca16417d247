// kill -9 at random moments of a real host: what it had shown is still there, and the run comes to its end.
// BOTMOJO_KILLS sets how many (npm run soak: 2,000); BOTMOJO_SEED repeats a suite.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/core.ts";
import { cli, startCli } from "../support/cli.ts";

const kills = Number(process.env["BOTMOJO_KILLS"] ?? 20);
const seed = Number(process.env["BOTMOJO_SEED"] ?? Date.now() % 1_000_000);

/** Mulberry32 (Tommy Ettinger, public domain): numbers from 0 to 1, the same for the same seed. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(`A1: ${kills} kills (seed ${seed}): no event that was shown is lost, the invariants hold, every run ends`, async () => {
  const folder = temporaryFolder();
  const data = ["--data-dir", join(folder, "data")];
  const steps = Array.from({ length: 400 }, (_, index) =>
    index % 10 === 9
      ? {
          id: `s${index}`,
          kind: "tool",
          tool: "notes.add",
          input: { text: `note ${index}`, words: `note ${index}` },
          needs: [`s${index - 1}`],
        }
      : {
          id: `s${index}`,
          kind: "tool",
          tool: "calculator",
          input: { expression: `${index}+1` },
          needs: index === 0 ? [] : [`s${index - 1}`],
        },
  );
  const plan = join(folder, "plan.json");
  writeFileSync(plan, JSON.stringify({ version: 1, goal: "kill me", steps }));
  const random = randomOf(seed);
  const seen = new Map<number, string>();
  let unfinished: string | undefined;
  let killed = 0;
  for (let count = 0; count < kills; count += 1) {
    const child = startCli([...data, "--json", ...(unfinished ? ["runs", "watch", unfinished] : ["run", "--plan", plan])]);
    let out = "";
    const dead = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const timer = { id: undefined as NodeJS.Timeout | undefined };
    child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      timer.id ??= setTimeout(() => child.kill("SIGKILL"), random() * 150);
    });
    await dead;
    clearTimeout(timer.id);
    killed += child.signalCode === "SIGKILL" ? 1 : 0;
    for (const line of out.split("\n").slice(0, -1)) {
      const said = JSON.parse(line) as { type: string; seq: number; run: string };
      if (said.type === "result") unfinished = undefined;
      else {
        seen.set(said.seq, line);
        unfinished = said.type === "run.completed" ? undefined : said.run;
      }
    }
  }
  expect(killed).toBeGreaterThan(0);
  if (unfinished) expect((await cli([...data, "runs", "watch", unfinished])).code).toBe(0);
  const checked = await cli([...data, "--json", "doctor", "--verify"]);
  expect(JSON.parse(checked.out)).toEqual((JSON.parse(checked.out) as object[]).map((check) => ({ ...check, ok: true })));
  const runs = JSON.parse((await cli([...data, "--json", "runs", "ls", "--limit", "1000"])).out) as { id: string; status: string }[];
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(["completed"]));
  const kept = new Map<number, string>();
  for (const { id } of runs) {
    for (const line of (await cli([...data, "--json", "runs", "events", id])).out.split("\n").filter(Boolean)) {
      kept.set((JSON.parse(line) as { seq: number }).seq, line);
    }
  }
  for (const [seq, line] of seen) expect(kept.get(seq)).toBe(line);
}, 7_200_000);
