// MCP servers as tools: real processes, over the same call path as every tool.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hostWithStub, lives, stubServer, stubFolder, stubTool, callTool } from "../../support/mcp-stub.ts";
import { openTestCore } from "../../support/core.ts";

const said = (text: string) => ({ output: { text }, from: ["the MCP server stub"] });
const failure = (code: string, message: RegExp) => ({
  failure: expect.objectContaining({ code, message: expect.stringMatching(message) }),
});

test("MC1: nothing is offered before it is approved; what is approved is called, and its result comes from the server", async () => {
  const core = openTestCore({ env: process.env });
  await core.client.mcp.add({ server: stubServer(stubFolder()) });
  const names = async () => (await core.client.tools.list()).map(({ name }) => name).filter((name) => name.startsWith("mcp."));
  expect(await names()).toEqual([]);
  await core.client.mcp.approve({ name: "stub" });
  expect(await names()).toEqual(["mcp.stub.echo"]);
  await core.client.policy.add({ rule: { decide: "allow", tool: "mcp.stub.*" } });
  expect(await callTool(core, "mcp.stub.echo", { words: "hello" })).toEqual(said("hello"));
  await core.client.mcp.remove({ name: "stub" });
  expect(await names()).toEqual([]);
});

test("MC2: wrong ids, second answers, answers out of order and noise mix nothing up", async () => {
  const { call } = await hostWithStub();
  expect(await call({ do: "wrong-id" })).toEqual(said("right"));
  expect(await call({ do: "twice" })).toEqual(said("first"));
  expect(await call({ words: "own" })).toEqual(said("own"));
  expect(await call({ do: "noise" })).toEqual(said("after noise"));
  const words = ["one", "two", "three"];
  expect(await Promise.all(words.map((one) => call({ do: "reversed", words: one })))).toEqual(words.map(said));
});

test.each([
  ["long", { megabytes: 100 }, /sent a line longer than 4 MiB/],
  ["no-utf8", {}, /sent a line that is not UTF-8/],
  ["exit", {}, /ended \(exit code 3\): out of memory/],
  ["flood", {}, /sent more than 2000 messages in a second/],
  ["deep", {}, /sent a message nested deeper than 100/],
  ["no-result", {}, /answered with what is no answer/],
])("MC3: after %s the call fails in words, and the next one finds the server started again", async (what, more, says) => {
  const { call, lines } = await hostWithStub();
  expect(await call({ do: what, ...more })).toMatchObject(failure("tool.failed", says));
  expect(await call({ words: "again" })).toEqual(said("again"));
  expect(lines("started")).toHaveLength(2);
  await expect.poll(() => lines("started").map((pid) => lives(Number(pid)))).toEqual([false, true]);
});

test("MC4: a description, a schema or a list that changed closes the server until it is approved anew", async () => {
  const { call, client, offer } = await hostWithStub();
  expect(await call({ do: "turns" })).toMatchObject({
    ...failure("tool.failed", /was made, and what came of it was dropped.*no longer what you approved.*botmojo mcp approve stub/),
    denied: false,
  });
  expect(await call({ words: "x" })).toMatchObject({ ...failure("denied", /no longer what you approved/), denied: true });
  offer([stubTool]);
  expect(await call({ words: "it turned back" })).toMatchObject({ denied: true });
  await expect(client.mcp.approve({ name: "stub" })).resolves.toMatchObject({ state: "approved" });
  expect(await call({ words: "x" })).toEqual(said("x"));
  offer([stubTool, { ...stubTool, name: "other" }]);
  await expect(client.mcp.approve({ name: "stub" })).rejects.toThrow("another than was shown last");
  expect(await call({ words: "x" })).toMatchObject({ denied: true });
  expect(await client.mcp.look({ name: "stub" })).toMatchObject({
    state: "changed",
    now: { card: { tools: [{ name: "echo" }, { name: "other" }] } },
  });
  await client.mcp.approve({ name: "stub" });
  expect(await call({ words: "x" }, "mcp.stub.other")).toEqual(said("x"));
});

test("MC5: a model's turn and folders are refused; a question for a password is blocked", async () => {
  const { call } = await hostWithStub();
  const { output } = (await call({ do: "asks" })) as { output: { text: string } };
  // In the order in which they were answered, which is no matter.
  const answers = ["elicitation/create: decline", "roots/list: -32601", "sampling/createMessage: -32601"];
  expect(output.text.split(", ").toSorted()).toEqual(answers);
});

