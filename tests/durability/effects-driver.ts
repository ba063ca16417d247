// The process that is killed around its effects: an engine with two tools that act in the world. `charge` asks a counter
// over HTTP, which honours the call's key (idempotent); `append` adds a line to a file, which honours nothing
// (at-most-once). It can end itself by SIGKILL at the n-th moment of its tools' work: DIE_AT=n.
import { appendFileSync, closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isOver, Plan, type RunId } from "../../core/contract/index.ts";
import { rulesModel } from "../../core/models/rules/rules-model.ts";
import { createEngine } from "../../core/runs/engine.ts";
import { createMask } from "../../core/security/mask.ts";
import { builtInRules } from "../../core/security/permissions.ts";
import { checkInvariants } from "../../core/runs/invariants.ts";
import { openReviews } from "../../core/runs/tables/lineage.ts";
import { projections } from "../../core/runs/tables/projections.ts";
import { listRuns } from "../../core/runs/tables/run-index.ts";
import { openDatabase } from "../../core/store/database.ts";
import { openEventLog } from "../../core/store/event-log.ts";
import { migrate } from "../../core/store/migrations.ts";
import { systemChance } from "../../core/system/chance.ts";
import { systemClock } from "../../core/system/clock.ts";
import { createLog } from "../../core/telemetry/log.ts";
import { createSignals } from "../../core/telemetry/signals.ts";
import { defineTool } from "../../core/tools/tool.ts";

const [folder = "", counter = "", wanted = "0"] = process.argv.slice(2);
const lines = join(folder, "lines");
const dieAt = Number(process.env["DIE_AT"] ?? 0);
let moments = 0;

/** A place in a tool's work where the host may die. */
function moment(): void {
  if (++moments === dieAt) process.kill(process.pid, "SIGKILL");
}

const charge = defineTool({
  name: "charge",
  description: "Counts once for each key.",
  effect: "idempotent",
  input: z.object({ step: z.string() }),
  async run(_, { key, signal }) {
    moment();
    const asked = fetch(`${counter}/${encodeURIComponent(key)}`, { method: "POST", signal });
    moment();
    const answer = await asked;
    moment();
    return (await answer.json()) as unknown;
  },
});

const append = defineTool({
  name: "append",
  description: "Adds a line, again each time.",
  effect: "at-most-once",
  input: z.object({ step: z.string() }),
  async run({ step }, { key }) {
    moment();
    const file = openSync(lines, "a");
    moment();
    writeSync(file, `${key.split("/")[0]} ${step}\n`);
    moment();
    closeSync(file);
    await new Promise((resolve) => setImmediate(resolve));
    moment();
    return { step };
  },
});

const db = openDatabase({ file: join(folder, "botmojo.db") });
migrate(db);
const log = openEventLog({ db, projections, clock: systemClock, chance: systemChance() });
const engine = createEngine({
  log,
  policy: builtInRules(),
  mask: createMask({}),
  tools: new Map([charge, append].map((tool) => [tool.name, tool])),
  agents: new Map(),
  signals: createSignals(),
  telemetry: createLog({ now: Date.now }),
  clock: systemClock,
  chance: systemChance(),
  simulator: rulesModel(),
  openModel: () => Promise.resolve(rulesModel()),
});

/** Calls of `append` whose outcome the log does not hold when this host opens it: each must become a question. */
const unknown = log.reader
  .all<{ run: RunId; step: string }>(
    `SELECT run, step FROM events AS asked WHERE type = 'effect.requested' AND json_extract(data, '$.name') = 'append'
       AND NOT EXISTS (SELECT 1 FROM events AS answer WHERE answer.run = asked.run AND answer.seq > asked.seq AND answer.step = asked.step
         AND answer.type IN ('effect.completed', 'effect.failed', 'effect.requested'))`,
  )
  .map(({ run, step }) => `${run} ${step}`);

await engine.resumeAll("The host had died.");
const { runs: before } = listRuns(log.reader, { limit: 1000 });
for (let count = before.length; count < Number(wanted); count += 1) {
  const steps = Array.from({ length: 6 }, (_, index) => ({
    id: `s${index}`,
    kind: "tool",
    tool: index % 2 === 0 ? "charge" : "append",
    input: { step: `s${index}` },
    needs: index < 2 ? [] : [`s${index - 2}`],
  }));
  const plan = Plan.parse({ version: 1, goal: "act", steps });
  await engine.start({ goal: "act", door: "core", plan, workspace: folder, timeZone: "UTC", locale: "en-GB" });
}

/** A person who looks before answering: at the line that the question is about. */
async function answerQuestions(): Promise<void> {
  for (const { id, run, step } of openReviews(log)) {
    const done = readLines().includes(`${run} ${step}`);
    const how = done ? { decision: "answer" as const, answer: { step } } : { decision: "approve" as const };
    await engine.decide(id, { ...how, reason: "Looked." });
    appendFileSync(join(folder, "asked"), `${run} ${step}\n`);
  }
}

function readLines(): string[] {
  try {
    return readFileSync(lines, "utf8").split("\n");
  } catch {
    return [];
  }
}

const stuckAt = Date.now() + 20_000;
while (listRuns(log.reader, { limit: 1000 }).runs.some(({ status }) => !isOver(status)) && Date.now() < stuckAt) {
  await answerQuestions();
  await new Promise((resolve) => setTimeout(resolve, 10));
}
const asked = new Set(
  log.reader
    .all<{ run: string; step: string }>("SELECT run, step FROM events WHERE type = 'review.requested'")
    .map(({ run, step }) => `${run} ${step}`),
);
const silent = unknown.filter((call) => !asked.has(call));
const ends = listRuns(log.reader, { limit: 1000 }).runs.map(({ id, status }) => ({ id, status }));
const breaches = checkInvariants(log).flatMap(({ breach }) => breach ?? []);
process.stdout.write(`${JSON.stringify({ ends, silent, breaches, unknown: unknown.length })}\n`);
await engine.close();
log.close();
db.close();
