// What `botmojo record` leads through the host besides a model's address, and how the program ends with it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cli, startCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";
import { stubFolder } from "../support/mcp-stub.ts";
import { until } from "../support/program.ts";

function isThere(pid: number): boolean {
  // One that has ended and that nobody has waited for yet is gone, too.
  return existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

test("XP3: a program and what it started end with the process that follows them, also by kill -9", async () => {
  const folder = temporaryFolder();
  const places = ["outer", "inner"].map((name) => join(folder, name));
  const sleeper = `require("fs").writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)`;
  writeFileSync(join(folder, "start.sh"), `"$1" -e '${sleeper}' inner & "$1" -e '${sleeper}' outer\n`);
  const args = ["--data-dir", join(folder, "data"), "record", "--", "sh", "start.sh", process.execPath];
  const record = startCli(args, { cwd: folder });
  await until(() => places.every((place) => existsSync(place) && readFileSync(place, "utf8") !== ""));
  const pids = places.map((place) => Number(readFileSync(place, "utf8")));
  onTestFinished(() => {
    for (const pid of pids) if (isThere(pid)) process.kill(pid, "SIGKILL");
  });
  expect(pids.map(isThere)).toEqual([true, true]);
  record.kill("SIGKILL");
  await until(() => !pids.some(isThere));
});

/** A server on another address of this machine than the usual, which programs ask through their proxy. */
async function elsewhere(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.2", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.2:${(server.address() as AddressInfo).port}`;
}

async function shown(data: readonly string[]): Promise<{ run: string; steps: Shown[]; pause: object | null }> {
  const [{ id = "" } = {}] = JSON.parse((await cli([...data, "--json", "runs", "ls"])).out) as { id?: string }[];
  return { run: id, ...(JSON.parse((await cli([...data, "--json", "runs", "show", id])).out) as { steps: Shown[]; pause: object | null }) };
}

interface Shown {
  readonly id: string;
  readonly notes: readonly object[];
  readonly effects: readonly { readonly call: string; readonly name: string; readonly input: unknown; readonly state: object }[];
}

test("XP4: what a program asks through its proxy is followed: its model, and other pages; a proxy that is set already stays", async () => {
  const folder = temporaryFolder();
  const data = ["--data-dir", join(folder, "data")];
  const asked: string[] = [];
  const url = await elsewhere((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.method === "GET") return void response.end("a page");
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content: "Hello." } }] }));
  });
  const program = `
    const page = await (await fetch(process.argv[2] + "/page").catch((error) => ({ text: () => error.message }))).text();
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hello?" }] });
    const answer = await (await fetch(process.argv[2] + "/v1/chat/completions", { method: "POST", body })).json();
    console.log(page.slice(0, 200), "/", answer.choices[0].message.content);`;
  writeFileSync(join(folder, "agent.mjs"), program);
  const command = ["--", process.execPath, "agent.mjs", url];
  const none = { HTTP_PROXY: undefined, HTTPS_PROXY: undefined, ALL_PROXY: undefined, NODE_USE_ENV_PROXY: undefined };
  const where = { cwd: folder, env: { ...none, http_proxy: undefined, https_proxy: undefined, all_proxy: undefined } };
  const recorded = await cli([...data, "record", ...command], where);
  expect(recorded).toMatchObject({ code: 0, out: "a page / Hello.\n" });
  const { run, steps } = await shown(data);
  expect(steps.map(({ id, effects }) => [id, effects.length])).toEqual([
    ["program", 0],
    ["program/0/exchange", 1],
  ]);
  expect(steps[0]?.notes).toMatchObject([
    { is: "request", method: "GET", host: new URL(url).host, path: "/page", status: 200, received: 6 },
  ]);
  expect((await cli([...data, "runs", "show", run])).out).toMatch(/GET 127\.0\.0\.2:\d+\/page +request +\d+ +200 0 bytes out, 6 in/);

  const replayed = await cli([...data, "replay", run, ...command], where);
  expect(replayed).toMatchObject({ code: 0, out: expect.stringMatching(/nothing answers but the record.* \/ Hello\.\n/) });
  expect(asked).toHaveLength(2);

  const says = ["--", process.execPath, "-p", "[process.env.http_proxy, process.env.HTTPS_PROXY].join()"];
  const kept = await cli([...data, "record", ...says], { ...where, env: { ...where.env, http_proxy: "http://127.0.0.2:9" } });
  expect(kept.out).toBe("http://127.0.0.2:9,\n");
  expect(kept.err).toContain("http_proxy is set already; what goes through that proxy is not seen.");
  expect((await cli([...data, "record", "--no-proxy", ...says], where)).out).toBe(",\n");
});

