// What bounds a run: an approved plan, what an agent may change, budgets, and who is chosen for a step.
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Agent } from "../../../core/agents/agent.ts";
import { isOver } from "../../../core/contract/index.ts";
import { openReviews } from "../../../core/runs/tables/lineage.ts";
import { temporaryFolder } from "../../support/core.ts";
import { endsDiffer } from "../../support/ends.ts";
import { openEngine, scriptedModel } from "../../support/engine.ts";
import { sum } from "../../support/steps.ts";

const agentStep = (id: string, more: object = {}) => ({ id, kind: "agent", agent: "worker", input: { part: "work" }, ...more });
const worker = (name: string, tools: readonly string[] = []): Agent => ({
  name,
  description: "",
  instructions: "Work.",
  tools,
  capabilities: ["work"],
});
const inputs: Record<string, object> = { calculator: { expression: "6*7" }, "files.write": { path: "a.txt", text: "a" } };
const addStep = (tool: string, more: object = {}) => ({
  type: "call" as const,
  call: {
    id: "c1",
    name: "plan.revise",
    input: {
      patch: [{ op: "add", path: "/steps/-", value: { id: "more", kind: "tool", tool, input: inputs[tool], ...more } }],
      reason: "More.",
    },
  },
});
/** Adds a step in its first turn, then tells what came of it. */
const planner = (tool: string) =>
  scriptedModel(({ turns }) =>
    turns.length === 0 ? [addStep(tool)] : [{ type: "text", text: JSON.stringify(turns[0]?.calls[0]?.outcome) }],
  );
const over = ({ status }: { status: Parameters<typeof isOver>[0] }) => isOver(status);

test("B1: an agent adds a step to its own run's plan; the revision says who and why", async () => {
  const { start, when } = openEngine({ agents: [worker("worker", ["plan.revise", "calculator"])], model: planner("calculator") });
  const state = await when(await start([agentStep("a")]), over);
  expect(state.revisions.at(-1)).toMatchObject({ revision: 2, actor: "agent:worker", reason: "More." });
  expect(state.steps.find(({ id }) => id === "more")).toMatchObject({ status: "completed", output: { value: 42 } });
});

test("B2: an agent adds no step with a tool that it was not given", async () => {
  const { start, when } = openEngine({ agents: [worker("worker", ["plan.revise"])], model: planner("files.write") });
  const state = await when(await start([agentStep("a")]), over);
  expect(state.revisions).toHaveLength(1);
  expect(state.answer).toContain("files.write can't be added");
});

test.each([
  ["approve", "completed"],
  ["reject", "failed"],
] as const)("B3: a step outside the approved plan asks first: %s", async (decision, status) => {
  const { engine, log, start, when } = openEngine({
    agents: [worker("worker", ["plan.revise", "calculator"])],
    model: planner("calculator"),
  });
  const run = await start([agentStep("a")], { breakpoints: ["step once"] });
  await when(run, (state) => state.status === "paused");
  expect(await engine.approve(run)).toBe(1);
  await engine.resume(run, {});
  await when(run, (state) => state.status === "waiting");
  const [asked] = openReviews(log);
  expect(asked).toMatchObject({ step: "more", question: expect.stringContaining("not in the plan that was approved") });
  await engine.decide(asked?.id ?? "", { decision, reason: "" });
  expect(await when(run, over)).toMatchObject({ status });
});

test.each([
  ["fail", "failed"],
  ["continue", "completed"],
] as const)(
  "B3: a step that a person refused has failed, the plan's word on that holds (%s), and a replay of its replay ends so too",
  async (onError, status) => {
    const { engine, log, start, when } = openEngine({
      agents: [worker("worker", ["plan.revise", "calculator"])],
      model: scriptedModel(({ turns }) => (turns.length === 0 ? [addStep("calculator", { onError })] : [{ type: "text", text: "Added." }])),
    });
    const run = await start([agentStep("a")], { breakpoints: ["step once"] });
    await when(run, (state) => state.status === "paused");
    await engine.approve(run);
    await engine.resume(run, {});
    await when(run, (state) => state.status === "waiting");
    await engine.decide(openReviews(log)[0]?.id ?? "", { decision: "reject", reason: "Not that." });
    const refusedStep = { status: "failed", failure: { code: "denied", message: "Not that." } };
    const first = await when(run, over);
    expect([first.status, first.steps.find(({ id }) => id === "more")]).toMatchObject([status, refusedStep]);
    const options = { otherwise: { is: "recorded" as const }, steps: {}, onDivergence: "stop" as const };
    let last = run;
    for (const _ of ["a replay", "a replay of it"]) {
      last = await engine.replay({ run: last, options, breakpoints: [] });
      const again = await when(last, over);
      expect(endsDiffer(first, again)).toBeUndefined();
      expect(again.replay).toMatchObject({ divergent: 0, unmatched: 0 });
    }
  },
);

