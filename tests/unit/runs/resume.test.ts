import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import type { NewEvent, RunId, StepId, ThreadId } from "../../../core/contract/index.ts";
import { firstPlan } from "../../../core/planning/triage-plan.ts";
import { checkInvariants } from "../../../core/runs/invariants.ts";
import { openDatabase } from "../../../core/store/database.ts";
import { defineTool } from "../../../core/tools/tool.ts";
import { openEngine } from "../../support/engine.ts";
import { appendTo } from "../../support/log.ts";
import { followToEnd, openTestCore, temporaryFolder } from "../../support/core.ts";

const run = "run_0000000000000a" as RunId;
const step = "s1" as StepId;

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
  await appendTo(dataDir, [
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
  await appendTo(dataDir, [started, planned, { ...about, type: "step.started", data: { attempt: 1 } }, asked, done]);
  const core = openTestCore({ dataDir });
  await core.resume();
  const { summary, events } = await followToEnd(core.client, run);
  expect(summary.status).toBe("completed");
  expect(events.filter(({ type }) => type === "effect.completed")).toHaveLength(1);
  expect(await core.client.memory.list({})).toEqual([]);
});

test("R3: an idempotent effect without a result is asked once more under its key, and kept once", async () => {
  const dataDir = temporaryFolder();
  await appendTo(dataDir, [started, planned, { ...about, type: "step.started", data: { attempt: 1 } }, asked]);
  const core = openTestCore({ dataDir });
  await core.resume();
  const { summary, events } = await followToEnd(core.client, run);
  expect(summary.status).toBe("completed");
  expect(events.filter(({ type }) => type === "effect.requested")).toHaveLength(1);
  expect(await core.client.memory.list({})).toHaveLength(1);
});

test.each([
  ["GET", "failed"],
  ["PUT", "waiting"],
])("R11: what a restart makes of a tool's call under way is told by the call, not the tool: after %s it is %s", async (method, status) => {
  const dataDir = temporaryFolder();
  const input = { url: "http://127.0.0.1:1/", method, headers: {}, body: "" };
  const steps = [{ ...noted, tool: "http.fetch", input }];
  await appendTo(dataDir, [
    started,
    { ...planned, data: { revision: 1, reason: "test", plan: { version: 1, goal: "x", steps } } },
    { ...about, type: "step.started", data: { attempt: 1 } },
    { ...about, type: "effect.requested", data: { ...effect, name: "http.fetch", effect: method === "GET" ? "reads" : "unsafe", input } },
  ]);
  const core = openTestCore({ dataDir });
  await core.resume();
  const settled = async () => {
    const { status: now } = await core.client.runs.get({ run });
    return now === "failed" || now === "waiting" ? now : undefined;
  };
  await expect.poll(settled).toBe(status);
});

test("R4: a step that stops its host five times is given up, not tried for ever", async () => {
  const dataDir = temporaryFolder();
  const attempts = Array.from({ length: 5 }, (_, index): NewEvent => ({ ...about, type: "step.started", data: { attempt: index + 1 } }));
  await appendTo(dataDir, [started, planned, ...attempts]);
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

test("R9: when the disk is full under steps that ran ahead of it, the run goes back to what the log holds and comes to its end", async () => {
  const { engine, log, db } = openEngine();
  const steps = Array.from({ length: 400 }, (_, index) => ({
    id: `s${index + 1}` as StepId,
    kind: "tool" as const,
    tool: "calculator",
    input: { expression: `${index}+1` },
    needs: index === 0 ? [] : [`s${index}` as StepId],
    onError: "fail" as const,
  }));
  const plan = { version: 1 as const, goal: "count", steps };
  const id = await engine.start({ goal: "count", door: "core", plan, workspace: "/", timeZone: "UTC", locale: "en-GB" });
  const pages = db.reader.get<{ page_count: number }>("PRAGMA page_count")?.page_count ?? 0;
  db.exec(`PRAGMA max_page_count = ${pages + 12}`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const held = log.read({ run: id, since: 0, limit: 1000 });
  expect(held.length).toBeGreaterThan(1);
  expect(held.length).toBeLessThan(400);
  db.exec("PRAGMA max_page_count = 1000000");
  await new Promise<void>((resolve) => log.onCommit((events) => events.some(({ type }) => type === "run.completed") && resolve()));
  const done = log.read({ run: id, since: 0, limit: 1000 }).filter(({ type }) => type === "step.completed");
  expect(done.map(({ step: at }) => at)).toEqual(steps.map(({ id: at }) => at));
  expect(checkInvariants(log).flatMap(({ breach }) => breach ?? [])).toEqual([]);
});

test("R10: steps may run ahead of the disk, but when a tool acts, all that led to it is there for another process to see", async () => {
  const seen: (readonly [string, string | null])[][] = [];
  const file = join(temporaryFolder(), "botmojo.db");
  const act = defineTool({
    name: "act",
    description: "Looks at the log from outside.",
    effect: "idempotent",
    input: z.object({}),
    run: () => {
      const outside = openDatabase({ file, readonly: true });
      const rows = outside.reader.all<{ type: string; step: string | null }>("SELECT type, step FROM events ORDER BY seq");
      outside.close();
      seen.push(rows.map(({ type, step: at }) => [type, at] as const));
      return { seen: rows.length };
    },
  });
  const { engine, log } = openEngine({ file, tools: [act] });
  const base = { kind: "tool" as const, onError: "fail" as const };
  const pure = Array.from({ length: 9 }, (_, index) => ({
    ...base,
    id: `s${index}` as StepId,
    tool: "calculator",
    input: { expression: "1+1" },
    needs: index === 0 ? [] : [`s${index - 1}` as StepId],
  }));
  const last = { ...base, id: "s9" as StepId, tool: "act", input: {}, needs: ["s8" as StepId] };
  const plan = { version: 1 as const, goal: "act", steps: [...pure, last] };
  const over = new Promise<void>((resolve) => log.onCommit((events) => events.some(({ type }) => type === "run.completed") && resolve()));
  await engine.start({ goal: "act", door: "core", plan, workspace: "/", timeZone: "UTC", locale: "en-GB" });
  await over;
  const done = pure.map(({ id }) => ["step.completed", id]);
  expect(seen).toEqual([[["run.started", null], ...done, ["step.started", "s9"], ["effect.requested", "s9"]]]);
});
