import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../../electron/setup/places.ts";
import { cli, lineOf, startCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";
import { serveModel } from "../support/model-server.ts";

const sentence = "Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian";

function home() {
  const dataDir = join(temporaryFolder(), "data");
  const botmojo = (...args: string[]) => cli(["--data-dir", dataDir, ...args]);
  return { dataDir, botmojo };
}

test("K1: a goal runs to its answer on standard output alone, and is found again by the next command", async () => {
  const { botmojo } = home();
  const ran = await botmojo("run", sentence);
  expect(ran).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^In your calendar: Lunch with Sara, .* at 13:00, at Chipotle\.\nRecorded .*23\.50 at Chipotle/),
  });
  expect(ran.err).toContain("planner: calendar.add");
  expect((await botmojo("run", "what do I know about Sara?")).out).toContain("Sara is vegetarian.");
  expect((await botmojo("runs", "ls")).out).toContain(sentence.slice(0, 40));
  expect((await botmojo("memory", "recall", "vegetarian")).out).toContain("Sara is vegetarian.");
});

test("K2: with --json every event is a line as in the log, and the result is the last", async () => {
  const { botmojo } = home();
  const { out } = await botmojo("--json", "run", sentence);
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const last = lines.pop();
  expect(last).toMatchObject({ type: "result", status: "completed", answer: expect.any(String), usage: { inputTokens: 0 } });
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
  expect(lines[0]).toMatchObject({ type: "run.started", run: last?.["run"], actor: "person:cli", data: { goal: sentence } });
  const events = await botmojo("runs", "events", String(last?.["run"]), "--json");
  expect(events.out.trim().split("\n")).toHaveLength(lines.length);
});

test("K3: a goal of - comes from standard input; words need no quotes", async () => {
  const { dataDir, botmojo } = home();
  const piped = await cli(["--data-dir", dataDir, "run", "-"], { input: "paid 5 EUR for bread\n" });
  expect(piped).toMatchObject({ code: 0, out: expect.stringContaining("5.00") });
  expect((await botmojo("run", "what", "is", "2+2?")).out).toBe("2+2 = 4\n");
});

