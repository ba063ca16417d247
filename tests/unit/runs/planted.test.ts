// Bugs planted in code that must give the same for the same: each is caught by a replay, with its place.
import { expect, test } from "vitest";
import { z } from "zod";
import type { Agent } from "../../../core/agents/agent.ts";
import { isOver, type ReplayOptions, type RunState } from "../../../core/contract/index.ts";
import { foldRecording } from "../../../core/runs/record/import-run.ts";
import { builtInTools } from "../../../core/tools/built-in.ts";
import { calculate } from "../../../core/tools/calculator.ts";
import { defineTool, type Tool } from "../../../core/tools/tool.ts";
import { openEngine, scriptedModel } from "../../support/engine.ts";
import { openHistory, replayHistory, storedHistories } from "../../support/histories.ts";
import { elsewhere, plants, type Plant } from "../../support/plants.ts";

const recorded: ReplayOptions = { otherwise: { is: "recorded" }, steps: {}, onDivergence: "stop" };
const steps = [
  { id: "before", kind: "tool", tool: "calculator", input: { expression: "1+1" } },
  { id: "here", kind: "tool", tool: "reckon", needs: ["before"], onError: "continue" },
  { id: "after", kind: "agent", agent: "worker", needs: ["here"], onError: "continue" },
];
const worker: Agent = { name: "worker", description: "", instructions: "Work.", tools: ["calculator"], capabilities: [] };

async function runTwice(parts: { reckon?: Plant; tool?: Tool; agent?: Agent }): Promise<RunState> {
  const reckon = parts.reckon ?? (() => 1);
  const pure = defineTool({
    name: "reckon",
    description: "",
    effect: "pure",
    input: z.object({}),
    run: async () => ({ value: await reckon() }),
  });
  const model = scriptedModel(() => [{ type: "text", text: "Done." }]);
  const { engine, start, when } = openEngine({ tools: [parts.tool ?? pure], agents: [parts.agent ?? worker], model });
  const run = await start(steps);
  await when(run, ({ status }) => isOver(status));
  return elsewhere(async () => when(await engine.replay({ run, options: recorded, breakpoints: [] }), ({ status }) => isOver(status)));
}

test("A6: code that gives the same replays the same", async () => {
  expect((await runTwice({})).replay).toMatchObject({ divergent: 0, unmatched: 0, firstDivergence: null });
});

test.each(Object.entries(plants))("A6: %s in a pure tool is caught, with its place", async (_, reckon) => {
  const { replay } = await runTwice({ reckon });
  expect(replay?.divergent).toBeGreaterThan(0);
  expect(replay?.firstDivergence).toMatchObject({ step: "here", key: "here", cause: "code" });
});

test("A6: what an agent is told, and with which tools, is caught when it is another the next time", async () => {
  const told: Agent = {
    ...worker,
    get instructions() {
      return `It is ${performance.now()}.`;
    },
  };
  expect((await runTwice({ agent: told })).replay?.firstDivergence).toMatchObject({ step: "after", key: "after.turn1", cause: "prompt" });
  const armed: Agent = {
    ...worker,
    get tools() {
      return [...builtInTools().keys()].toSorted(() => Math.random() - 0.5);
    },
  };
  expect((await runTwice({ agent: armed })).replay?.firstDivergence).toMatchObject({ step: "after", key: "after.turn1", cause: "code" });
});

test("A6: an argument that is filled in by chance is caught", async () => {
  const input = z.object({ n: z.number().default(() => Math.random()) });
  const tool = defineTool({ name: "reckon", description: "", effect: "reads", input, run: () => ({ value: 1 }) });
  expect((await runTwice({ tool })).replay?.firstDivergence).toMatchObject({ step: "here", key: "here.call", cause: "arguments" });
});

const perPlant = 12;
const reckoning = storedHistories().filter(({ text }) => passesPureTool(text));

test("A6: planted in the tools of stored histories, each is caught in every one that passes there", async () => {
  const missed: string[] = [];
  expect(reckoning.length).toBeGreaterThan(100);
  for (const [index, [plant, value]] of Object.entries(plants).entries()) {
    for (let count = 0; count < perPlant; count += 1) {
      const history = reckoning[(index * perPlant + count) % reckoning.length];
      const { again, same } = await replayHistory(openHistory(history?.text ?? ""), planted(value));
      const { cause, says } = again.replay?.firstDivergence ?? {};
      if (same || cause !== "code" || !says) missed.push(`${plant} in ${history?.name ?? ""}: ${says ?? "nothing"}`);
    }
  }
  expect(missed).toEqual([]);
}, 120_000);

function planted(plant: Plant): Tool[] {
  const input = z.object({ n: z.number() });
  const reckoned = z.object({ expression: z.string() });
  return [
    defineTool({ name: "add", description: "", effect: "pure", input, run: async ({ n }) => ({ n: n + 1, plant: await plant() }) }),
    defineTool({
      name: "calculator",
      description: "",
      effect: "pure",
      input: reckoned,
      run: async ({ expression }) => ({ value: calculate(expression), plant: await plant() }),
    }),
  ];
}

/** Whether a pure tool is called as a step of the plan itself; what lost a race, or was put in, is not done again. */
function passesPureTool(text: string): boolean {
  const { events, run, ...about } = openHistory(text);
  return foldRecording({ events, run, ...about }, run).steps.some(
    ({ id, step, status, source, effects }) =>
      !id.includes("/") &&
      step.kind === "tool" &&
      (step.tool === "add" || step.tool === "calculator") &&
      status === "completed" &&
      source === null &&
      effects.length === 0,
  );
}
