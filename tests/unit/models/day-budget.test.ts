import { join } from "node:path";
import { expect, test } from "vitest";
import { Settings } from "../../../core/contract/index.ts";
import { openModelMeter } from "../../../core/models/use.ts";
import { dayBudget } from "../../../core/runs/day-budget.ts";
import { startOfDay } from "../../../core/system/day.ts";
import { openEngine, scriptedModel } from "../../support/engine.ts";
import { openTestCore, runGoal, temporaryFolder } from "../../support/core.ts";
import { hastyClock } from "../../support/hasty-clock.ts";
import { openAiAnswer, serveModel, streamTo } from "../../support/model-server.ts";

const worker = { name: "worker", description: "", instructions: "", tools: [], capabilities: [] };
const step = { id: "a", kind: "agent", agent: "worker", input: { part: "x" } };
const sayDone = scriptedModel(() => [{ type: "text", text: "done" }]);

/** Each call uses 15 tokens and 300 millionths of a dollar. */
function budgetedEngine(limits: object, { file, model = sayDone }: { file?: string; model?: typeof sayDone } = {}) {
  const clock = hastyClock();
  let now = limits;
  const opened = openEngine({
    ...(file ? { file } : {}),
    agents: [worker],
    model,
    clock,
    day: (log) =>
      dayBudget(openModelMeter(log), { clock, limits: () => Settings.parse({ budget: now }).budget, timeZone: () => "Europe/Tallinn" }),
  });
  return { ...opened, clock, limit: (changed: object) => (now = changed) };
}

const paused = ({ status }: { status: string }) => status === "paused";
const over = ({ status }: { status: string }) => status === "completed" || status === "failed";

test("DB1: a run that comes to the end of the day's tokens, dollars or calls is held before its call, and goes on when a person lets it", async () => {
  for (const [limits, name, words] of [
    [{ dayTokens: 15 }, "dayTokens", "used 15 of 15 tokens (budget.dayTokens)"],
    [{ dayUsd: 0.0003 }, "dayCost", "spent $0.0003 of $0.0003 (budget.dayUsd)"],
    [{ dayCalls: 1 }, "dayCalls", "made 1 of 1 model calls (budget.dayCalls)"],
  ] as const) {
    const { engine, start, when } = budgetedEngine(limits);
    expect(await when(await start([step]), over)).toMatchObject({ status: "completed" });
    const run = await start([step]);
    const held = await when(run, paused);
    expect(held.pause).toMatchObject({ reason: expect.stringContaining(words), at: { on: "budget", step: "a", name } });
    await engine.resume(run, {});
    const ended = await when(run, over);
    expect(ended).toMatchObject({ status: "completed", lifted: [{ step: null, of: name }] });
    // For that run only.
    await when(await start([step]), paused);
  }
});

test("DB2: with the limit raised, or on the next day, a run that is let go on lifts nothing", async () => {
  const { engine, start, when, limit, clock } = budgetedEngine({ dayCalls: 1 });
  await when(await start([step]), over);
  const first = await start([step]);
  await when(first, paused);
  limit({ dayCalls: 2 });
  await engine.resume(first, {});
  expect(await when(first, over)).toMatchObject({ status: "completed", lifted: [] });
  const second = await start([step]);
  await when(second, paused);
  clock.pass(24 * 3_600_000);
  await engine.resume(second, {});
  expect(await when(second, over)).toMatchObject({ status: "completed", lifted: [] });
});

test("DB3: calls side by side can't all take the last place", async () => {
  const { start, when, engine } = budgetedEngine({ dayCalls: 2 });
  const steps = ["a", "b", "c", "d"].map((id) => ({ ...step, id }));
  const run = await start(steps);
  await when(run, paused);
  const asked = (await when(run, ({ steps: all }) => all.filter(({ status }) => status === "completed").length === 2)).steps.flatMap(
    ({ effects }) => effects,
  );
  expect(asked).toHaveLength(2);
  await engine.resume(run, {});
  expect(await when(run, over)).toMatchObject({ status: "completed" });
});

test("DB4: a run held for the day is held by the next host too, and let go on there", async () => {
  const file = join(temporaryFolder(), "botmojo.db");
  const first = budgetedEngine({ dayCalls: 1 }, { file });
  await first.when(await first.start([step]), over);
  const run = await first.start([step]);
  await first.when(run, paused);
  await first.close();
  const next = budgetedEngine({ dayCalls: 1 }, { file });
  await next.engine.resumeAll("again");
  expect(next.stateOf(run).status).toBe("paused");
  await next.engine.resume(run, {});
  expect(await next.when(run, over)).toMatchObject({ status: "completed" });
});

test("DB5: whoever lets go on a run that was held for something else has not lifted the day's limit", async () => {
  const { engine, start, when } = budgetedEngine({ dayCalls: 1 });
  await when(await start([step]), over);
  const run = await start([step], { breakpoints: ["step:a once"] });
  await when(run, paused);
  await engine.resume(run, {});
  expect((await when(run, ({ status, pause }) => paused({ status }) && pause?.at?.on === "budget")).lifted).toEqual([]);
});