test("MC6: a result is cut at 1 MiB; a failure is told in the server's words; arguments are checked first", async () => {
  const { call } = await hostWithStub();
  const big = await call({ do: "big" });
  expect(big).toMatchObject({ output: { truncated: true } });
  expect((big as { output: { text: string } }).output.text).toHaveLength(1024 * 1024);
  expect(await call({ do: "fails" })).toMatchObject(failure("tool.failed", /^The MCP server stub says: no such city$/));
  expect(await call({ words: 5 })).toMatchObject(failure("input.invalid", /words/));
});

test("MC7: a cancelled call reaches the server as a cancellation, one that was answered does not", async () => {
  const { core, client, call, lines } = await hostWithStub();
  await call({ words: "done" });
  const plan = {
    version: 1 as const,
    goal: "Hang.",
    steps: [{ id: "call", kind: "tool" as const, tool: "mcp.stub.echo", input: { do: "hang" } }],
  };
  const { run } = await client.runs.start({ goal: "Hang.", door: "core", plan });
  await expect.poll(() => lines("called")).toHaveLength(2);
  await client.runs.cancel({ run });
  await expect.poll(() => lines("cancelled")).toHaveLength(1);
  await core.close();
  expect(lines("cancelled")).toHaveLength(1);
});

test("MC8: no process is left over, of the server's own children either, however it hangs", async () => {
  const { core, call, lines } = await hostWithStub();
  const child = await call({ do: "child" });
  const pid = Number((child as { output: { text: string } }).output.text);
  expect(lives(pid)).toBe(true);
  void call({ do: "hang-hard" }).catch(() => {});
  await expect.poll(() => lines("called")).toHaveLength(2);
  await core.close();
  await expect.poll(() => [pid, ...lines("started").map(Number)].filter(lives)).toEqual([]);
});

test("MC9: it is given the variables that are named and what a process needs, nothing else", async () => {
  const { call } = await hostWithStub([stubTool], { ...process.env, SECRET_OF_MINE: "x", TMPDIR: "/tmp", LANG: "C" });
  const { output } = (await call({ do: "environment" })) as { output: { text: string } };
  const allowed = ["ELECTRON_RUN_AS_NODE", "HOME", "LANG", "PATH", "TMPDIR"];
  expect(output.text.split(" ").filter((name) => !allowed.includes(name))).toEqual([]);
  expect(output.text).toContain("PATH");
});

test("MC10: no tool of a server takes the place of another; hidden and endless words are kept from models", async () => {
  const { client } = await hostWithStub([
    { ...stubTool, name: "shell", description: "Run\u200bs.\u{e0041} " + "x".repeat(1_000_000) },
    { ...stubTool, name: "a b" },
    { ...stubTool, name: "twin" },
    { ...stubTool, name: "twin", description: "Other." },
  ]);
  const listed = await client.tools.list();
  const own = listed.filter(({ name }) => name.startsWith("mcp."));
  expect(own.map(({ name }) => name)).toEqual(["mcp.stub.shell", "mcp.stub.twin"]);
  expect(own[0]?.description).toMatch(/^Runs\. x{990,}…$/);
  expect(own[0]?.description.length).toBeLessThan(1010);
  expect(listed.filter(({ name }) => name === "shell")).toHaveLength(1);
  const [view] = await client.mcp.list();
  expect(view?.approved?.card.leftOut).toEqual([expect.stringMatching(/^a b: its name/), "twin: there are two of that name"]);
});

test("MC11: arguments are held against the server's schema, references in it too; its patterns are never run", async () => {
  const odd = {
    type: "object",
    properties: {
      words: { type: "string", pattern: "^(a+)+$" },
      pattern: { type: "integer" },
      tree: { $ref: "#/$defs/tree" },
    },
    required: ["pattern"],
    additionalProperties: false,
    $defs: { tree: { type: "object", properties: { leaf: { type: "string" }, kid: { $ref: "#/$defs/tree" } }, required: ["leaf"] } },
  };
  const conditional = { type: "object", properties: { words: { type: "string" } }, dependentRequired: { a: ["b"] } };
  const { call } = await hostWithStub([
    { ...stubTool, inputSchema: odd },
    { ...stubTool, name: "open", inputSchema: conditional },
  ]);
  expect(await call({ words: `${"a".repeat(50)}!`, pattern: 1, tree: { leaf: "x", kid: { leaf: "y" } } })).toEqual(
    said(`${"a".repeat(50)}!`),
  );
  expect(await call({ words: "x" })).toMatchObject(failure("input.invalid", /pattern/));
  expect(await call({ pattern: 1, more: 1 })).toMatchObject(failure("input.invalid", /more/));
  expect(await call({ pattern: 1, tree: { leaf: "x", kid: {} } })).toMatchObject(failure("input.invalid", /tree\.kid\.leaf/));
  expect(await call({ words: "hello" }, "mcp.stub.open")).toEqual(said("hello"));
});

