// kill -9 at random moments of a real host: what it had shown is still there, and the run comes to its end.
// BOTMOJO_KILLS sets how many (npm run soak: 10,000); BOTMOJO_SEED repeats a suite.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Event, RunId } from "../../core/contract/index.ts";
import type { CoreClient } from "../../core/index.ts";
import { openTestCore, temporaryFolder } from "../support/core.ts";
import { randomOf } from "../support/random.ts";
import { cli, startCli } from "../support/cli.ts";

const kills = Number(process.env["BOTMOJO_KILLS"] ?? 500);
const seed = Number(process.env["BOTMOJO_SEED"] ?? Date.now() % 1_000_000);

test(`A1: ${kills} kills (seed ${seed}): no event that was shown is lost, the invariants hold, every run ends`, async () => {
  const folder = temporaryFolder();
  const dataDir = join(folder, "data");
  const data = ["--data-dir", dataDir];
  const steps = Array.from({ length: 2000 }, (_, index) =>
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
  const ready: number[] = [];
  let unfinished: string | undefined;
  let killed = 0;
  for (let count = 0; count < kills; count += 1) {
    const child = startCli([...data, "--json", ...(unfinished ? ["runs", "watch", unfinished] : ["run", "--plan", plan])]);
    let out = "";
    const from = performance.now();
    const dead = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const timer = { id: undefined as NodeJS.Timeout | undefined };
    child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      if (timer.id) return;
      ready.push(performance.now() - from);
      timer.id = setTimeout(() => child.kill("SIGKILL"), random.next() * 100);
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
  ready.sort((a, b) => a - b);
  const [p50 = 0, p99 = 0] = [0.5, 0.99].map((part) => ready[Math.floor(ready.length * part)]);
  process.stdout.write(
    `${killed} of ${kills} were killed in time; first event shown after p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms\n`,
  );
  expect(killed).toBeGreaterThan(kills / 2);
  if (unfinished) expect((await cli([...data, "runs", "watch", unfinished])).code).toBe(0);
  const checked = await cli([...data, "--json", "doctor", "--verify"]);
  expect(JSON.parse(checked.out)).toEqual((JSON.parse(checked.out) as object[]).map((check) => ({ ...check, ok: true })));
  const { client } = openTestCore({ dataDir });
  const { runs } = await client.runs.list({ limit: 1000 });
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(["completed"]));
  const kept = new Map<number, Event>();
  for (const { id } of runs) for (const event of await eventsOf(client, id)) kept.set(event.seq, event);
  for (const [seq, line] of seen) expect(kept.get(seq)).toEqual(JSON.parse(line));
}, 21_600_000);

async function eventsOf(client: CoreClient, run: RunId): Promise<Event[]> {
  const events: Event[] = [];
  for (;;) {
    const page = await client.events.list({ run, since: events.at(-1)?.seq ?? 0, limit: 1000 });
    if (page.length === 0) return events;
    events.push(...page);
  }
}