test("B4: what a person changes of an approved plan is approved with it; an agent may not change its steps", async () => {
  const remove = scriptedModel(({ turns }) => {
    const patch = [{ op: "remove", path: "/steps/1" }];
    if (turns.length === 0) return [{ type: "call", call: { id: "c", name: "plan.revise", input: { patch, reason: "Away." } } }];
    return [{ type: "text", text: JSON.stringify(turns[0]?.calls[0]?.outcome) }];
  });
  const { engine, start, when } = openEngine({ agents: [worker("worker", ["plan.revise", "calculator"])], model: remove });
  const run = await start([agentStep("a"), sum("b", "1+1", { needs: ["a"] })], { breakpoints: ["step once"] });
  await when(run, (state) => state.status === "paused");
  await engine.approve(run);
  const added = { op: "add", path: "/steps/-", value: sum("c", "2+2", { needs: ["a"] }) };
  await engine.patch(run, { patch: [added], reason: "Mine.", actor: "person" });
  await engine.resume(run, {});
  const state = await when(run, over);
  expect(state.reviews).toEqual([]);
  expect(state.steps.map(({ id, status }) => [id, status])).toEqual([
    ["a", "completed"],
    ["b", "completed"],
    ["c", "completed"],
  ]);
  expect(JSON.stringify(state.steps[0]?.output)).toContain("only a person may change it");
});

test("B5: a budget stops the run in words; with a breakpoint on it the run is held, and goes on when a person lets it", async () => {
  const model = scriptedModel(() => [{ type: "text", text: "done" }]);
  const steps = [agentStep("a"), agentStep("b", { needs: ["a"] })];
  const { engine, start, when } = openEngine({ agents: [worker("worker")], model });
  const stopped = await when(await start(steps, { budget: { microUsd: 300 } }), over);
  expect(stopped.failure).toMatchObject({ code: "budget.exceeded", message: expect.stringContaining("$0.0003 of $0.0003") });
  const run = await start(steps, { budget: { tokens: 15 }, breakpoints: ["budget"] });
  const held = await when(run, (state) => state.status === "paused");
  expect(held.pause?.at).toMatchObject({ on: "budget", step: "b", name: "tokens", input: { used: 15, limit: 15 } });
  await engine.resume(run, {});
  expect(await when(run, over)).toMatchObject({ status: "completed" });
});

test("B6: of those who can, the one with the better record over earlier runs is chosen, and the step says why", async () => {
  const model = scriptedModel(({ agent }) => {
    if (agent === "clumsy") return [{ type: "failure", failure: { code: "model.nonsense", message: "No." } }];
    return [{ type: "text", text: "done" }];
  });
  const { start, when } = openEngine({ agents: [worker("clumsy"), worker("handy")], model });
  const step = { id: "a", kind: "agent", capability: "work", input: { part: "x" }, onError: "continue" };
  const first = await when(await start([step]), over);
  expect(first.steps[0]).toMatchObject({ agent: "clumsy", status: "failed" });
  const second = await when(await start([step]), over);
  expect(second.steps[0]).toMatchObject({ agent: "handy", status: "completed" });
});

test("B7: in a replay a breakpoint holds where a call differs from the record, and only there; a person answers it", async () => {
  const model = scriptedModel(({ turns, brief }) => {
    const n = brief.results[0]?.outcome.ok ? 5 : 0;
    if (turns.length === 0) return [{ type: "call", call: { id: "c", name: "calculator", input: { expression: `${n}+1` } } }];
    return [{ type: "text", text: "done" }];
  });
  const { engine, start, when } = openEngine({ agents: [worker("worker", ["calculator"])], model });
  const run = await start([agentStep("a"), agentStep("b", { needs: ["a"] })]);
  await when(run, over);
  const replay = await engine.replay({
    run,
    options: {
      otherwise: { is: "recorded" },
      steps: { a: { is: "edited", output: { text: "other" } } },
      onDivergence: "stop",
    },
    breakpoints: ["model if differs", "tool if differs"],
  });
  const held = await when(replay, (state) => state.status === "paused");
  expect(held.pause?.at).toMatchObject({ on: "model", step: "b", key: "b.turn1" });
  await engine.resume(replay, { edit: { output: "answered by hand" } });
  expect(await when(replay, over)).toMatchObject({ status: "completed", answer: "answered by hand" });
});

