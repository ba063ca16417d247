// What a tool's call costs beside what the tool does: the rules, the record, and the walls around a command.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { openCore, type Core } from "../../core/index.ts";
import { createMask } from "../../core/security/mask.ts";
import { openPolicy } from "../../core/security/permissions.ts";
import { callFacts, fit } from "../../core/tools/call-facts.ts";
import { builtInTools } from "../../core/tools/built-in.ts";
import { runCommand } from "../../core/tools/sandbox/run-command.ts";

const calls = 500;
const rules = 100;
const commands = 30;
const asked = 200;
const outputBytes = 100 * 1024;

export async function benchTools(): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "botmojo-tools-")));
  try {
    writeFileSync(join(folder, "a.txt"), "one");
    writeFileSync(
      join(folder, "permissions.yaml"),
      Array.from({ length: rules }, (_, index) => `- {decide: ask, tool: files.*, paths: "private${index}/**", if: "tool != 'x'"}\n`).join(
        "",
      ),
    );
    const policy = openPolicy({ file: join(folder, "permissions.yaml") });
    const fitting = fit(builtInTools(), "files.read", { path: "a.txt" });
    if (!fitting.ok) throw new Error("it fits");
    const by = { agent: "files", granted: ["files.read"], workspace: folder, taint: () => [] };
    print(`policy over ${rules} rules`, await times(calls, () => policy.judge(callFacts(fitting, by))));
    const mask = createMask(process.env);
    const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const output = { path: "a.txt", text: text.repeat(Math.ceil(outputBytes / text.length)).slice(0, outputBytes) };
    print("masking 100 KiB of text", await times(calls, () => mask(output)));
    const cells = { rows: Array.from({ length: outputBytes / 16 }, (_, index) => [`cell ${index % 1000}`, "another"]) };
    print("masking 100 KiB of cells", await times(calls, () => mask(cells)));
    const core = openCore({ dataDir: join(folder, "data"), version: "bench", env: {}, workspace: folder });
    if (!core) throw new Error("the folder is held");
    print("a call of files.read, recorded", await oneRun(core));
    await throughGateway(core);
    await core.close();
    const walls = { profile: "workspace-write" as const, workspace: folder, folder, readable: [] };
    const { signal } = new AbortController();
    print("a command, plain", await times(commands, () => plain("/bin/true")));
    print("the same in the sandbox", await times(commands, () => runCommand(walls, ["/bin/true"], { signal, timeoutMs: 10_000 })));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A program's calls of a model that streams 200 pieces, straight and through the gateway, in turns: until its first piece,
 * until its end, and the longest that one piece kept the next waiting. */
async function throughGateway({ client }: Core): Promise<void> {
  const worker = new Worker(new URL("upstream.ts", import.meta.url));
  const [port] = (await once(worker, "message")) as [number];
  const straight = `http://127.0.0.1:${port}`;
  const opened = await client.programs.open({ command: ["bench"], folder: "/", endpoints: { openai: straight }, door: "core" });
  const first = await opened.next();
  if (first.done || first.value.is !== "open") throw new Error("it opens");
  const through = first.value.addresses["openai"] ?? "";
  const took = { straight: [] as Asked[], through: [] as Asked[] };
  for (let round = 0; round < asked + 10; round += 1) {
    const pair = { straight: await ask(straight), through: await ask(through) };
    if (round < 10) continue;
    took.straight.push(pair.straight);
    took.through.push(pair.through);
  }
  for (const [what, pick] of Object.entries({
    "first piece": ({ first: ms }: Asked) => ms,
    "last piece": ({ last }: Asked) => last,
    "longest gap": ({ gap }: Asked) => gap,
  })) {
    print(`${what}, straight`, took.straight.map(pick));
    print(`${what}, through the gateway`, took.through.map(pick));
  }
  await client.programs.ended({ run: first.value.run, exitCode: 0 });
  await opened.next();
  await worker.terminate();
}

interface Asked {
  readonly first: number;
  readonly last: number;
  readonly gap: number;
}

async function ask(address: string): Promise<Asked> {
  const from = performance.now();
  const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "A question." }] });
  const response = await fetch(`${address}/chat/completions`, { method: "POST", body });
  let first = 0;
  let last = 0;
  let gap = 0;
  for await (const _ of response.body ?? []) {
    const now = performance.now() - from;
    if (first === 0) first = now;
    else gap = Math.max(gap, now - last);
    last = now;
  }
  return { first, last, gap };
}

/** Between a call's request and its answer in the log, of a plan that reads one file after the other. */
async function oneRun({ client }: Core): Promise<number[]> {
  const steps = Array.from({ length: calls }, (_, index) => ({
    id: `s${index}`,
    kind: "tool" as const,
    tool: "files.read",
    input: { path: "a.txt" },
    needs: index === 0 ? [] : [`s${index - 1}`],
  }));
  const from = performance.now();
  const { run } = await client.runs.start({ goal: "bench", door: "core", plan: { version: 1, goal: "bench", steps } as never });
  const took: number[] = [];
  let last = from;
  for await (const followed of await client.events.follow({ run, untilEnd: true })) {
    if (followed.is !== "event" || followed.event.type !== "step.completed") continue;
    const now = performance.now();
    took.push(now - last);
    last = now;
  }
  return took.slice(50);
}

async function times(count: number, work: () => unknown): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < count + 5; round += 1) {
    const from = performance.now();
    await work();
    took.push(performance.now() - from);
  }
  return took.slice(5);
}

function plain(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    spawn(file, { stdio: "ignore" })
      .once("error", reject)
      .once("close", () => resolve());
  });
}

function print(what: string, took: readonly number[]): void {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(3).padStart(9);
  process.stdout.write(`${what.padEnd(34)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms\n`);
}