/** Starts the first server of the configuration that it is given, asks it, and prints what its tool gave. */
const mcpProgram = `
  import { spawn } from "node:child_process";
  import { readFileSync } from "node:fs";
  import { createInterface } from "node:readline";
  const [[, { command, args, env }]] = Object.entries(JSON.parse(readFileSync(process.argv[2], "utf8")).mcpServers);
  const server = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map();
  createInterface({ input: server.stdout }).on("line", (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  const say = (message) => server.stdin.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
  const ask = (id, method, params) => new Promise((resolve) => { waiting.set(id, resolve); say({ id, method, params }); });
  await ask(1, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "program", version: "1" } });
  say({ method: "notifications/initialized" });
  const { result } = await ask(2, "tools/list", {});
  const said = [];
  for (const [id, words] of [[3, "one"], [4, "two"]]) {
    const called = await ask(id, "tools/call", { name: "echo", arguments: { words }, _meta: { progressToken: Math.random() } });
    said.push(called.result ? called.result.content[0].text : called.error.message);
  }
  console.log(result.tools.map(({ name }) => name).join(), said.join());
  server.stdin.end();
  console.log("server ended", await new Promise((resolve) => server.once("close", resolve)));`;

test("XP5: what a program asks of its MCP servers is recorded, held, changed, answered, and replayed without them; its file stays as it is", async () => {
  const folder = stubFolder();
  const data = ["--data-dir", join(folder, "data")];
  const config = JSON.stringify({ mcpServers: { stub: { command: process.execPath, args: ["stub.mjs"], env: { OWN: "1" } } } });
  writeFileSync(join(folder, "servers.json"), config);
  writeFileSync(join(folder, "agent.mjs"), mcpProgram);
  const following = ["--mcp-config", "servers.json", "--", process.execPath, "agent.mjs", "{mcp}"];
  const started = () => readFileSync(join(folder, "started"), "utf8").trim().split("\n").length;

  const recorded = await cli([...data, "record", ...following], { cwd: folder });
  expect(recorded).toMatchObject({
    code: 0,
    out: "echo one,two\nserver ended 0\n",
    err: expect.stringContaining("Followed too: stub of servers.json"),
  });
  expect(readFileSync(join(folder, "servers.json"), "utf8")).toBe(config);
  const { run, steps } = await shown(data);
  expect(steps.flatMap(({ effects }) => effects.map(({ call, name, input }) => [call, name, input]))).toEqual([
    ["server", "mcp.stub initialize", expect.objectContaining({ protocolVersion: "2025-06-18" })],
    ["server", "mcp.stub tools/list", {}],
    ["tool", "mcp.stub.echo", { words: "one" }],
    ["tool", "mcp.stub.echo", { words: "two" }],
  ]);
  expect(steps.at(-1)?.effects[0]?.state).toMatchObject({ is: "completed", output: { content: [{ type: "text", text: "two" }] } });
  expect(started()).toBe(1);

  const replayed = await cli([...data, "replay", run, ...following], { cwd: folder });
  expect(replayed).toMatchObject({
    code: 0,
    out: recorded.out,
    err: expect.stringContaining("4 reused, 4 exact, 0 divergent, 0 unmatched"),
  });
  expect(started()).toBe(1);
  expect((await cli([...data, "replay", run])).err).toContain("0 divergent, 0 unmatched");

  const conditions = ["--break", 'tool:mcp.stub.echo if input.words == "one"', "--break", 'tool:mcp.stub.echo if input.words == "two"'];
  const going = startCli([...data, "record", ...conditions, ...following], { cwd: folder });
  let out = "";
  going.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const ended = new Promise<void>((resolve) => going.once("close", () => resolve()));
  const held = async (words: string) => {
    await expect.poll(async () => JSON.stringify((await shown(data)).pause ?? null), { timeout: 20_000 }).toContain(`"words":"${words}"`);
    return (await shown(data)).run;
  };
  const second = await held("one");
  expect(await cli([...data, "runs", "resume", second, "--input", '{"words":"changed"}'])).toMatchObject({ code: 3 });
  await held("two");
  expect(await cli([...data, "runs", "resume", second, "--output", '"a person says so"'])).toMatchObject({ code: 0 });
  await ended;
  expect(out).toContain("echo changed,a person says so\n");
  const again = await cli([...data, "replay", second, ...following], { cwd: folder });
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining("echo changed,a person says so\n") });
  expect(started()).toBe(2);
});