test("K4: wrong use is said in a sentence with what to do, and exits with 2", async () => {
  const { dataDir, botmojo } = home();
  const wrong: [string[], RegExp][] = [
    [["run", ""], /the goal is empty/],
    [["run", "--nonsense"], /unknown option '--nonsense'/],
    [["frobnicate"], /unknown command|too many arguments/],
    [["runs", "show", "run_nobody00000"], /There is no run/],
    [["runs", "ls", "--limit", "x"], /whole number/],
    [["runs", "ls", "--status", "asleep"], /no status "asleep"/],
    [["run", "x", "--plan", "/no/such/file"], /can't be read/],
    [["run", "x", "--thread", "a b"], /no thread's name/],
    [["config", "get", "no.such"], /There is no setting/],
    [["config", "set", "model.provider", "nobody"], /"model.provider"/],
    [["--config", "/no/such/config.yaml", "runs", "ls"], /no settings file/],
    [["--model", "nobody/x", "run", "hello"], /"model.provider"/],
  ];
  for (const [args, says] of wrong) {
    const { code, out, err } = await botmojo(...args);
    expect({ args, code, out }).toEqual({ args, code: 2, out: "" });
    expect(err).toMatch(says);
  }
  const long = await cli(["--data-dir", dataDir, "run", "-"], { input: "x".repeat(1_000_000) });
  expect(long).toMatchObject({ code: 2, err: expect.stringContaining("1,000,000 characters") });
  const binary = await cli(["--data-dir", dataDir, "run", "-"], { input: Buffer.from([0xff, 0xfe, 0x00, 0x80]) });
  expect(binary).toMatchObject({ code: 2, err: expect.stringContaining("not UTF-8 text") });
});

test("K5: a data directory that can't be used is refused in words, and nothing in it changes", async () => {
  const folder = temporaryFolder({ "a-file": "mine" });
  expect(await cli(["--data-dir", join(folder, "a-file"), "runs", "ls"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("is a file"),
  });
  expect(readFileSync(join(folder, "a-file"), "utf8")).toBe("mine");

  const readOnly = join(folder, "read-only");
  mkdirSync(readOnly);
  chmodSync(readOnly, 0o555);
  expect(await cli(["--data-dir", readOnly, "runs", "ls"])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/read-only|can't be written/),
  });
  expect(readdirSync(readOnly)).toEqual([]);

  if (process.getuid?.() === 0) {
    const foreign = join(folder, "foreign");
    mkdirSync(foreign);
    chownSync(foreign, 12_345, 12_345);
    expect(await cli(["--data-dir", foreign, "runs", "ls"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("belongs to another user"),
    });
  }

  const { dataDir, botmojo } = home();
  await botmojo("run", "hello");
  const database = readFileSync(join(dataDir, "botmojo.db"));
  database.writeUInt32BE(99, 60);
  writeFileSync(join(dataDir, "botmojo.db"), database);
  expect(await botmojo("runs", "ls")).toMatchObject({ code: 5, err: expect.stringContaining("newer BotMojo") });
  expect(readFileSync(join(dataDir, "botmojo.db")).equals(database)).toBe(true);

  writeFileSync(join(dataDir, "botmojo.db"), "garbage".repeat(100));
  expect(await botmojo("runs", "ls")).toMatchObject({ code: 5, err: expect.stringContaining("not a BotMojo database") });
});

test("K6: a broken settings file is named with its line; mending it is all it takes", async () => {
  const { dataDir, botmojo } = home();
  await botmojo("run", "paid 5 EUR for bread");
  writeFileSync(join(dataDir, "config.yaml"), "model:\n  name: [\n");
  expect(await botmojo("runs", "ls")).toMatchObject({ code: 2, err: expect.stringMatching(/config\.yaml, line \d/) });
  writeFileSync(join(dataDir, "config.yaml"), "model:\n  name: x\n");
  expect((await botmojo("runs", "ls")).out).toContain("bread");
  expect((await botmojo("config", "show", "--origin")).out).toMatch(/model\.name\s+x\s+file/);
});

test("K7: what needs a language model exits with 1 and says what to connect", async () => {
  const { botmojo } = home();
  expect(await botmojo("run", "write a poem")).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringMatching(/can't do that without a language model.*\n.*botmojo models find/),
  });
  expect(await botmojo("run", "read /etc/passwd")).toMatchObject({ code: 4, err: expect.stringContaining("outside the workspace") });
});

test("K8: a model endpoint that is down is said in words, and the run is kept", async () => {
  const { botmojo } = home();
  await botmojo("config", "set", "model.baseUrl", "http://127.0.0.1:9");
  await botmojo("config", "set", "model.name", "none");
  await botmojo("config", "set", "model.provider", "openai-compatible");
  const ran = await botmojo("run", "hello");
  expect(ran).toMatchObject({ code: 1, err: expect.stringContaining("Nothing answers at 127.0.0.1:9") });
  expect((await botmojo("runs", "ls")).out).toMatch(/failed/);
});

test("K9: serve prints an address that lets one browser in; a port in use and a second host are refused", async () => {
  const { dataDir, botmojo } = home();
  const server = startCli(["--data-dir", dataDir, "serve"]);
  const address = new URL(await lineOf(server, (line) => line.startsWith("http://127.0.0.1:")));
  expect(address.hash).toMatch(/^#token=[\w-]{43}$/);
  expect((await fetch(address)).status).toBe(200);
  expect(await botmojo("serve")).toMatchObject({ code: 5, err: expect.stringContaining("already holds") });

  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as { port: number };
  const other = home();
  expect(await other.botmojo("serve", "--port", String(port))).toMatchObject({
    code: 5,
    err: expect.stringContaining(`Port ${port} is in use`),
  });
});

test("K10: a command joins the host that has the directory; killed, its unfinished runs go on with the next", async () => {
  const { dataDir, botmojo } = home();
  const server = startCli(["--data-dir", dataDir, "serve"]);
  await lineOf(server, (line) => line.startsWith("http"));
  expect((await botmojo("run", sentence)).code).toBe(0);
  const status = await botmojo("--json", "models", "find");
  expect(JSON.parse(status.out)).toMatchObject({ using: { id: "rules" } });
  server.kill("SIGKILL");
  await new Promise((resolve) => server.once("close", resolve));
  expect((await botmojo("runs", "ls")).out).toContain("completed");
  expect((await botmojo("doctor", "--rebuild")).out).toMatch(/Event log\s+every event follows[^]*made anew from \d+ events/);
});

test("K11: every file is the person's alone", async () => {
  const { dataDir, botmojo } = home();
  await botmojo("run", "hello");
  for (const name of readdirSync(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o077, name).toBe(0);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
});

async function withModel(dataDir: string, url: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dataDir, "config.yaml"), `model:\n  provider: openai-compatible\n  name: slow\n  baseUrl: ${url}\n`);
}

const chunk = (content: string) =>
  `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: { content }, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;

test("K13: Ctrl+C exits with 130, and the run is kept and goes on when it is watched", async () => {
  const { dataDir, botmojo } = home();
  let fast = false;
  const server = await serveModel((response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    if (fast) response.end(chunk("Here I am."));
    else response.write(": thinking\n\n");
  });
  await withModel(dataDir, server.url);
  const child = startCli(["--data-dir", dataDir, "run", "hello"]);
  await expect.poll(() => server.asked.length, { timeout: 10_000 }).toBe(1);
  let err = "";
  child.stderr?.on("data", (data: Buffer) => (err += data.toString()));
  child.kill("SIGINT");
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(130);
  const run = /botmojo runs watch (run_\w+)/.exec(err)?.[1] ?? "";
  fast = true;
  expect(await botmojo("runs", "watch", run)).toMatchObject({ code: 0, out: "Here I am.\n" });
});

test("K14: the host is killed under an attached command; the command goes on with the next host to the same end", async () => {
  const { dataDir } = home();
  let fast = false;
  const model = await serveModel((response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    if (fast) response.end(chunk("After all."));
    else response.write(": thinking\n\n");
  });
  await withModel(dataDir, model.url);
  const host = startCli(["--data-dir", dataDir, "serve"]);
  await lineOf(host, (line) => line.startsWith("http"));
  const attached = cli(["--data-dir", dataDir, "run", "hello"]);
  await expect.poll(() => model.asked.length, { timeout: 10_000 }).toBe(1);
  fast = true;
  host.kill("SIGKILL");
  expect(await attached).toMatchObject({ code: 0, out: "After all.\n", err: expect.stringContaining("going on with the next one") });
});

test("K12: the launcher takes a Node that fits whatever comes first on the PATH, or names the one it needs", () => {
  const fake = temporaryFolder({ node: "#!/bin/sh\necho 18.0.0\n" });
  chmodSync(join(fake, "node"), 0o755);
  const env = { ...process.env, PATH: `${fake}:/usr/bin:/bin` };
  const own = spawnSync(join(root, "bin", "botmojo"), ["--version"], { env, encoding: "utf8" });
  expect(own).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });

  const elsewhere = temporaryFolder();
  symlinkSync(join(root, "bin", "botmojo"), join(elsewhere, "linked"));
  expect(spawnSync(join(elsewhere, "linked"), ["--version"], { env, encoding: "utf8" }).status).toBe(0);

  const bare = temporaryFolder();
  mkdirSync(join(bare, "bin"));
  cpSync(join(root, "bin", "botmojo"), join(bare, "bin", "botmojo"));
  const refused = spawnSync(join(bare, "bin", "botmojo"), [], { env, encoding: "utf8" });
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("needs Node 22.18 or newer; the one on the PATH is 18.0.0") });
});
