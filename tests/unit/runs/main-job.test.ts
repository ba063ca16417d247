import { expect, test } from "vitest";
import { foldEvents, type Plan } from "../../../core/contract/index.ts";
import { openTestCore, runGoal, temporaryFolder } from "../../support/core.ts";

const sentence = "Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian";

function day(offset: number): string {
  const now = new Date(Date.now() + offset * 86_400_000);
  return new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Tallinn", dateStyle: "short" }).format(now);
}

test("M1: one sentence becomes an entry, an expense and a fact, each with the words it came from", async () => {
  const { client } = openTestCore();
  const { summary, events } = await runGoal(client, sentence);
  expect(summary.status).toBe("completed");
  const state = foldEvents(events);
  expect(state?.items.map(({ body, words }) => ({ body, words }))).toEqual(
    expect.arrayContaining([
      {
        body: { kind: "agenda", title: "Lunch with Sara", date: day(1), time: "13:00", place: "Chipotle", people: ["Sara"] },
        words: "Lunch with Sara tomorrow at 1pm at Chipotle",
      },
      { body: { kind: "expense", minor: 2350, currency: "USD", vendor: "Chipotle", date: day(0) }, words: "paid $23.50" },
      { body: { kind: "fact", subject: "Sara", statement: "Sara is vegetarian." }, words: "remember she is vegetarian" },
    ]),
  );
  expect(state?.items).toHaveLength(3);
  for (const { words } of state?.items ?? []) expect(sentence).toContain(words);
});

test("M2: the parts run side by side between triage and answer, and each step's words lie in the goal", async () => {
  const { client } = openTestCore();
  const { events } = await runGoal(client, sentence);
  const plans = events.flatMap((event) => {
    if (event.type === "run.started") return event.data.planned ? [{ ...event.data.planned, revision: 1 }] : [];
    return event.type === "plan.revised" ? [event.data] : [];
  });
  expect(plans.map(({ revision, plan }) => [revision, plan.steps.map(({ id, needs }) => [id, needs])])).toEqual([
    [1, [["triage", []]]],
    [
      2,
      [
        ["triage", []],
        ["planner", ["triage"]],
        ["finance", ["triage"]],
        ["memory", ["triage"]],
        ["answer", ["planner", "finance", "memory"]],
      ],
    ],
  ]);
  const steps = events
    .filter(({ type }) => type === "step.started" || type === "step.completed")
    .map(({ type, step }) => `${type} ${step}`);
  expect(steps.indexOf("step.started memory")).toBeLessThan(steps.indexOf("step.completed planner"));
  const spans = plans[1]?.plan.steps.flatMap(({ words }) => words?.map(({ start, end }) => sentence.slice(start, end)) ?? []);
  expect(spans).toEqual(["Lunch with Sara tomorrow at 1pm at Chipotle", "paid $23.50", "remember she is vegetarian"]);
});

test("M3: what was kept answers later questions", async () => {
  const { client } = openTestCore();
  await runGoal(client, sentence);
  const answers = async (goal: string) => (await runGoal(client, goal)).summary.answer;
  expect(await answers("what do I know about Sara?")).toContain("Sara is vegetarian.");
  expect(await answers("what is on tomorrow?")).toContain("Lunch with Sara");
  expect(await answers("what is on tomorrow?")).toContain("13:00");
  expect(await answers("how much did I spend this week?")).toContain("US$23.50");
  expect(await answers("who is vegetarian?")).toBe("Sara is vegetarian.");
});

