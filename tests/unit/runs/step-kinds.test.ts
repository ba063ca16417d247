// Every kind of step, and what a person can do with a run: hold it, edit it, fork it, replay it, change its plan.
import { expect, test } from "vitest";
import { diffRuns, foldEvents, Plan, type RunState } from "../../../core/contract/index.ts";
import type { CoreClient } from "../../../core/index.ts";
import { followToEnd, openTestCore, temporaryFolder } from "../../support/core.ts";
import { sum } from "../../support/steps.ts";

async function start(client: CoreClient, steps: readonly object[], breakpoints: string[] = []) {
  const plan = Plan.parse({ version: 1, goal: "test", steps });
  const { run } = await client.runs.start({ goal: "test", door: "core", plan, breakpoints });
  await followToEnd(client, run);
  return run;
}

async function stateOf(client: CoreClient, run: Awaited<ReturnType<typeof start>>): Promise<RunState> {
  const state = foldEvents(await client.events.list({ run, limit: 5000 }));
  if (!state) throw new Error("no such run");
  return state;
}

const outputs = (state: RunState) => Object.fromEntries(state.steps.map(({ id, output, status }) => [id, output ?? status]));

test("S1: a decision takes the first branch that holds, skips the others, and a join goes on", async () => {
  const { client } = openTestCore();
  const run = await start(client, [
    sum("a", "2+2"),
    { id: "d", kind: "decide", needs: ["a"], branches: [{ when: "a.value > 3", take: ["big"] }], otherwise: ["small"] },
    sum("big", "10*10", { needs: ["d"] }),
    sum("small", "1", { needs: ["d"] }),
    sum("end", "7", { needs: ["big", "small"] }),
  ]);
  const state = await stateOf(client, run);
  expect(state.status).toBe("completed");
  expect(state.steps.map(({ id, status }) => [id, status])).toEqual([
    ["a", "completed"],
    ["d", "completed"],
    ["big", "completed"],
    ["small", "skipped"],
    ["end", "completed"],
  ]);
});

test("S2: a map runs its body for each element, in order; a loop until its condition; a nested plan; a race", async () => {
  const { client } = openTestCore();
  const run = await start(client, [
    { id: "each", kind: "map", over: ["1+1", "2+2"], steps: [sum("one", { $from: "item" })] },
    { id: "again", kind: "loop", limit: 10, until: "index == 2", steps: [sum("turn", "1+1")] },
    { id: "inner", kind: "plan", input: "3+3", steps: [sum("deep", { $from: "input" })] },
    { id: "first", kind: "race", steps: [{ id: "slow", kind: "wait", forMs: 60_000 }, sum("fast", "5")] },
  ]);
  const state = await stateOf(client, run);
  expect(state.status).toBe("completed");
  const found = outputs(state);
  expect(found["each"]).toMatchObject([{ value: 2 }, { value: 4 }]);
  expect(found["again"]).toMatchObject({ turns: 3, met: true });
  expect(found["inner"]).toMatchObject({ deep: { value: 6 } });
  expect(found["first"]).toMatchObject({ winner: "fast" });
  expect(found["first/slow"]).toBe("skipped");
});

test("S3: a failed step is tried again as often as it may; what follows a failure then runs", async () => {
  const { client } = openTestCore();
  const run = await start(client, [
    sum("bad", "1/", { retry: { attempts: 3, delayMs: 1, on: ["input.invalid"] }, onError: { take: ["mend"] } }),
    sum("mend", "9", { needs: ["bad"] }),
  ]);
  const state = await stateOf(client, run);
  expect(state.steps[0]).toMatchObject({ status: "failed", retries: 2 });
  expect(state.steps[1]).toMatchObject({ status: "completed" });
  expect(state.status).toBe("completed");
});

test("S4: a review and a wait sleep until they are answered, also over a restart", async () => {
  const dataDir = temporaryFolder();
  const first = openTestCore({ dataDir });
  const run = await start(first.client, [
    { id: "ask", kind: "review", question: "Go?" },
    { id: "word", kind: "wait", message: "go", needs: ["ask"] },
  ]);
  expect((await first.client.runs.get({ run })).status).toBe("waiting");
  await first.close();
  const { client, resume } = openTestCore({ dataDir });
  await resume();
  const [item] = await client.review.list();
  expect(item).toMatchObject({ run, step: "ask", question: "Go?" });
  if (item) await client.review.decide({ review: item.id, decision: "approve" });
  await expect.poll(async () => (await client.runs.get({ run })).status).toBe("waiting");
  await client.runs.tell({ run, name: "go", data: { by: "me" } });
  await followToEnd(client, run);
  expect(outputs(await stateOf(client, run))["word"]).toEqual({ by: "me" });
});

test("S5: a conditional breakpoint holds before the call; its arguments are edited and it goes on", async () => {
  const { client } = openTestCore();
  const run = await start(client, [sum("a", "1+1"), sum("b", "2+2", { needs: ["a"] })], ['tool:calculator if input.expression == "2+2"']);
  const held = await stateOf(client, run);
  expect(held.status).toBe("paused");
  expect(held.pause?.at).toMatchObject({ on: "tool", step: "b", input: { expression: "2+2" } });
  await client.runs.resume({ run, edit: { input: { expression: "40+2" } } });
  await followToEnd(client, run);
  expect(outputs(await stateOf(client, run))["b"]).toMatchObject({ value: 42 });
});