test("B8: a one-time breakpoint is gone after its hit", async () => {
  const { engine, start, when } = openEngine();
  const run = await start([sum("a", "1"), sum("b", "2", { needs: ["a"] }), sum("c", "3", { needs: ["b"] })], {
    breakpoints: ["step #2 once"],
  });
  const held = await when(run, (state) => state.status === "paused");
  expect(held.pause?.at?.step).toBe("b");
  expect(held.breakpoints).toEqual([]);
  await engine.resume(run, {});
  expect(await when(run, over)).toMatchObject({ status: "completed" });
});

test("B9: a run says that it waits once nothing else is under way, also when the question is inside a body", async () => {
  const { start, when } = openEngine();
  const run = await start([
    { id: "each", kind: "map", over: [1], steps: [{ id: "ask", kind: "review", question: "Go?" }] },
    { id: "short", kind: "wait", forMs: 50 },
    sum("after", "1+1", { needs: ["short"] }),
  ]);
  const waiting = await when(
    run,
    ({ status, steps }) => status === "waiting" && steps.every(({ id, status: its }) => id !== "after" || its === "completed"),
  );
  expect(waiting.reviews).toMatchObject([{ step: "each/0/ask", decided: null }]);
});

test("B10: a step that a person adds while the run waits begins at once", async () => {
  const { engine, start, when } = openEngine();
  const run = await start([{ id: "word", kind: "wait", message: "go" }]);
  await when(run, ({ status }) => status === "waiting");
  await engine.patch(run, { patch: [{ op: "add", path: "/steps/-", value: sum("more", "6*7") }], reason: "Now.", actor: "person" });
  const state = await when(run, ({ steps }) => steps.some(({ id, status }) => id === "more" && status === "completed"));
  expect(state.steps[0]?.status).toBe("running");
});

test("B11: a step that is changed while it is held is done as it was changed; one taken out is not done", async () => {
  const { engine, start, when } = openEngine();
  const run = await start([sum("a", "1"), sum("b", "2", { needs: ["a"] }), sum("c", "3", { needs: ["b"] })], {
    breakpoints: ["step:b once"],
  });
  await when(run, ({ status }) => status === "paused");
  const patch = [
    { op: "replace", path: "/steps/1/input/expression", value: "40+2" },
    { op: "replace", path: "/steps/2/needs", value: ["a"] },
  ];
  await engine.patch(run, { patch, reason: "Other.", actor: "person" });
  await engine.resume(run, {});
  const changed = await when(run, over);
  expect(changed.steps.map(({ id, output }) => [id, output])).toMatchObject([
    ["a", { value: 1 }],
    ["b", { value: 42 }],
    ["c", { value: 3 }],
  ]);

  const other = await start([sum("a", "1"), sum("b", "2", { needs: ["a"] })], { breakpoints: ["step:b once"] });
  await when(other, ({ status }) => status === "paused");
  await engine.patch(other, { patch: [{ op: "remove", path: "/steps/1" }], reason: "Away.", actor: "person" });
  await engine.resume(other, {});
  expect((await when(other, over)).steps.map(({ id }) => id)).toEqual(["a"]);
});

test("B12: what a model is asked can be changed while it is held, and is kept as it was asked; nonsense is refused with its place", async () => {
  const asked: string[] = [];
  const model = scriptedModel(({ brief, tools }) => {
    asked.push(`${brief.part} with ${tools.length}`);
    return [{ type: "text", text: `did ${brief.part}` }];
  });
  const { engine, start, when } = openEngine({ agents: [worker("worker", ["calculator"])], model });
  const run = await start([agentStep("a")], { breakpoints: ["model"] });
  const held = await when(run, ({ status }) => status === "paused");
  const input = held.pause?.at?.input as { brief: object };
  await expect(engine.resume(run, { edit: { input: { ...input, brief: 5 } } })).rejects.toThrow(/\/brief/);
  await engine.resume(run, { edit: { input: { ...input, brief: { ...input.brief, part: "play" }, tools: [] } } });
  const state = await when(run, over);
  expect(asked).toEqual(["play with 0"]);
  expect(state).toMatchObject({ answer: "did play", steps: [{ effects: [{ input: { brief: { part: "play" }, tools: [] } }] }] });
});

test.each([
  ["a regular expression", '"aaaa!".matches("^(a+)+$")', /uses matches/],
  ["a loop inside a loop", "[1].all(a, [1].all(b, a == b))", /loop inside a loop/],
])("B13: a condition that could take for ever is refused by name: %s", async (_, when, says) => {
  const { start } = openEngine();
  await expect(start([sum("a", "1", { when })])).rejects.toThrow(says);
});

test("B13: words in quotes are no loop, and one loop after another is none inside another", async () => {
  const { start, when } = openEngine();
  const condition = '"x.matches(" != "" && [1].all(a, a == 1) && [2].exists(b, b == 2)';
  const state = await when(await start([sum("a", "1", { when: condition })]), over);
  expect(state.steps[0]?.status).toBe("completed");
});