test("M4: files are found, the oldest first, and the findings kept", async () => {
  const workspace = temporaryFolder({
    "core/a.ts": "// TODO: first\nconst a = 1;\n// TODO: second\n",
    "core/deep/b.ts": "// TODO: third\n",
    "core/c.ts": "// TODO: fourth\n",
    "README.md": "# Boats\n\nBoats carry people over water and boats carry goods over water. Sails catch the wind so that boats move.\n",
  });
  const { client } = openTestCore({ workspace });
  const { summary, events } = await runGoal(client, "find the TODOs in ./core and remember the three oldest");
  expect(summary.answer).toContain("4 lines have “TODO” in ./core, oldest first; 3 shown");
  expect(foldEvents(events)?.items.map(({ body }) => body.kind)).toEqual(["note", "note", "note"]);
  const summarised = await runGoal(client, "summarise README.md");
  expect(summarised.summary.answer).toContain("Boats carry people over water");
  expect(summarised.summary.answer).toContain("not written by a language model");
});

test("M5: what needs a language model is refused in words, and the rest of the sentence is done", async () => {
  const { client } = openTestCore();
  const whole = await runGoal(client, "write a poem about the sea");
  expect(whole.summary).toMatchObject({ status: "failed", failure: { code: "model.needed" } });
  const mixed = await runGoal(client, "paid 5 EUR for bread, then write a poem about it");
  expect(mixed.summary.status).toBe("completed");
  expect(mixed.summary.answer).toContain("€5.00");
  expect(mixed.summary.answer).toContain("I can't do that without a language model");
});

test("M6: a file outside the workspace, or one that holds keys, is denied by name of the rule", async () => {
  const { client } = openTestCore({ workspace: temporaryFolder({ ".env": "KEY=1" }) });
  for (const [goal, rule] of [
    ["read /etc/passwd", "files.workspace"],
    ["read ../../../../etc/hostname.txt", "files.workspace"],
    ["read ./.env", "files.private"],
  ] as const) {
    const { summary, events } = await runGoal(client, goal);
    expect(summary).toMatchObject({ status: "failed", failure: { code: "denied" } });
    expect(events.flatMap((event) => (event.type === "tool.denied" ? [event.data.rule] : []))).toEqual([rule]);
  }
});

test("M7: a plan that is given is run as it is, references resolved", async () => {
  const { client } = openTestCore();
  const plan = {
    version: 1,
    goal: "add",
    steps: [
      { id: "s1", kind: "tool", tool: "calculator", input: { expression: "1+1" }, needs: [] },
      { id: "s2", kind: "tool", tool: "notes.add", input: { text: "two", words: "two" }, needs: ["s1"] },
    ],
  } as unknown as Plan;
  const { run } = await client.runs.start({ goal: "add", door: "core", plan });
  for await (const _ of await client.events.follow({ run, untilEnd: true }));
  expect((await client.runs.get({ run })).status).toBe("completed");
});

test("M8: plans that can't run are refused with the place", async () => {
  const { client } = openTestCore();
  const start = (steps: unknown[]) =>
    client.runs.start({ goal: "x", door: "core", plan: { version: 1, goal: "x", steps } as unknown as Plan });
  const tool = { kind: "tool", tool: "calculator", input: { expression: "1" } };
  await expect(
    start([
      { ...tool, id: "a", needs: ["b"] },
      { ...tool, id: "b", needs: ["a"] },
    ]),
  ).rejects.toThrow("a → b → a");
  await expect(start([{ ...tool, id: "a", needs: ["nobody"] }])).rejects.toThrow('"a" needs "nobody"');
  await expect(start([{ ...tool, id: "a", tool: "none", needs: [] }])).rejects.toThrow('"none", which there is not');
  await expect(start([])).rejects.toThrow("no steps");
  await expect(start([{ ...tool, id: "a", needs: [], input: { expression: { $from: "b", path: "" } } }])).rejects.toThrow(
    "without needing it",
  );
});

test("M9: empty, endless and binary goals are refused before anything is kept", async () => {
  const { client } = openTestCore();
  for (const goal of ["", "   \n", "x".repeat(1_000_000), "\u0000\u0001\u0002"]) {
    await expect(client.runs.start({ goal, door: "core" })).rejects.toMatchObject({ data: { code: "input.invalid" } });
  }
  expect((await client.runs.list({})).total).toBe(0);
  expect((await client.host.status()).lastSeq).toBe(0);
});
