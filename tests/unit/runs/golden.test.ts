// Stored histories, written once by some version of BotMojo: every later one replays them to the same end.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ReplayOptions } from "../../../core/contract/index.ts";
import { agentRegistry } from "../../../core/agents/built-in.ts";
import { rulesModel } from "../../../core/models/rules/rules-model.ts";
import { replayRecording } from "../../../core/runs/record/replay-recording.ts";
import { systemClock } from "../../../core/system/clock.ts";
import { foundHistories, listedHistories } from "../../fixtures/recordings/stored.ts";
import { endsDiffer } from "../../support/ends.ts";
import { featuresOf, guardedTools, historiesFolder, openHistory, replayHistory, storedHistories } from "../../support/histories.ts";

const histories = storedHistories();
const alone = (name: string) => openHistory(readFileSync(join(historiesFolder, name), "utf8"));

test("A6: there are 500 histories and more, of everything that can happen in a run", () => {
  expect(histories.length).toBeGreaterThanOrEqual(500);
  const counts = new Map<string, number>();
  for (const { text } of histories)
    for (const feature of featuresOf(openHistory(text))) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  const rare = expected.filter((feature) => (counts.get(feature) ?? 0) < 5).map((feature) => `${feature}: ${counts.get(feature) ?? 0}`);
  expect(rare).toEqual([]);
});

test("A6: what is stored is as it was when it was stored", () => {
  expect(foundHistories()).toEqual(listedHistories());
});

test("A6: every history replays to its end without a divergence", async () => {
  const wrong: string[] = [];
  for (const { name, text } of histories) {
    const { original, again, same } = await replayHistory(openHistory(text));
    const { divergent, unmatched, live, firstDivergence } = again.replay ?? { divergent: 1, unmatched: 0, live: 0, firstDivergence: null };
    const differs = endsDiffer(original, again);
    if (!same || divergent + unmatched + live > 0) wrong.push(`${name} diverged: ${JSON.stringify(firstDivergence)}`);
    if (differs) wrong.push(`${name}: ${differs}`);
  }
  expect(wrong).toEqual([]);
}, 300_000);

test("A6: an agent that was chosen by its capability is the one that was chosen then", async () => {
  const finance = agentRegistry().get("finance");
  if (!finance) throw new Error("no finance");
  const agents = new Map([["rival", { ...finance, name: "rival", instructions: "Be first." }], ...agentRegistry()]);
  const deps = { tools: guardedTools(), simulator: rulesModel(), agents };
  const replay = ReplayOptions.parse({});
  const { again, same } = await replayRecording(alone("plan-every-kind.jsonl"), deps, { clock: systemClock, replay });
  expect(again.steps.find(({ id }) => id === "who")?.agent).toBe("finance");
  expect(same).toBe(true);
});

test("A6: an agent that is told something else, or has other tools, is a divergence with its cause", async () => {
  const deps = { tools: guardedTools(), simulator: rulesModel() };
  for (const [change, cause] of [
    [{ instructions: "Be brief." }, "prompt"],
    [{ tools: [] }, "code"],
  ] as const) {
    const agents = new Map([...agentRegistry()].map(([name, agent]) => [name, name === "finance" ? { ...agent, ...change } : agent]));
    const replay = ReplayOptions.parse({});
    const { again, same } = await replayRecording(alone("rules-one-sentence.jsonl"), { ...deps, agents }, { clock: systemClock, replay });
    expect(same).toBe(false);
    expect(again.replay?.firstDivergence).toMatchObject({ step: "finance", key: "finance.turn1", cause });
  }
});

/** Some of each must be there. */
const expected: readonly string[] = [
  "agent",
  "tool",
  "decide",
  "map",
  "loop",
  "review",
  "wait",
  "plan",
  "race",
  "inside a body",
  "body in a body",
  "ends completed",
  "ends failed",
  "ends cancelled",
  "skipped",
  "condition",
  "way around a failure",
  "call cut short",
  "tried again",
  "tried a third time",
  "failure timeout",
  "failure tool.failed",
  "failure model.unreachable",
  "failure input.invalid",
  "failure budget.exceeded",
  "budget lifted",
  "answer edited",
  "arguments edited",
  "message",
  "host restarted",
  "review, approve",
  "review, reject",
  "review, answer",
  "doubt, approve",
  "doubt, reject",
  "doubt, answer",
  "approved",
  "outside of the plan, approve",
  "outside of the plan, reject",
  "patch by person",
  "patch by agent",
  "fork",
  "fork of a fork",
  "replay",
  "undo",
  "redo",
];
