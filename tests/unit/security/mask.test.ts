// Secrets in what tools give back: none reaches a model, the log or a file that is handed on, and ordinary text is left alone.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { isOver, Plan, ReplayOptions, type RunId } from "../../../core/contract/index.ts";
import { fail } from "../../../core/contract/failure.ts";
import { createMask } from "../../../core/security/mask.ts";
import { exportRun } from "../../../core/runs/record/export-run.ts";
import { defineTool } from "../../../core/tools/tool.ts";
import { canaries } from "../../support/canaries.ts";
import { openEngine, scriptedModel } from "../../support/engine.ts";
import { followToEnd, openTestCore, temporaryFolder } from "../../support/core.ts";

const mask = createMask({});
const twoHundred = canaries(200, 7);

test("MK1: a secret of each kind becomes a mark that names it, in a text, in a list, as a field and as a field's name; twice is as once", () => {
  for (const { what, secret, shown } of twoHundred) {
    const value = { text: `one ${shown} two`, list: [1, null, { deep: `"${shown}"` }], [`x ${shown}`]: true };
    const masked = mask(value);
    const json = JSON.stringify(masked);
    expect(json).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(json.split(`[hidden: ${what}]`)).toHaveLength(4);
    expect(masked.text.startsWith("one ") && masked.text.endsWith(" two")).toBe(true);
    expect(mask(masked)).toBe(masked);
  }
});

test("MK2: several in one text, JSON inside a text, a key that was cut off, and a header by its field", () => {
  const [first, second] = twoHundred.filter(({ what }) => what === "github token");
  const both = `${first?.shown}\n${second?.shown}`;
  expect(mask(both)).toBe("[hidden: github token]\n[hidden: github token]");
  const inner = twoHundred.map(({ shown }) => shown);
  const text = mask(JSON.stringify(JSON.stringify({ inner, headers: { Authorization: "Bearer abcDEF123456" } })));
  expect(twoHundred.filter(({ secret }) => text.includes(secret.split("\n")[0] ?? "")).map(({ what }) => what)).toEqual([]);
  expect(text).not.toContain("abcDEF123456");
  const key = `-----BEGIN PRIVATE KEY-----\n${"A1b2".repeat(16)}\n${"C3d4".repeat(16)}`;
  expect(mask(`before ${key} and`)).toBe("before [hidden: private key] and");
  expect(mask({ authorization: "Basic QWxhZGRpbjpvcGVu", "Proxy-Authorization": "secretsecret" })).toEqual({
    authorization: "[hidden: credential]",
    "Proxy-Authorization": "[hidden: credential]",
  });
  const [a, b] = twoHundred.filter(({ what }) => what === "npm token").map(({ secret }) => secret);
  expect(mask({ [a ?? ""]: 1, [b ?? ""]: 2 })).toEqual({ "[hidden: npm token]": 1, "[hidden: npm token] 2": 2 });
});

test("MK3: what is ordinary comes back as it is: this repository's own files, sums, ids, pictures", () => {
  const root = new URL("../../../", import.meta.url).pathname;
  const tracked = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n");
  const sources = tracked.filter(
    (name) => /^(core|renderer|bin|electron|docs)\/|^[^/]+\.(md|json)$/.test(name) && !/\.(png|ico|icns|woff2)$/.test(name),
  );
  expect(sources.length).toBeGreaterThan(300);
  for (const name of sources) {
    const text = readFileSync(join(root, name), "utf8");
    expect(mask({ name, text })).toEqual({ name, text });
  }
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 2654435761 * (index + 13)) >>> 24));
  const ordinary = {
    sums: execFileSync("git", ["log", "--format=%H %h %T", "-200"], { cwd: root, encoding: "utf8" }),
    ids: Array.from({ length: 200 }, () => crypto.randomUUID()),
    picture: `data:image/png;base64,${bytes.toString("base64")}`,
    words:
      "sk-fading-circle-with-a-long-name-of-words, sk-learn-Version-2-of-the-Guide, sk-SNAPSHOT-2024-some-branch-name, task-based risk-assessment-for-the-department-of-things; Authorization: Basic authentication",
    links: "https://user@example.com https://user:password@example.com postgres://app:${PASSWORD}@db docker://alpine:3.18@sha256:abc",
    unset: "DB_PASSWORD=\nAPI_TOKEN=${TOKEN}\nAPI_KEY=<your key>\nx-api-key: the key that you were given",
    talk: "A key begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----, see ghp_… and AKIA…",
  };
  expect(mask(ordinary)).toBe(ordinary);
});