test("B14: when one of several questions inside a body is answered, the run says again that it waits", async () => {
  const { engine, log, start, when } = openEngine();
  const run = await start([{ id: "each", kind: "map", over: [1, 2, 3], steps: [{ id: "ask", kind: "review", question: "Go?" }] }]);
  await when(run, ({ status }) => status === "waiting");
  for (let left = 3; left > 1; left -= 1) {
    await engine.decide(openReviews(log)[0]?.id ?? "", { decision: "approve", reason: "" });
    await when(run, ({ status, reviews }) => status === "waiting" && reviews.filter(({ decided }) => !decided).length === left - 1);
  }
  await engine.decide(openReviews(log)[0]?.id ?? "", { decision: "approve", reason: "" });
  expect(await when(run, over)).toMatchObject({ status: "completed" });
});

test("B15: calls side by side can't all take the last of a budget; a pure tool's calls count too", async () => {
  const { start, when, log } = openEngine();
  const note = { id: "n", kind: "tool", tool: "notes.add", input: { text: "x", words: "x" } };
  const notes = await when(
    await start([{ id: "m", kind: "map", over: [1, 2, 3, 4, 5, 6, 7, 8], concurrency: 8, budget: { calls: 4 }, steps: [note] }]),
    over,
  );
  expect(notes.failure?.code).toBe("budget.exceeded");
  expect(log.reader.all("SELECT 1 FROM items").length).toBeLessThanOrEqual(4);
  const sums = await when(
    await start([{ id: "m", kind: "map", over: [1, 2, 3, 4, 5], concurrency: 1, budget: { calls: 2 }, steps: [sum("s", "1+1")] }]),
    over,
  );
  expect(sums.failure?.message).toContain("2 of 2 tool calls");
});

test("B16: an agent adds no step for an agent that has tools it was not given", async () => {
  const value = { id: "more", kind: "agent", agent: "strong", input: { part: "x" } };
  const model = scriptedModel(({ turns }) =>
    turns.length === 0
      ? [
          {
            type: "call",
            call: { id: "c", name: "plan.revise", input: { patch: [{ op: "add", path: "/steps/-", value }], reason: "More." } },
          },
        ]
      : [{ type: "text", text: JSON.stringify(turns[0]?.calls[0]?.outcome) }],
  );
  const { start, when } = openEngine({
    agents: [worker("worker", ["plan.revise"]), { ...worker("strong", ["files.write"]), capabilities: [] }],
    model,
  });
  const state = await when(await start([agentStep("a")]), over);
  expect(state.revisions).toHaveLength(1);
  expect(state.answer).toContain("files.write can't be added");
});

/** The same log in a second host, once the first has closed. */
async function nextHost(first: ReturnType<typeof openEngine>, file: string, more: Parameters<typeof openEngine>[0] = {}) {
  await first.close();
  return openEngine({ file, ...more });
}

test("B17: a breakpoint that holds from its third hit on counts on in the next host", async () => {
  const file = join(temporaryFolder(), "botmojo.db");
  const first = openEngine({ file });
  const steps = ["a", "b", "c", "d"].map((id, index, all) => sum(id, "1+1", { needs: all.slice(0, index).slice(-1) }));
  const run = await first.start(steps, { breakpoints: ["tool:calculator #3", "step:b once"] });
  await first.when(run, ({ pause }) => pause?.at?.step === "b");
  const second = await nextHost(first, file);
  await second.engine.resume(run, {});
  const held = await second.when(run, ({ status }) => status === "paused" || status === "completed");
  expect(held.pause?.at?.step).toBe("c");
  expect(held.passed).toEqual({ "tool:calculator #3": ["tool a a.call", "tool b b.call"] });
});

test("B18: a limit that a person has lifted is lifted in the next host too", async () => {
  const file = join(temporaryFolder(), "botmojo.db");
  const parts = { agents: [worker("worker")], model: scriptedModel(() => [{ type: "text", text: "done" }]) };
  const first = openEngine({ file, ...parts });
  const steps = ["a", "b", "c"].map((id, index, all) => agentStep(id, { needs: all.slice(0, index).slice(-1) }));
  const run = await first.start(steps, { budget: { tokens: 15 }, breakpoints: ["budget", "step:c once"] });
  await first.when(run, ({ pause }) => pause?.at?.on === "budget");
  await first.engine.resume(run, {});
  await first.when(run, ({ pause }) => pause?.at?.step === "c");
  const second = await nextHost(first, file, parts);
  await second.engine.resume(run, {});
  const ended = await second.when(run, ({ status }) => status === "paused" || status === "completed");
  expect(ended).toMatchObject({ status: "completed", lifted: [{ step: null, of: "tokens" }] });
});
