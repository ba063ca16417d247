// Stored histories, written once by some version of BotMojo: every later one replays them to the same end.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { ReplayOptions } from "../../../core/contract/index.ts";
import { root } from "../../../electron/setup/places.ts";
import { agentRegistry } from "../../../core/agents/built-in.ts";
import { rulesModel } from "../../../core/models/rules/rules-model.ts";
import { RecordingReader, type Recording } from "../../../core/runs/record/recording.ts";
import { systemClock } from "../../../core/system/clock.ts";
import { replayRecording } from "../../../core/runs/record/replay-recording.ts";
import { builtInTools } from "../../../core/tools/built-in.ts";
import { calculate } from "../../../core/tools/calculator.ts";
import { defineTool, type Tool } from "../../../core/tools/tool.ts";

const folder = join(root, "tests", "fixtures", "recordings");
const names = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));

function open(name: string): Recording {
  const reader = new RecordingReader();
  reader.take(readFileSync(join(folder, name), "utf8"));
  return reader.end();
}

/** Any other tool than a pure one would touch the world. */
function guarded(more: readonly Tool[] = []): ReadonlyMap<string, Tool> {
  const called = (tool: Tool): Tool =>
    tool.effect === "pure" ? tool : { ...tool, run: () => Promise.reject(new Error(`${tool.name} was called`)) };
  return new Map([...[...builtInTools().values()].map(called), ...more].map((tool) => [tool.name, tool]));
}

function replay(recording: Recording, options: Partial<ReplayOptions> = {}, more: readonly Tool[] = []) {
  const deps = { tools: guarded(more), agents: agentRegistry(), simulator: rulesModel() };
  return replayRecording(recording, deps, { clock: systemClock, replay: ReplayOptions.parse(options) });
}

test("A6: there are histories of every kind of run", () => {
  const kinds = new Set(names.map((name) => name.split("-")[0]));
  expect([...kinds]).toEqual(expect.arrayContaining(["rules", "plan", "fork", "failure", "held", "schema"]));
  expect(names.length).toBeGreaterThan(18);
});

test.each(names)("A6: %s replays to its end without a divergence", async (name) => {
  const { original, again, same } = await replay(open(name));
  expect(again.replay).toMatchObject({ divergent: 0, unmatched: 0, live: 0, firstDivergence: null });
  expect({ status: again.status, answer: again.answer, failure: again.failure }).toEqual({
    status: original.status,
    answer: original.answer,
    failure: original.failure,
  });
  const ends = ({ steps }: typeof original) => Object.fromEntries(steps.map(({ id, status, output }) => [id, { status, output }]));
  expect(ends(again)).toEqual(ends(original));
  expect(same).toBe(true);
});

const planted: readonly [string, () => unknown][] = [
  ["Date.now()", () => Date.now()],
  ["Math.random()", () => Math.random()],
  ["process.hrtime()", () => process.hrtime.bigint().toString()],
  [
    "the order of a Map",
    () => [
      ...new Map(
        [
          ["b", 1],
          ["a", 2],
        ].map(([key, value], index) => [`${key}${index + Math.random()}`, value]),
      ),
    ],
  ],
];
const reckoning = names.filter((name) =>
  open(name).events.some(({ type, data }) => type === "run.started" && JSON.stringify(data).includes('"calculator"')),
);

test.each(planted)("A6: %s planted in a pure tool is caught in every history that reckons, with its place", async (_, plant) => {
  const calculator = defineTool({
    name: "calculator",
    description: "Reckons, and looks where it must not.",
    effect: "pure",
    input: z.object({ expression: z.string() }),
    run: ({ expression }) => ({ value: calculate(expression), plant: plant() }),
  });
  expect(reckoning.length).toBeGreaterThan(3);
  for (const name of reckoning) {
    const recording = open(name);
    if (!recording.events.some(({ type, step }) => type === "step.completed" && step !== null)) continue;
    const { again, same } = await replay(recording, {}, [calculator]);
    const reckoned = Object.keys(again.replay?.firstDivergence ?? {}).length > 0;
    const everReckons = (await replay(recording)).again.steps.some(
      ({ step, source, effects, status }) =>
        step.kind === "tool" && step.tool === "calculator" && source === null && effects.length === 0 && status === "completed",
    );
    expect({ name, reckoned, same }).toEqual({ name, reckoned: everReckons, same: !everReckons });
    if (everReckons) expect(again.replay?.firstDivergence).toMatchObject({ cause: "code", says: expect.stringContaining("was recorded") });
  }
});

test("A6: an agent that was chosen by its capability is the one that was chosen then", async () => {
  const recording = open("plan-every-kind.jsonl");
  const finance = agentRegistry().get("finance");
  if (!finance) throw new Error("no finance");
  const agents = new Map([["rival", { ...finance, name: "rival", instructions: "Be first." }], ...agentRegistry()]);
  const deps = { tools: guarded(), simulator: rulesModel(), agents };
  const { again, same } = await replayRecording(recording, deps, { clock: systemClock, replay: ReplayOptions.parse({}) });
  expect(again.steps.find(({ id }) => id === "who")?.agent).toBe("finance");
  expect(same).toBe(true);
});

test("A6: an agent that is told something else, or has other tools, is a divergence with its cause", async () => {
  const recording = open("rules-one-sentence.jsonl");
  const deps = { tools: guarded(), simulator: rulesModel() };
  for (const [change, cause] of [
    [{ instructions: "Be brief." }, "prompt"],
    [{ tools: [] }, "code"],
  ] as const) {
    const agents = new Map([...agentRegistry()].map(([name, agent]) => [name, name === "finance" ? { ...agent, ...change } : agent]));
    const { again, same } = await replayRecording(recording, { ...deps, agents }, { clock: systemClock, replay: ReplayOptions.parse({}) });
    expect(same).toBe(false);
    expect(again.replay?.firstDivergence).toMatchObject({ step: "finance", key: "finance.turn1", cause });
  }
});
