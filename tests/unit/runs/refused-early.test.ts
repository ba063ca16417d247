// What can't come to anything is refused before anything runs, by its name and place.
import { expect, test } from "vitest";
import { Plan } from "../../../core/contract/index.ts";
import { openTestCore } from "../../support/core.ts";

const sum = { id: "a", kind: "tool", tool: "calculator", input: { expression: "1+1" } };
const planOf = (...steps: object[]) => Plan.parse({ version: 1, goal: "g", steps });

test.each<[string, object[], RegExp | undefined]>([
  [
    "a global",
    [sum, { ...sum, id: "b", needs: ["a"], when: "globalThis.process" }],
    /^Step "b": The condition "globalThis.process" names globalThis, which there is not\.$/,
  ],
  ["a step that there is not", [{ ...sum, when: "zz.value == 1" }], /names zz/],
  ["no yes or no", [{ ...sum, when: "1" }], /^Step "a": The condition "1" gives int, not true or false\.$/],
  [
    "a branch's unknown name",
    [sum, { id: "d", kind: "decide", needs: ["a"], branches: [{ when: "process.exit()", take: [] }] }],
    /Step "d".*names process/,
  ],
  [
    "a loop's end by a step of its body and its last",
    [{ id: "l", kind: "loop", limit: 3, until: "last.value > 1 && again.value > 1", steps: [{ ...sum, id: "again" }] }],
    undefined,
  ],
  [
    "a body's own names and a step outside it",
    [sum, { id: "m", kind: "map", needs: ["a"], over: [1], steps: [{ ...sum, id: "b", when: "item == 1 && index == 0 && a.value == 2" }] }],
    undefined,
  ],
  [
    "a name in a body that stands outside it too",
    [sum, { id: "l", kind: "loop", limit: 2, until: "a.value == 2", steps: [{ ...sum }] }],
    undefined,
  ],
  ["the names of another body", [sum, { ...sum, id: "b", when: "item == 1" }], /names item/],
  [
    "a name inside a loop over a list",
    [sum, { ...sum, id: "b", needs: ["a"], when: "[1, 2].exists(x, x > a.value) || steps.a.value == 1 || goal == 'g'" }],
    undefined,
  ],
  ["an argument that is missing", [{ ...sum, input: { nope: 1 } }], /^Step "a": calculator: expression is missing|nope is not a field/],
  [
    "an argument that is only known later",
    [sum, { ...sum, id: "b", needs: ["a"], input: { expression: { $from: "a", path: "/value" } } }],
    undefined,
  ],
  ["depth", [{ ...sum, input: { expression: JSON.parse("[".repeat(5000) + "]".repeat(5000)) as unknown } }], /nested more than 200 deep/],
])("RE1: a plan with %s", async (_, steps, says) => {
  const { mistakes } = await openTestCore().client.plans.check({ plan: planOf(...steps) });
  if (says) expect(mistakes.join("\n")).toMatch(says);
  else expect(mistakes).toEqual([]);
});

test("RE2: a breakpoint over a name that there is not is refused, not passed by", async () => {
  const { client } = openTestCore();
  const start = (breakpoint: string) => client.runs.start({ goal: "", door: "core", plan: planOf(sum), breakpoints: [breakpoint] });
  await expect(start('tool:calculator if args.expression == "1+1"')).rejects.toThrow("names args, which there is not");
  const { run } = await start('tool if input.expression == "1+1" && name == "calculator" && !differs && step != ""');
  while ((await client.runs.get({ run })).status !== "paused") await new Promise((resolve) => setTimeout(resolve, 5));
});

test("RE3: arguments that the tool can't take leave the run held; others let it go on", async () => {
  const { client } = openTestCore();
  const { run } = await client.runs.start({ goal: "", door: "core", plan: planOf(sum), breakpoints: ["tool"] });
  const status = async () => (await client.runs.get({ run })).status;
  while ((await status()) !== "paused") await new Promise((resolve) => setTimeout(resolve, 5));
  await expect(client.runs.resume({ run, edit: { input: { bogus: 1 } } })).rejects.toThrow(/calculator: .*(missing|not a field)/);
  expect(await status()).toBe("paused");
  await client.runs.resume({ run, edit: { input: { expression: "2+3" } } });
  while ((await status()) !== "completed") await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await client.runs.get({ run })).answer).toContain("5");
});
