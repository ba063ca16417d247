// A followed program's MCP servers: the copy of their configuration, and what a relay and the host say to each other.
import { request as httpRequest } from "node:http";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { RunFold, type Event } from "../../../core/contract/index.ts";
import { relayServers } from "../../../core/doors/console/mcp-config.ts";
import { openTestCore } from "../../support/core.ts";
import { followProgram, until, type Followed } from "../../support/program.ts";

type Line = Record<string, unknown>;

/** A relay's side: its lines, and those that come. */
function relay(address: string, first: string) {
  const came: Line[] = [];
  let status: number | undefined;
  const request = httpRequest(address, { method: "POST" }, (response) => {
    status = response.statusCode;
    response.on("error", () => {});
    const lines = createInterface({ input: response }).on("error", () => {});
    lines.on("line", (line) => came.push(JSON.parse(line) as Line));
  });
  request.on("error", () => {});
  request.write(`${first}\n`);
  return { came, status: () => status, say: (line: object) => request.end(`${JSON.stringify(line)}\n`), leave: () => request.destroy() };
}

const call = (id: number, words: string) => {
  return JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "echo", arguments: { words }, _meta: { token: id } } });
};
const stepsOf = (events: readonly Event[]) => {
  const fold = new RunFold();
  for (const event of events) fold.apply(event);
  return (fold.state?.steps ?? []).filter(({ step }) => step.kind === "exchange").map(({ effects: [first] }) => first);
};
const follow = (core: ReturnType<typeof openTestCore>, replay?: Followed) =>
  followProgram(core, "http://127.0.0.1:9/v1", replay ? { replay: { run: replay.run } } : {});

test("MS1: a call goes to its server as it was said, and back as the server said it; what is secret is hidden in the record alone", async () => {
  const core = openTestCore();
  const program = await follow(core);
  const secret = `ghp_${"A".repeat(35)}7`;
  const one = relay(`${program.mcp}/files`, call(7, secret));
  await until(() => one.came.length === 1);
  expect(one.came[0]).toEqual({ send: JSON.parse(call(7, secret)) });
  const said = { jsonrpc: "2.0", id: 7, result: { content: [{ type: "text", text: secret }] }, extra: true };
  one.say(said);
  await until(() => one.came.length === 2);
  expect(one.came[1]).toEqual({ answer: said });
  const { events, status } = await program.end();
  expect(status).toBe("completed");
  expect(stepsOf(events)).toMatchObject([
    {
      call: "tool",
      name: "mcp.files.echo",
      input: { words: "[hidden: github token]" },
      state: { output: { content: [{ text: "[hidden: github token]" }] }, from: ["the program's tool mcp.files.echo"] },
    },
  ]);
  expect(JSON.stringify(events)).not.toContain(secret);
  expect(core.invariants().filter(({ breach }) => breach)).toEqual([]);
});

test("MS2: a server's error and a server that is gone are the program's to hear, now and in a replay; a relay that is gone holds nothing up", async () => {
  const core = openTestCore();
  const program = await follow(core);
  const [wrong, dead, left] = ["wrong", "dead", "left"].map((words, id) => relay(`${program.mcp}/files`, call(id, words)));
  if (!wrong || !dead || !left) throw new Error("three");
  await until(() => [wrong, dead, left].every(({ came }) => came.length === 1));
  wrong.say({ jsonrpc: "2.0", id: 0, error: { code: -32_602, message: "no such file" } });
  dead.say({ failed: "it ended (exit code 3)" });
  left.leave();
  await until(() => wrong.came.length === 2 && dead.came.length === 2);
  expect(wrong.came[1]).toMatchObject({ answer: { error: { message: "no such file" } } });
  expect(dead.came[1]).toMatchObject({ answer: { id: 1, error: { message: expect.stringContaining("it ended (exit code 3)") } } });
  const ended = await program.end();
  expect(ended.status).toBe("completed");
  expect(stepsOf(ended.events).map((effect) => effect?.state.is)).toEqual(["completed", "failed", "failed"]);

  const again = await follow(core, program);
  const [same, gone, other] = [call(5, "wrong"), call(6, "dead"), call(8, "else")].map((line) => relay(`${again.mcp}/files`, line));
  if (!same || !gone || !other) throw new Error("three");
  await until(() => [same, gone, other].every(({ came }) => came.length === 1));
  expect(same.came[0]).toMatchObject({ answer: { id: 5, error: { message: "no such file" } } });
  expect(gone.came[0]).toMatchObject({ answer: { id: 6, error: { message: expect.stringContaining("exit code 3") } } });
  expect(other.came[0]).toMatchObject({ answer: { error: { message: expect.stringContaining("BotMojo: ") } } });
  expect((await again.end(1)).status).toBe("failed");
});

test("MS3: only a request of JSON-RPC is one", async () => {
  const core = openTestCore();
  const program = await follow(core);
  for (const line of ["no", "[]", "{}", '{"method":"tools/list"}', '{"id":1}']) {
    const one = relay(`${program.mcp}/files`, line);
    await until(() => one.status() !== undefined);
    expect(`${line} ${one.status()}`).toBe(`${line} 400`);
  }
  expect(stepsOf((await program.end()).events)).toEqual([]);
});

test("MS4: in the copy of a configuration each server's command is behind a relay, in any of the shapes that programs keep them; all else stays", () => {
  const text = JSON.stringify({
    model: "m",
    mcpServers: {
      files: { command: "npx", args: ["files", "${HOME}"], env: { A: "1" }, cwd: "/x" },
      far: { type: "http", url: "https://x" },
    },
    nested: { servers: [{ name: "list", command: ["node", "list.js"] }] },
    servers: 3,
  });
  const options = { relay: ["node", "relay"], variablesOf: (server: string) => ({ AT: server }) };
  const led = relayServers({ name: "f", text }, options);
  expect({ ...led, text: JSON.parse(led.text) as unknown }).toEqual({
    servers: ["files", "list"],
    unseen: ["far"],
    text: {
      model: "m",
      mcpServers: {
        files: { command: "node", args: ["relay", "--", "npx", "files", "${HOME}"], env: { A: "1", AT: "files" }, cwd: "/x" },
        far: { type: "http", url: "https://x" },
      },
      nested: { servers: [{ name: "list", command: ["node", "relay", "--", "node", "list.js"], env: { AT: "list" } }] },
      servers: 3,
    },
  });
  for (const [bad, says] of [
    ["no", "is no JSON"],
    ["{}", "has no MCP server in it"],
    ["[]", "has no MCP server in it"],
    ['{"mcpServers":{"a":1}}', "has no MCP server in it"],
  ] as const) {
    expect(() => relayServers({ name: "f", text: bad }, options)).toThrow(says);
  }
});