test("MK4: the values of variables whose names say so are hidden by their names; short ones and others are not", () => {
  const own = createMask({
    MY_API_KEY: "correct horse $& battery",
    LONG_TOKEN: "correct horse $& battery staple",
    DB_password: "hunter22",
    PIN_SECRET: "1234567",
    HOME: "/home/somebody",
    EMPTY_KEY: undefined,
  });
  expect(own("a correct horse $& battery staple, correct horse $& battery; hunter22 1234567 /home/somebody")).toBe(
    "a [hidden: value of LONG_TOKEN], [hidden: value of MY_API_KEY]; [hidden: value of DB_password] 1234567 /home/somebody",
  );
});

const each = 10;

/** A tool that fails with what a file holds. */
const breaks = defineTool({
  name: "feed.read",
  description: "Fails with what a file holds.",
  effect: "reads",
  input: z.strictObject({ path: z.string() }),
  source: ({ path }) => `the feed ${path}`,
  run({ path }, { progress }) {
    progress(readFileSync(path, "utf8"));
    throw fail("tool.failed", `It said ${readFileSync(path, "utf8")}`, readFileSync(path, "utf8"));
  },
});

test("MK5: of 200 secrets in files and errors none reaches the model, the log or an export; a fork and a replay come to the same", async () => {
  const workspace = temporaryFolder(Object.fromEntries(twoHundred.map(({ shown }, index) => [`${index}.txt`, `line\n${shown}\nline\n`])));
  let told = "";
  const model = scriptedModel((request) => {
    told += JSON.stringify(request);
    if (request.turns.length > 0) return [{ type: "text", text: "done" }];
    const from = Number(request.brief.part);
    return Array.from({ length: each }, (_, index) => {
      const path = `${from + index}.txt`;
      const isEven = index % 2 === 0;
      const call = isEven ? { name: "files.read", input: { path } } : { name: breaks.name, input: { path: join(workspace, path) } };
      return { type: "call" as const, call: { id: `c${index}`, ...call } };
    });
  });
  const agents = [{ name: "worker", description: "", instructions: "", tools: ["files.read", breaks.name], capabilities: [] }];
  const { start, when, db, log, engine } = openEngine({ agents, tools: [breaks], model });
  const steps = Array.from({ length: twoHundred.length / each }, (_, index) => ({
    id: `a${index}`,
    kind: "agent",
    agent: "worker",
    input: { part: String(index * each) },
    needs: index === 0 ? [] : [`a${index - 1}`],
  }));
  const run = await start(steps, { workspace });
  const over = (id: RunId) => when(id, ({ status }) => isOver(status));
  const state = await over(run);
  const calls = state.steps.flatMap(({ effects }) => effects.filter(({ call }) => call === "tool"));
  expect(calls.length).toBe(twoHundred.length);
  const found = (text: string) =>
    twoHundred.filter(({ secret }) => text.includes(JSON.stringify(secret).slice(1, -1))).map(({ what }) => what);
  expect(found(told)).toEqual([]);
  expect(told).toContain("[hidden: private key]");
  const rows = db.reader.all<{ data: string; texts: string | null }>("SELECT data, texts FROM events");
  expect(found(JSON.stringify(rows).replaceAll('\\"', '"').replaceAll("\\\\", "\\"))).toEqual([]);
  const blobs = db.reader.all<{ bytes: Uint8Array }>("SELECT bytes FROM blobs");
  expect(found(blobs.map(({ bytes }) => Buffer.from(bytes).toString()).join("\n"))).toEqual([]);
  expect(found([...exportRun(log, run, "test")].join(""))).toEqual([]);

  const replayed = await over(await engine.replay({ run, options: ReplayOptions.parse({}), breakpoints: [] }));
  const forked = await over(await engine.fork({ run, edits: [], breakpoints: [] }));
  expect([state.status, replayed.status, forked.status]).toEqual(Array(3).fill("completed"));
  expect(found([...exportRun(log, replayed.id, "test"), ...exportRun(log, forked.id, "test")].join(""))).toEqual([]);
});

