// What MCP servers ask of the person in the midst of a call, in both eras.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Plan, type EventData, type ReviewDecision } from "../../../core/contract/index.ts";
import { openTestCore } from "../../support/core.ts";
import { stubFolder, stubServer, stubTool } from "../../support/mcp-stub.ts";

type Said = { readonly decision: ReviewDecision; readonly answer?: unknown };

/** Calls the stub's tool, gives these answers in turn, and tells what was asked and what came of it. */
async function ask(era: string, input: object, answers: readonly Said[]) {
  const folder = stubFolder([{ ...stubTool, inputSchema: { type: "object" } }]);
  writeFileSync(join(folder, "era.json"), JSON.stringify(era));
  const core = openTestCore({ env: process.env });
  const { client } = core;
  await client.policy.add({ rule: { decide: "allow", tool: "mcp.*", tainted: true } });
  await client.mcp.add({ server: stubServer(folder) });
  await client.mcp.approve({ name: "stub" });
  const call = { id: "call", kind: "tool", tool: "mcp.stub.echo", input: { do: "asks_person", ...input } };
  const plan = Plan.parse({ version: 1, goal: "Ask.", steps: [call] });
  const { run } = await client.runs.start({ goal: plan.goal, door: "core", plan });
  const asked: EventData<"review.requested">[] = [];
  const told: string[] = [];
  let output: unknown;
  for await (const followed of await client.events.follow({ run, untilEnd: true })) {
    if (followed.is === "signal" && followed.signal.type === "progress") told.push(followed.signal.text);
    if (followed.is !== "event") continue;
    const { type, data } = followed.event;
    if (type === "effect.completed") output = JSON.parse((data.output as { text: string }).text);
    if (type !== "review.requested") continue;
    asked.push(data);
    const said = answers[asked.length - 1] ?? { decision: "reject" as const };
    await client.review.decide({ review: data.review, ...said });
  }
  return { asked, told, output };
}

const form = {
  type: "object",
  properties: { city: { type: "string" }, nights: { type: "integer", minimum: 1, default: 2 }, sea: { type: "boolean", default: true } },
  required: ["city"],
};

test.each(["old", "new"])("MQ1: in the era %s a form is a question to the person; what does not fit is asked once more", async (era) => {
  const { asked, output } = await ask(era, { message: "Where to?", form }, [
    { decision: "approve" },
    { decision: "answer", answer: { city: "Tartu", nights: 0 } },
    { decision: "answer", answer: { city: "Tartu", nights: 3 } },
  ]);
  expect(asked.map(({ kind, question }) => [kind, question])).toEqual([
    ["question", expect.stringMatching(/^The MCP server stub asks you: Where to\? Answer/)],
    ["question", expect.stringMatching(/Your answer did not fit: city:/)],
    ["question", expect.stringMatching(/Your answer did not fit: nights:/)],
  ]);
  expect(asked[0]?.proposal).toMatchObject({ server: "stub", message: "Where to?", form });
  const more = era === "new" ? { requestState: "kept" } : {};
  expect(output).toEqual({ action: "accept", content: { city: "Tartu", nights: 3, sea: true }, ...more });
});

test("MQ2: approved as it is the fields get their defaults; rejected, the server is told no", async () => {
  const free = { ...form, required: ["nights"] };
  expect((await ask("old", { message: "Where to?", form: free }, [{ decision: "approve" }])).output).toEqual({
    action: "accept",
    content: { nights: 2, sea: true },
  });
  expect((await ask("new", { message: "Where to?", form }, [{ decision: "reject" }])).output).toMatchObject({ action: "decline" });
});

test.each([
  ["message", { message: "Your password?", form }],
  ["field", { message: "One thing more.", form: { type: "object", properties: { api_key: { type: "string" } } } }],
  ["field in one word", { message: "One thing more.", form: { type: "object", properties: { userPassword: { type: "string" } } } }],
  ["title", { message: "One thing more.", form: { type: "object", properties: { a: { type: "string", title: "PIN" } } } }],
])("MQ3: a question for a secret in its %s is blocked, and that is shown", async (_, input) => {
  const { asked, told, output } = await ask("old", input, []);
  expect(asked).toEqual([]);
  expect(told).toContain("The MCP server stub asked for a password or another secret; that was blocked.");
  expect(output).toMatchObject({ action: "decline" });
});

test.each(["old", "new"])("MQ4: in the era %s an address is shown and never opened; one that is not https is blocked", async (era) => {
  const shown = await ask(era, { message: "Pay there.", url: "https://pay.example/1" }, [{ decision: "approve" }]);
  expect(shown.asked).toMatchObject([
    {
      question: expect.stringMatching(/open pay\.example in a browser.*Pay there\.$|open pay\.example .*Nothing is opened/),
      proposal: { address: "https://pay.example/1" },
    },
  ]);
  expect(shown.output).toMatchObject({ action: "accept" });
  for (const url of ["http://pay.example/", "file:///etc/passwd", "https://me:you@pay.example/"]) {
    const { asked, told, output } = await ask(era, { message: "Pay there.", url }, []);
    expect({ asked, output }).toMatchObject({ asked: [], output: { action: "decline" } });
    expect(told).toContain("The MCP server stub wanted the person to open what is no https address; that was blocked.");
  }
});
