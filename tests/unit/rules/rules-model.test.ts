import * as chrono from "chrono-node/en";
import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { rulesModel } from "../../../core/models/rules/rules-model.ts";
import { readGoal } from "../../../core/models/rules/reading.ts";
import type { ModelPart, ModelRequest } from "../../../core/models/model.ts";
import { builtInTools } from "../../../core/tools/built-in.ts";
import { toolCard } from "../../../core/tools/tool.ts";
import { refused, sentences } from "./sentences.ts";

const person = { now: Date.parse("2026-11-24T10:00:00Z"), timeZone: "Europe/Tallinn", locale: "en-GB" };

function meaning(sentence: string, who = person) {
  return readGoal(sentence, who, chrono).map(({ reading }) => [
    reading.intent,
    ...reading.calls.map(({ input }) => {
      const { words: _, ...slots } = input as { words?: string };
      return slots;
    }),
  ]);
}

async function ask(request: Partial<ModelRequest> & Pick<ModelRequest, "agent" | "brief">): Promise<ModelPart[]> {
  const tools = [...builtInTools().values()].map(toolCard);
  const whole: ModelRequest = { instructions: "", thread: [], turns: [], tools, ...person, ...request };
  const parts: ModelPart[] = [];
  for await (const part of rulesModel().stream(whole, new AbortController().signal)) parts.push(part);
  return parts;
}

describe("N1: a sentence means", () => {
  test("at least sixty sentences stand in the table", () => expect(sentences.length).toBeGreaterThanOrEqual(60));
  test.each(sentences)("%s", (sentence, expected) => expect(meaning(sentence)).toEqual(expected));
});

describe.each(Object.entries(refused))("N2: refused near %s", (_agent, goals) => {
  test.each(goals)("%s", async (goal) => {
    const parts = await ask({ agent: "triage", brief: { goal, part: goal, results: [] } });
    const text = parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
    const [first] = (JSON.parse(text) as { parts: { agent: string; part: string }[] }).parts;
    const answer = await ask({ agent: first?.agent ?? "", brief: { goal, part: first?.part ?? "", results: [] } });
    expect(answer.map(({ type }) => type)).toEqual(["failure"]);
  });
});

test("N3: every call that a sentence leads to is one that its tool takes", () => {
  const tools = builtInTools();
  for (const [sentence] of sentences) {
    for (const { reading } of readGoal(sentence, person, chrono)) {
      for (const { name, input } of reading.calls)
        expect(tools.get(name)?.input.safeParse(input).success, `${sentence}: ${name}`).toBe(true);
    }
  }
});

test("N4: any text at all ends in one finish or failure, and its spans lie inside it", async () => {
  assert(
    property(string({ unit: "binary", maxLength: 200 }), (goal) => {
      for (const { start, end, words } of readGoal(goal, person, chrono)) {
        expect(0 <= start && start < end && end <= goal.length).toBe(true);
        expect(goal.slice(start, end)).toBe(words);
      }
    }),
    { numRuns: 500 },
  );
  const parts = await ask({ agent: "memory", brief: { goal: "\u{1f355}".repeat(50), part: "\u{1f355}", results: [] } });
  expect(parts.filter(({ type }) => type === "finish" || type === "failure")).toHaveLength(1);
});

describe("N5: the person's region decides", () => {
  test.each([
    ["en-US", "flight on 3/4/2027 at 6:45pm", { date: "2027-03-04", time: "18:45" }],
    ["en-GB", "flight on 3/4/2027 at 18:45", { date: "2027-04-03", time: "18:45" }],
    ["de-DE", "paid 20 for parking", { currency: "EUR" }],
    ["en-US", "paid 20 for parking", { currency: "USD" }],
    ["en-CA", "paid $20 for parking", { currency: "CAD" }],
    ["nb-NO", "kr 120 for bus ticket", { currency: "NOK" }],
    ["en-US", "how much did I spend this week?", { from: "2026-11-22", to: "2026-11-28" }],
    ["en-GB", "how much did I spend this week?", { from: "2026-11-23", to: "2026-11-29" }],
  ])("%s: %s", (locale, sentence, slots) => {
    expect(meaning(sentence, { ...person, locale })[0]?.[1]).toMatchObject(slots);
  });
});

test("N6: tomorrow is the person's tomorrow, not the machine's", () => {
  const late = { now: Date.parse("2026-11-24T23:30:00Z"), timeZone: "Asia/Tokyo", locale: "en-GB" };
  expect(meaning("lunch tomorrow at noon", late)[0]?.[1]).toMatchObject({ date: "2026-11-26", time: "12:00" });
  expect(meaning("lunch tomorrow at noon", { ...late, timeZone: "America/New_York" })[0]?.[1]).toMatchObject({ date: "2026-11-25" });
});

test("N7: a megabyte of text is read within bounds", () => {
  expect(readGoal("paid 5 EUR for bread, ".repeat(50_000), person, chrono).length).toBeLessThanOrEqual(40);
  expect(readGoal("a".repeat(1_000_000), person, chrono).length).toBeLessThanOrEqual(1);
});

test("N8: a tool that was not given is not called", async () => {
  const goal = "paid 5 EUR for bread";
  const parts = await ask({ agent: "finance", tools: [], brief: { goal, part: goal, results: [] } });
  expect(parts).toMatchObject([{ type: "failure", failure: { code: "denied" } }]);
});
