// What must always be true of a log: each breach, planted, is named.
import { expect, test } from "vitest";
import type { NewEvent, ReviewId, RunId, StepId, ThreadId } from "../../../core/contract/index.ts";
import { Plan } from "../../../core/contract/index.ts";
import { checkInvariants } from "../../../core/runs/invariants.ts";
import { openEngine } from "../../support/engine.ts";

const run = "run_0000000000000a" as RunId;
const review = "review_0000000000000a" as ReviewId;
const about = { run, step: "a" as StepId, actor: "host" };
const plan = Plan.parse({
  version: 1,
  goal: "test",
  steps: [{ id: "a", kind: "tool", tool: "notes.add", input: { text: "n", words: "n" } }],
});
const started: NewEvent = {
  run,
  actor: "person:core",
  type: "run.started",
  data: {
    goal: "test",
    thread: "main" as ThreadId,
    model: "rules",
    modelKind: "rules",
    door: "core",
    timeZone: "UTC",
    locale: "en-GB",
    workspace: "/",
    planned: { plan, reason: "Given.", by: "person:core" },
  },
};
const call = { key: "a.call", name: "notes.add", call: "tool" as const };
const allowed = { rule: "built-in", policy: "1" };
const asked: NewEvent = { ...about, type: "effect.requested", data: { ...call, effect: "unsafe", input: {}, allowed } };
const answered: NewEvent = { ...about, type: "effect.completed", data: { ...call, output: null } };
const proposal = { key: "a.call", name: "notes.add", input: {} };
const doubted: NewEvent = { ...about, type: "review.requested", data: { review, kind: "effect", question: "Again?", proposal } };
const decided: NewEvent = { ...about, actor: "person", type: "review.decided", data: { review, decision: "approve", reason: "" } };
const ended: NewEvent = { run, actor: "host", type: "run.completed", data: { answer: "" } };

async function breachesOf(events: readonly NewEvent[]): Promise<string[]> {
  const { log } = openEngine();
  await log.append([started, ...events]);
  return checkInvariants(log).flatMap(({ name, breach }) => (breach === undefined ? [] : [name]));
}

test("A5: a log that is as it should be has no breach", async () => {
  expect(await breachesOf([asked, doubted, decided, asked, answered, ended])).toEqual([]);
});

test.each<[string, readonly NewEvent[]]>([
  ["every answer of an effect was asked for before", [answered]],
  ["every effect was answered once", [asked, answered, answered]],
  ["no call was made again after its answer", [asked, answered, doubted, decided, asked]],
  ["a call that must not happen twice was made once, and once more for each approval", [asked, asked]],
  ["a call that must not happen twice was made once, and once more for each approval", [asked, doubted, decided, asked, asked]],
  [
    "no tool was called without a rule and a policy that let it",
    [{ ...about, type: "effect.requested", data: { ...call, effect: "pure", input: {}, allowed: { rule: "built-in", policy: "" } } }],
  ],
  ["every decision answers a question", [decided]],
  ["every question was decided once", [doubted, decided, decided]],
  ["a run that has ended says nothing more, unless it is undone", [ended, asked]],
  ["no event holds a key", [{ ...about, type: "message.received", data: { name: "key", data: `sk-ant-${"x".repeat(40)}` } }]],
  ["an approved plan is the one that was approved", [{ run, actor: "person", type: "plan.approved", data: { revision: 1, hash: "0" } }]],
])("A5: %s, or it is named", async (name, events) => {
  expect(await breachesOf(events)).toContain(name);
});