async function oneCall(workspace: string, tool: string, input: object, env: NodeJS.ProcessEnv = {}) {
  const core = openTestCore({ workspace, env });
  const steps = [{ id: "s", kind: "tool", tool, input }];
  const { run } = await core.client.runs.start({ goal: "g", door: "core", plan: Plan.parse({ version: 1, goal: "g", steps }) });
  const { summary, events } = await followToEnd(core.client, run);
  const asked = events.find(({ type }) => type === "effect.requested")?.data;
  return {
    status: summary.status,
    says: summary.failure?.message,
    asked,
    output: JSON.stringify(events.find(({ type }) => type === "effect.completed")?.data),
  };
}

test("MK6: what a call is to do is done to the letter, and stands in the log to the letter: there it is taken up again", async () => {
  const workspace = temporaryFolder();
  const text = twoHundred.map(({ shown }) => shown).join("\n");
  const { status, asked } = await oneCall(workspace, "files.write", { path: "a.txt", text });
  expect(status).toBe("completed");
  expect(readFileSync(join(workspace, "a.txt"), "utf8")).toBe(text);
  expect(asked).toMatchObject({ input: { path: "a.txt", text } });
});

test("MK7: the host hides the values of its own variables", async () => {
  const workspace = temporaryFolder({ "a.txt": "it is swordfish-4711." });
  expect((await oneCall(workspace, "files.read", { path: "a.txt" }, { SITE_PASSWORD: "swordfish-4711" })).output).toContain(
    "it is [hidden: value of SITE_PASSWORD].",
  );
});

test("MK8: a mark is not written over the secret it stands for, nor anywhere else; one that a file has stays", async () => {
  const workspace = temporaryFolder({ "a.env.txt": `a\n${twoHundred[0]?.shown}\nb\n`, "doc.md": "shown as [hidden: jwt]\n" });
  const was = readFileSync(join(workspace, "a.env.txt"), "utf8");
  const write = (path: string, text: string) => oneCall(workspace, "files.write", { path, text });
  expect(await write("a.env.txt", "a\n[hidden: openai key]\nB\n")).toMatchObject({
    status: "failed",
    says: "The text for a.env.txt holds [hidden: …], which stands for a secret that was hidden, so the secret would be lost.",
  });
  expect((await write("new.txt", "[hidden: openai key]")).status).toBe("failed");
  expect((await write("doc.md", "it is shown as [hidden: jwt]\n")).status).toBe("completed");
  const patch = (...lines: string[]) =>
    oneCall(workspace, "files.patch", { patch: `--- a/a.env.txt\n+++ b/a.env.txt\n${lines.join("\n")}\n` });
  expect((await patch("@@ -1 +1,2 @@", " a", "+[hidden: openai key]")).says).toContain("so the secret would be lost");
  expect((await patch("@@ -1,3 +1,3 @@", " a", " [hidden: openai key]", "-b", "+B")).says).toContain("does not fit");
  expect(readFileSync(join(workspace, "a.env.txt"), "utf8")).toBe(was);
  expect((await patch("@@ -3 +3 @@", "-b", "+B")).status).toBe("completed");
  expect(readFileSync(join(workspace, "a.env.txt"), "utf8")).toBe(was.replace("\nb\n", "\nB\n"));
  expect(readdirSync(workspace).toSorted()).toEqual(["a.env.txt", "doc.md"]);
});