test("MC12: two servers may have tools of one name, and what one does leaves the other alone", async () => {
  const { client, core, call } = await hostWithStub();
  await client.mcp.add({ server: stubServer(stubFolder(), "second") });
  await client.mcp.approve({ name: "second" });
  const flooded = call({ do: "flood" });
  expect(await callTool(core, "mcp.second.echo", { words: "mine" })).toEqual({ output: { text: "mine" }, from: ["the MCP server second"] });
  expect(await flooded).toMatchObject(failure("tool.failed", /messages in a second/));
  expect(await call({ do: "turns" })).toMatchObject(failure("tool.failed", /was made.*stub is no longer/));
  expect(await callTool(core, "mcp.second.echo", { words: "still" })).toMatchObject({ output: { text: "still" } });
});

test("MC13: a server that hangs is given up once a call was cancelled, and the next call finds a new one", async () => {
  const { client, call, lines } = await hostWithStub();
  const plan = {
    version: 1 as const,
    goal: "Hang.",
    steps: [{ id: "call", kind: "tool" as const, tool: "mcp.stub.echo", input: { do: "hang-hard" } }],
  };
  const { run } = await client.runs.start({ goal: "Hang.", door: "core", plan });
  await expect.poll(() => lines("called")).toHaveLength(1);
  await client.runs.cancel({ run });
  await expect.poll(() => lives(Number(lines("started")[0])), { timeout: 10_000 }).toBe(false);
  expect(await call({ words: "anew" })).toEqual(said("anew"));
});

test("MC14: a server whose folder is gone is told of in words", async () => {
  const core = openTestCore({ env: process.env });
  const server = { ...stubServer("/no/such/folder"), env: [] };
  await expect(core.client.mcp.add({ server })).rejects.toThrow("The folder /no/such/folder, where it starts, is not there.");
  expect(await core.client.mcp.list()).toEqual([]);
});

test("MC15: an answer of a server that has changed and does not say how is not used", async () => {
  const { call, lines } = await hostWithStub();
  expect(await call({ do: "turns-mute" })).toMatchObject(failure("tool.failed", /said that it changed, and not how/));
  expect(await call({ words: "anew" })).toEqual(said("anew"));
  expect(lines("started")).toHaveLength(2);
});

test.each(["old", "old and silent", "old and brittle", "new"])(
  "MC16: a server of the era %s is spoken to as it knows; a change it tells of closes it, whatever it said of how long its list lasts",
  async (era) => {
    const folder = stubFolder();
    writeFileSync(join(folder, "era.json"), JSON.stringify(era));
    const core = openTestCore({ env: process.env });
    await core.client.policy.add({ rule: { decide: "allow", tool: "mcp.*", tainted: true } });
    await core.client.mcp.add({ server: stubServer(folder) });
    await core.client.mcp.approve({ name: "stub" });
    const call = (input: object) => callTool(core, "mcp.stub.echo", input);
    expect(await call({ words: "hello" })).toEqual(said("hello"));
    expect(await call({ do: "turns" })).toMatchObject(failure("tool.failed", /was made.*no longer what you approved/));
    expect(readFileSync(join(folder, "started"), "utf8").trim().split("\n")).toHaveLength(era === "old and brittle" ? 2 : 1);
  },
);

test("MC17: a null for what may be left out is left out; one for what is needed is told", async () => {
  const inputSchema = {
    ...stubTool.inputSchema,
    properties: { ...stubTool.inputSchema.properties, times: { type: "number" } },
    required: ["times"],
  };
  const { call } = await hostWithStub([{ ...stubTool, inputSchema }]);
  expect(await call({ words: "hi", do: null, times: 1 })).toEqual(said("hi"));
  expect(await call({ words: "hi", times: null })).toMatchObject(failure("input.invalid", /times/));
});
