import { join } from "node:path";
import { expect, test } from "vitest";
import type { NewEvent, RunId, StepId, ThreadId } from "../../../core/contract/index.ts";
import { firstPlan } from "../../../core/planning/triage-plan.ts";
import { itemsProjection } from "../../../core/memory/items.ts";
import { messagesProjection } from "../../../core/memory/messages.ts";
import { runsProjection } from "../../../core/runs/run-index.ts";
import { openDatabase } from "../../../core/store/database.ts";
import { openEventLog } from "../../../core/store/event-log.ts";
import { migrate } from "../../../core/store/migrations.ts";
import { followToEnd, openTestCore, temporaryFolder } from "../../support/core.ts";

const run = "run_0000000000000a" as RunId;
const step = "s1" as StepId;

/** A data directory whose host stopped in the middle of a run. */
async function interrupted(dataDir: string, events: readonly NewEvent[]): Promise<void> {
  const db = openDatabase({ file: join(dataDir, "botmojo.db") });
  migrate(db);
  const log = openEventLog({ db, projections: [runsProjection, messagesProjection, itemsProjection], now: Date.now });
  await log.append(events);
  log.close();
  db.close();
}

const started: NewEvent = {
  type: "run.started",
  run,
  actor: "person:cli",
  data: {
    goal: "buy bread, paid 5 EUR",
    thread: "main" as ThreadId,
    model: "rules",
    modelKind: "rules",
    door: "cli",
    timeZone: "Europe/Tallinn",
    locale: "en-GB",
    workspace: "/tmp",
  },
};
const noted = {
  kind: "tool" as const,
  tool: "notes.add",
  id: step,
  needs: [],
  onError: "fail" as const,
  input: { text: "bread", words: "bread" },
};
const planned: NewEvent = {
  type: "plan.revised",
  run,
  actor: "host",
  data: { revision: 1, reason: "test", plan: { version: 1, goal: "x", steps: [noted] } },
};
const about = { run, step, actor: "host" };
const effect = { key: "s1.call", name: "notes.add", call: "tool" as const };
const asked: NewEvent = { ...about, type: "effect.requested", data: { ...effect, effect: "idempotent", input: noted.input } };

test("R1: a run that an earlier host left is taken up and comes to its end", async () => {
  const dataDir = temporaryFolder();
  await interrupted(dataDir, [
    { ...started, data: { ...started.data, goal: "paid 5 EUR for bread" } },
    { type: "plan.revised", run, actor: "host", data: { revision: 1, reason: "test", plan: firstPlan("paid 5 EUR for bread") } },
  ]);
  const core = openTestCore({ dataDir });
  expect(await core.resume()).toBe(1);
  const { summary, events } = await followToEnd(core.client, run);
  expect(summary).toMatchObject({ status: "completed", answer: expect.stringContaining("€5.00") });
  expect(events.some(({ type }) => type === "run.resumed")).toBe(true);
});

test("R2: an effect whose result is in the log never happens again", async () => {
  const dataDir = temporaryFolder();
  const done: NewEvent = { ...about, type: "effect.completed", data: { ...effect, output: { id: "item_00000000", text: "bread" } } };
  await interrupted(dataDir, [started, planned, { ...about, type: "step.started", data: { attempt: 1 } }, asked, done]);
  const core = openTestCore({ dataDir });
  await core.resume();
  const { summary, events } = await followToEnd(core.client, run);
  expect(summary.status).toBe("completed");
  expect(events.filter(({ type }) => type === "effect.completed")).toHaveLength(1);
  expect(await core.client.memory.list({})).toEqual([]);
});

test("R3: an idempotent effect without a result is asked once more under its key, and kept once", async () => {
  const dataDir = temporaryFolder();
  await interrupted(dataDir, [started, planned, { ...about, type: "step.started", data: { attempt: 1 } }, asked]);
  const core = openTestCore({ dataDir });
  await core.resume();
  const { summary, events } = await followToEnd(core.client, run);
  expect(summary.status).toBe("completed");
  expect(events.filter(({ type }) => type === "effect.requested")).toHaveLength(1);
  expect(await core.client.memory.list({})).toHaveLength(1);
});

test("R4: a step that stops its host five times is given up, not tried for ever", async () => {
  const dataDir = temporaryFolder();
  const attempts = Array.from({ length: 5 }, (_, index): NewEvent => ({ ...about, type: "step.started", data: { attempt: index + 1 } }));
  await interrupted(dataDir, [started, planned, ...attempts]);
  const core = openTestCore({ dataDir });
  await core.resume();
  const { summary } = await followToEnd(core.client, run);
  expect(summary).toMatchObject({ status: "failed", failure: { message: expect.stringContaining("5 times") } });
});

test("R5: a cancelled run emits nothing more", async () => {
  const { client } = openTestCore();
  const { run: id } = await client.runs.start({ goal: "paid 5 EUR for bread", door: "core" });
  expect(await client.runs.cancel({ run: id })).toEqual({ cancelled: true });
  expect(await client.runs.cancel({ run: id })).toEqual({ cancelled: false });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const events = await client.events.list({ run: id });
  expect(events.at(-1)?.type).toBe("run.cancelled");
  expect(events.filter(({ type }) => type === "run.cancelled")).toHaveLength(1);
});