test("S5: a held run stays held over a restart, and is not held at the same place again", async () => {
  const dataDir = temporaryFolder();
  const first = openTestCore({ dataDir });
  const run = await start(first.client, [sum("a", "1+1"), sum("b", "2+2", { needs: ["a"] })], ["tool:calculator"]);
  await first.close();
  const { client } = openTestCore({ dataDir });
  expect((await client.runs.get({ run })).status).toBe("paused");
  await client.runs.resume({ run });
  await followToEnd(client, run);
  expect((await stateOf(client, run)).pause?.at).toMatchObject({ step: "b" });
  await client.runs.resume({ run });
  await followToEnd(client, run);
  expect((await client.runs.get({ run })).status).toBe("completed");
});

test("S6: a fork with an edited result does anew what came of it, and leaves the original as it was", async () => {
  const { client } = openTestCore();
  const run = await start(client, [
    sum("a", "1+1"),
    { id: "d", kind: "decide", needs: ["a"], branches: [{ when: "a.value > 3", take: ["big"] }] },
    sum("big", "10*10", { needs: ["d"] }),
  ]);
  const before = await client.events.list({ run, limit: 5000 });
  const step = before.find((event) => event.step === "a")?.step;
  if (!step) throw new Error("no step a");
  const { run: forked } = await client.runs.fork({ run, edits: [{ step, output: { value: 9 } }] });
  await followToEnd(client, forked);
  const state = await stateOf(client, forked);
  expect(outputs(state)).toMatchObject({ a: { value: 9 }, big: { value: 100 } });
  expect(await client.events.list({ run, limit: 5000 })).toEqual(before);
  expect(diffRuns(await stateOf(client, run), state).differences[0]).toMatchObject({ step: "a", what: ["output"] });
  await expect(client.runs.fork({ run, at: 999_999 })).rejects.toThrow(/Event 999999 is not one of/);
});

test("S7: a replay makes no call and comes to the same end; an edited result diverges with its place and cause", async () => {
  const { client } = openTestCore();
  const { run } = await client.runs.start({ goal: "remember that Sara is vegetarian", door: "core" });
  await followToEnd(client, run);
  const kept = await client.memory.list({});
  const again = await client.runs.replay({ run, options: {} });
  await followToEnd(client, again.run);
  const state = await stateOf(client, again.run);
  expect(state.failure).toBe(null);
  expect(state.answer).toBe((await stateOf(client, run)).answer);
  expect(state.replay).toMatchObject({ divergent: 0, unmatched: 0, live: 0, firstDivergence: null });
  expect(state.replay?.exact).toBeGreaterThan(1);
  expect(await client.memory.list({})).toEqual(kept);

  const triage = { calls: [], text: '{"parts":[{"agent":"memory","part":"remember that Tom is vegan"}]}' };
  const other = await client.runs.replay({ run, options: { steps: { triage: { is: "edited", output: triage } } } });
  await followToEnd(client, other.run);
  const { replay, status } = await stateOf(client, other.run);
  expect(status).toBe("failed");
  expect(replay).toMatchObject({ edited: 1, divergent: 1, live: 0, firstDivergence: { step: "memory", key: "memory.turn1" } });
});

test("S8: a running plan is changed by a patch; what has begun stays", async () => {
  const { client } = openTestCore();
  const run = await start(client, [{ id: "ask", kind: "review", question: "Go?" }]);
  const added = { op: "add" as const, path: "/steps/-", value: sum("more", "6*7", { needs: ["ask"] }) };
  expect(await client.runs.patch({ run, patch: [added], reason: "One more." })).toEqual({ revision: 2 });
  await expect(client.runs.patch({ run, patch: [{ op: "remove", path: "/steps/0" }], reason: "no" })).rejects.toThrow(/"ask" has begun/);
  const [item] = await client.review.list();
  if (item) await client.review.decide({ review: item.id, decision: "approve" });
  await followToEnd(client, run);
  expect(outputs(await stateOf(client, run))["more"]).toMatchObject({ value: 42 });
});

test.each([
  ["a circle", [sum("a", "1", { needs: ["b"] }), sum("b", "1", { needs: ["a"] })], /circle: a → b → a/],
  ["a missing need", [sum("a", "1", { needs: ["x"] })], /needs "x", which is not in the plan/],
  ["a condition that can't be read", [sum("a", "1", { when: "while(true)" })], /condition/],
])("S9: refused by name: %s", async (_, steps, sentence) => {
  const { client } = openTestCore();
  await expect(start(client, steps)).rejects.toThrow(sentence);
});

test("S10: a fork between the triage and its plan, or with another triage, makes the plan anew", async () => {
  const { client } = openTestCore();
  const { run } = await client.runs.start({ goal: "note: water the plants", door: "core" });
  await followToEnd(client, run);
  const events = await client.events.list({ run, limit: 5000 });
  const triaged = events.find(({ type, step }) => type === "step.completed" && step === "triage");
  const between = await client.runs.fork({ run, at: triaged?.seq });
  await followToEnd(client, between.run);
  expect((await client.runs.get({ run: between.run })).answer).toBe((await client.runs.get({ run })).answer);

  const output = { text: '{"parts":[{"agent":"finance","part":"paid 5 EUR for bread"}]}' };
  const edited = await client.runs.fork({ run, edits: [{ step: "triage", output }] });
  await followToEnd(client, edited.run);
  const state = await stateOf(client, edited.run);
  expect(state.steps.map(({ id, status }) => [id, status])).toEqual([
    ["triage", "completed"],
    ["finance", "completed"],
  ]);
  expect(state.answer).toContain("5.00");
});
