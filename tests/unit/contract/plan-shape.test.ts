// What is no field of a plan is refused by its name and place, wherever a plan comes in.
import { expect, test } from "vitest";
import { planAfterTriage, firstPlan } from "../../../core/planning/triage-plan.ts";
import { failureOf, faultSentence, Plan } from "../../../core/contract/index.ts";
import { readPlan as readDraft } from "../../../renderer/state/draft.ts";
import { openTestCore } from "../../support/core.ts";
import { openEngine } from "../../support/engine.ts";

const sum = { id: "a", kind: "tool", tool: "calculator", input: { expression: "1+1" } };

function said(plan: object): string {
  const read = Plan.safeParse(plan);
  return read.success ? "" : faultSentence(read.error.issues, plan, "it");
}

const planOf = (...steps: object[]) => ({ version: 1, goal: "g", steps });

test("X1: a misspelt field is refused by name, with its place and the field that was meant", () => {
  expect([
    said({ ...planOf(sum), buget: { tokens: 1 } }),
    said(planOf(sum, { ...sum, id: "b", onEror: "continue" })),
    said(planOf({ ...sum, retry: { attemps: 2 } })),
    said(planOf({ ...sum, budget: { tokns: 5 } })),
    said(planOf({ ...sum, onError: { tkae: ["b"] } })),
    said(planOf({ ...sum, agent: "memory" })),
    said(planOf({ id: "m", kind: "map", over: { $from: "a", pth: "/x" }, needs: ["a"], steps: [sum] })),
    said(planOf({ id: "m", kind: "map", over: [1], steps: [{ ...sum, time0utMs: 5 }] })),
    said(planOf({ id: "d", kind: "decide", branches: [{ when: "true", tke: [] }] })),
    said(planOf({ id: "g", kind: "agent", agent: "memory", input: { prt: "x" } })),
    said(planOf({ id: "w", kind: "agent", agent: "memory", words: [{ start: 0, ende: 3 }] })),
  ]).toEqual([
    "buget is not a field of a plan; did you mean budget?",
    "steps[1].onEror is not a field of a tool step; did you mean onError?",
    "steps[0].retry.attemps is not a field of a retry; did you mean attempts?",
    "steps[0].budget.tokns is not a field of a budget; did you mean tokens?",
    "steps[0].onError.tkae is not a field of a way around a failure; did you mean take?",
    "steps[0].agent is not a field of a tool step; there are id, needs, words, when, retry, timeoutMs, budget, onError, kind, tool, input.",
    "steps[0].over.pth is not a field of a reference; did you mean path?",
    "steps[0].steps[0].time0utMs is not a field of a tool step; did you mean timeoutMs?",
    "steps[0].branches[0].tke is not a field of a branch; did you mean take?",
    "steps[0].input.prt is not a field of an agent step's input; did you mean part?",
    "steps[0].words[0].ende is not a field of a span of words; did you mean end?",
  ]);
});

test("X2: what is missing, of another kind or out of bounds is said in words too", () => {
  expect([
    said({ version: 1, goal: "g" }),
    said(planOf({ id: "a", kind: "tool" })),
    said(planOf({ ...sum, kind: "tol" })),
    said(planOf({ id: "a" })),
    said(planOf({ ...sum, timeoutMs: "5" })),
    said(planOf({ ...sum, timeoutMs: 0 })),
    said({ ...planOf(sum), version: 2 }),
    said(planOf({ ...sum, id: "1 2" })),
    said([]),
  ]).toEqual([
    "steps is missing.",
    "steps[0].tool is missing.",
    'steps[0].kind is "tol"; it must be one of agent, tool, decide, map, loop, review, wait, plan, race, program, exchange.',
    "steps[0].kind is missing; it must be one of agent, tool, decide, map, loop, review, wait, plan, race, program, exchange.",
    'steps[0].timeoutMs is "5"; it must be a number.',
    "steps[0].timeoutMs is 0; it must be more than 0.",
    "version is 2; it must be 1.",
    "steps[0].id is not right: a step id is a letter, then letters, digits, dot, dash or underscore, 64 at most.",
    "it is a list; it must be an object.",
  ]);
});

test("X3: a call with such a plan is refused, and so are a patch and the window's editor", async () => {
  const { client } = openTestCore();
  const plan = planOf({ ...sum, onEror: "continue" });
  const refusal = (error: unknown) => failureOf(error);
  expect(await client.runs.start({ goal: "g", door: "core", plan: plan as never }).catch(refusal)).toEqual({
    code: "input.invalid",
    message: "plan.steps[0].onEror is not a field of a tool step; did you mean onError?",
  });
  expect(await client.plans.check({ plan: plan as never }).catch(refusal)).toMatchObject({ code: "input.invalid" });
  expect(readDraft(JSON.stringify(plan))).toEqual({
    ok: false,
    says: "This is not a plan yet: steps[0].onEror is not a field of a tool step; did you mean onError?",
  });

  const { engine, start } = openEngine();
  const run = await start([{ id: "ask", kind: "review", question: "Go on?" }]);
  const patch = [{ op: "add", path: "/steps/-", value: { ...sum, neds: ["ask"] } }];
  expect(await engine.patch(run, { patch, reason: "", actor: "person" }).catch(refusal)).toMatchObject({
    code: "input.invalid",
    message: "The patched plan is not a plan: steps[1].neds is not a field of a tool step; did you mean needs?",
  });
});

test("X4: a misspelt reference in a tool's arguments is a mistake of the plan; one in an older log is read as it was", async () => {
  const { client } = openTestCore();
  const plan = Plan.parse(planOf(sum, { ...sum, id: "b", needs: ["a"], input: { expression: [{ $from: "a", pth: "/value" }] } }));
  expect(await client.plans.check({ plan })).toEqual({
    mistakes: ['Step "b": input.expression[0].pth is not a field of a reference; did you mean path?'],
  });
});

test("X5: what a triage says besides its parts is named in the plan's reason, and its parts are done", () => {
  const words = [{ start: 0, end: 4, text: "note" }];
  const answer = { parts: [{ agent: "memory", part: "note it", words, wrods: [] }], sure: true };
  const { plan, reason } = planAfterTriage(firstPlan("note it"), JSON.stringify(answer));
  expect(plan.steps.at(-1)).toMatchObject({ id: "memory", words: [{ start: 0, end: 4 }] });
  expect(reason).toBe(
    "Triage gave it to memory. Left out of its answer: parts[0].words[0].text is not a field of a span of words; there are start, end. " +
      "Left out of its answer: parts[0].wrods is not a field of a part; did you mean words? " +
      "Left out of its answer: sure is not a field of a triage; there are parts.",
  );
});
