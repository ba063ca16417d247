// What comes of a failure, also when the host stops right after it, the body is tried again, or the run is forked.
import { expect, test } from "vitest";
import { z } from "zod";
import { isOver, Plan, type NewEvent, type RunId, type RunState, type StepId, type ThreadId } from "../../../core/contract/index.ts";
import { fail } from "../../../core/contract/failure.ts";
import { readFold } from "../../../core/runs/tables/lineage.ts";
import { defineTool, type Tool } from "../../../core/tools/tool.ts";
import { openEngine } from "../../support/engine.ts";
import { sum } from "../../support/steps.ts";

const over = ({ status }: RunState) => isOver(status);

/** Fails so often, then says how often it was called. */
function flaky(failures: number): { tool: Tool; calls: () => number } {
  let calls = 0;
  const run = () => {
    calls += 1;
    if (calls <= failures) throw fail("tool.failed", "Not yet.");
    return { calls };
  };
  return { tool: defineTool({ name: "flaky", description: "", effect: "idempotent", input: z.object({}), run }), calls: () => calls };
}

test("R14: a failure that ends the run ends it too when the host stops right after it", async () => {
  const { engine, log, when } = openEngine();
  const run = "run_0000000000000a" as RunId;
  const plan = Plan.parse({ version: 1, goal: "test", steps: [sum("a", "1/0"), sum("b", "1+1")] });
  const about = { run, actor: "host" };
  const model = { model: "rules", modelKind: "rules" as const, thread: "main" as ThreadId, goal: "test", workspace: "/" };
  const place = { door: "core" as const, timeZone: "UTC", locale: "en-GB" };
  const started: NewEvent = {
    ...about,
    type: "run.started",
    data: { ...model, ...place, planned: { plan, reason: "Given.", by: "host" } },
  };
  const failure = { code: "input.invalid" as const, message: "No." };
  await log.append([started, { ...about, step: "a" as StepId, type: "step.failed", data: { failure } }]);
  await engine.resumeAll("The host was started again.");
  expect(await when(run, over)).toMatchObject({ status: "failed", failure });
});

test("R15: a body that is tried again tries again what failed in it", async () => {
  const { tool, calls } = flaky(1);
  const { start, when } = openEngine({ tools: [tool] });
  const body = [{ id: "one", kind: "tool", tool: "flaky" }];
  const run = await start([{ id: "each", kind: "map", over: [1], retry: { attempts: 2, delayMs: 1 }, steps: body }]);
  const { status, steps } = await when(run, over);
  expect({ status, output: steps[0]?.output, calls: calls() }).toEqual({ status: "completed", output: [{ calls: 2 }], calls: 2 });
});

test("F14: a fork keeps a failure that the plan went on from", async () => {
  const { tool, calls } = flaky(1);
  const { engine, log, start, when } = openEngine({ tools: [tool] });
  const run = await start([{ id: "a", kind: "tool", tool: "flaky", onError: "continue" }, sum("b", "1+1", { needs: ["a"] })]);
  await when(run, over);
  const fork = await engine.fork({ run, edits: [], breakpoints: [] });
  await when(fork, over);
  const { status, steps } = readFold(log, fork).state ?? {};
  expect([status, steps?.map((step) => step.status)]).toEqual(["completed", ["failed", "completed"]]);
  expect(calls()).toBe(1);
});

test("P14: a step inside a body hides its namesake outside, also when it has no result", async () => {
  const { tool } = flaky(1);
  const { start, when } = openEngine({ tools: [tool] });
  const inner = [
    { id: "a", kind: "tool", tool: "flaky", onError: "continue" },
    sum("b", { $from: "a", path: "/value", default: "40+2" }, { needs: ["a"] }),
  ];
  const run = await start([sum("a", "1+1"), { id: "body", kind: "plan", needs: ["a"], steps: inner }]);
  expect((await when(run, over)).steps.find(({ id }) => id === "body")?.output).toEqual({ b: { value: 42 } });
});

test("P15: steps of a race can't need one another, since which of them has ended is a matter of time", async () => {
  const { start } = openEngine();
  const race = { id: "r", kind: "race", steps: [sum("a", "1"), sum("b", "2", { needs: ["a"] })] };
  await expect(start([race])).rejects.toThrow('Step "r/b" is in a race');
});

test.each([
  ["fail", "failed"],
  ["continue", "completed"],
] as const)("R16: a step whose condition fails has failed, and the plan's word on that holds: %s", async (onError, status) => {
  const { start, when } = openEngine();
  const run = await start([
    sum("a", "1+1"),
    sum("b", "2+2", { when: "a.nothing > 1", needs: ["a"], onError }),
    sum("c", "3+3", { needs: ["b"] }),
  ]);
  const ended = await when(run, over);
  expect(ended.status).toBe(status);
  expect(ended.steps[1]).toMatchObject({ status: "failed", failure: { code: "input.invalid" } });
});