test("DB6: what was spent stays spent when its run is removed, also after a rebuild; answers from a record cost nothing", async () => {
  const { engine, log, start, when } = budgetedEngine({});
  const meter = openModelMeter(log);
  const run = await start([step]);
  await when(run, over);
  const replay = await engine.replay({ run, options: { otherwise: { is: "recorded" }, steps: {}, onDivergence: "stop" }, breakpoints: [] });
  await when(replay, over);
  const used = { calls: 1, usage: expect.objectContaining({ inputTokens: 10, outputTokens: 5, microUsd: 300 }) };
  expect(meter.usedSince(0)).toEqual(used);
  await log.append([{ run, type: "run.removed", actor: "person", data: { events: 1 } }]);
  expect(meter.usedSince(0)).toEqual(used);
  log.rebuild();
  expect(meter.usedSince(0)).toEqual(used);
  expect(log.staleTable()).toBeUndefined();
});

test("DB7: a plan's own budget holds its run too, unless the plan says what comes of a failure or the person wants it to fail", async () => {
  const budgeted = (more: object, holds = true) => {
    const { start, when, engine } = openEngine({ agents: [worker], model: sayDone, holdsAtBudget: () => holds });
    return { when, engine, run: start([step, { ...step, id: "b", needs: ["a"], ...more }], { budget: { tokens: 15 } }) };
  };
  const held = budgeted({});
  const run = await held.run;
  expect((await held.when(run, paused)).pause?.reason).toContain("The run has used 15 of 15 tokens");
  await held.engine.resume(run, {});
  expect(await held.when(run, over)).toMatchObject({ status: "completed" });
  const failing = budgeted({}, false);
  expect(await failing.when(await failing.run, over)).toMatchObject({ failure: { code: "budget.exceeded" } });
  const { start, when } = openEngine({ agents: [worker], model: sayDone, holdsAtBudget: () => true });
  const own = { id: "m", kind: "map", over: [1, 2], steps: [step], budget: { tokens: 15 }, concurrency: 1, onError: "continue" };
  expect((await when(await start([own]), over)).steps[0]).toMatchObject({ status: "failed", failure: { code: "budget.exceeded" } });
});

test("DB8: a day begins at midnight where the person is, also when clocks change on it", () => {
  const at = (iso: string) => Date.parse(iso);
  expect(startOfDay(at("2026-11-24T23:30:00Z"), "Europe/Tallinn")).toBe(at("2026-11-24T22:00:00Z"));
  expect(startOfDay(at("2026-11-24T23:30:00Z"), "America/New_York")).toBe(at("2026-11-24T05:00:00Z"));
  expect(startOfDay(at("2026-11-24T23:30:00.250Z"), "Asia/Kathmandu")).toBe(at("2026-11-24T18:15:00Z"));
  // 23 and 25 hours long.
  expect(startOfDay(at("2026-03-29T20:00:00Z"), "Europe/Tallinn")).toBe(at("2026-03-28T22:00:00Z"));
  expect(startOfDay(at("2026-10-25T20:00:00Z"), "Europe/Tallinn")).toBe(at("2026-10-24T21:00:00Z"));
  // Clocks went forward at midnight, so that the day began at one.
  expect(startOfDay(at("2018-11-04T20:00:00Z"), "America/Sao_Paulo")).toBe(at("2018-11-04T03:00:00Z"));
});

test("DB9: in a host: over all runs, in today's figures, and after a restart", async () => {
  const server = await serveModel((response) => streamTo(response, openAiAnswer("Sunny.")));
  const [dataDir, workspace] = [temporaryFolder(), temporaryFolder()];
  const flags = {
    "model.provider": "openai-compatible",
    "model.name": "m",
    "model.baseUrl": server.url,
    "model.inputPrice": "100",
    "model.outputPrice": "100",
  };
  const core = openTestCore({ dataDir, workspace, flags });
  await runGoal(core.client, "How is the weather?");
  const calls = server.asked.length;
  const { today } = await core.client.models.show();
  expect(today).toMatchObject({ calls, timeZone: "Europe/Tallinn", usage: { inputTokens: 100 * calls, microUsd: 11_000 * calls } });
  expect((await core.client.host.status()).usageToday.inputTokens).toBe(100 * calls);
  await core.close();
  const next = openTestCore({ dataDir, workspace, flags: { ...flags, "budget.dayUsd": "0.01" } });
  const { run } = await next.client.runs.start({ goal: "And tomorrow?", door: "core" });
  await expect.poll(async () => (await next.client.runs.get({ run })).status).toBe("paused");
  expect(server.asked).toHaveLength(calls);
  await next.client.runs.resume({ run });
  await expect.poll(async () => (await next.client.runs.get({ run })).status).toBe("completed");
});
