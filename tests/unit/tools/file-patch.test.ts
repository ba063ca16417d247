// Unified diffs: what git makes of two texts brings one to the other, all files change or none, and whatever is not
// understood is refused.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { array, assert, boolean, constantFrom, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { Plan, type Event, type NewEvent, type RunId, type StepId } from "../../../core/contract/index.ts";
import type { Core } from "../../../core/index.ts";
import { patched, readDiff } from "../../../core/tools/unified-diff.ts";
import { contentHash } from "../../../core/tools/file-content.ts";
import { appendTo } from "../../support/log.ts";
import { followToEnd, openTestCore, temporaryFolder } from "../../support/core.ts";

/** As git writes it. */
function gitDiff(folder: string, before: string, after: string): string {
  writeFileSync(join(folder, "before"), before);
  writeFileSync(join(folder, "after"), after);
  const { stdout } = spawnSync("git", ["diff", "--no-index", "--no-prefix", "before", "after"], { cwd: folder, encoding: "utf8" });
  return stdout.replaceAll(/^(---|\+\+\+) (before|after)$/gm, "$1 same").replace(/^diff --git.*$/m, "diff --git a/same b/same");
}

const line = constantFrom("a", "b", "", "-- x", "++ y", "@@ z", "\\ w", " in", "{");
const text = tuple(array(line, { maxLength: 30 }), boolean(), boolean()).map(([lines, crlf, ended]) => {
  const end = crlf ? "\r\n" : "\n";
  return lines.join(end) + (ended && lines.length > 0 ? end : "");
});

test("FP1: what git says lies between two texts brings one to the other, with its line ends and its last line as they are", () => {
  const folder = temporaryFolder();
  const brings = (before: string, after: string) => {
    const diff = gitDiff(folder, before, after);
    const [file, ...more] = diff === "" ? [] : readDiff(diff);
    expect(more).toEqual([]);
    return (file ? patched(before, file) : before) === after;
  };
  assert(property(text, text, brings), { numRuns: 150 });
});

const applied = (before: string, ...lines: string[]) => {
  const [file] = readDiff(`--- a/x\n+++ b/x\n${lines.join("\n")}\n`);
  return file && patched(before, file);
};

test("FP2: the place may have moved, the lines may not differ", () => {
  const hunk = ["@@ -1,2 +1,2 @@", " keep", "-old", "+new"];
  expect(applied("1\n2\n3\nkeep\nold\n", ...hunk)).toBe("1\n2\n3\nkeep\nnew\n");
  expect(() => applied("1\nkeep \nold\n", ...hunk)).toThrow("Hunk 1 of x, for line 1, does not fit");
  expect(() => applied("keep\nold\nx\n", ...hunk, "@@ -40 +40 @@", "-y", "+z")).toThrow("Hunk 2 of x, for line 40, does not fit");
  expect(() => applied("FAR\nkeep\nold\n", "@@ -1,3 +1,3 @@", " far", ...hunk.slice(1))).toThrow("Hunk 1 of x, for line 1, does not fit");
  expect(applied("keep\r\nold\r\n", ...hunk)).toBe("keep\r\nnew\r\n");
  expect(
    applied("keep\nold", "@@ -1,2 +1,2 @@", " keep", "-old", "\\ No newline at end of file", "+new", "\\ No newline at end of file"),
  ).toBe("keep\nnew");
});

test.each([
  ["", "changes no file"],
  ["just words\n", "changes no file"],
  ["@@ -1 +1 @@\n-a\n+b\n", "before the name of its file"],
  ["--- a/x\n@@ -1 +1 @@\n-a\n+b\n", "can't be read"],
  ["--- a/x\n+++ b/x\n@@ -1,9 +1 @@\n-a\n+b\n", "can't be read"],
  ["--- a/x\n+++ b/x\n@@ changed @@\n-a\n+b\n", "Hunk 1 of x does not say which lines"],
  ["--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n\n+c\n", "outside of every hunk"],
  ["--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n@@-4 +4@@\n", "no hunk's first"],
  ["--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", "calls a file x and y"],
  ["diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", "calls a file x and y"],
  ["diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "the mode 100755"],
  ["diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n", "binary"],
  ["--- /dev/null\n+++ /dev/null\n@@ -0,0 +1 @@\n+a\n", "names no file"],
  ['--- a/x\n+++ "b/x\\n"\n@@ -1 +1 @@\n-a\n+b\n', "calls a file"],
  ["--- a/x\n+++ b/x\n", "has no hunk"],
])("FP3: %j is refused in words", (diff, says) => {
  expect(() => readDiff(diff)).toThrow(says);
});

async function patch(core: Core, diff: string): Promise<{ run: RunId; events: Event[]; failure?: string; output?: unknown }> {
  const steps = [{ id: "p", kind: "tool", tool: "files.patch", input: { patch: diff } }];
  const { run } = await core.client.runs.start({ goal: "patch", door: "core", plan: Plan.parse({ version: 1, goal: "patch", steps }) });
  const { events } = await followToEnd(core.client, run);
  const failed = events.find(({ type }) => type === "run.failed");
  const made = events.find(({ type }) => type === "effect.completed");
  return {
    run,
    events,
    ...(failed?.type === "run.failed" ? { failure: failed.data.failure.message } : {}),
    ...(made?.type === "effect.completed" ? { output: made.data.output } : {}),
  };
}

const three = [
  "--- a/a.txt",
  "+++ b/a.txt",
  "@@ -1,2 +1,2 @@",
  " one",
  "-two",
  "+2",
  "@@ -5 +5 @@",
  "-five",
  "+5",
  "--- /dev/null",
  "+++ b/new/deep/b.txt",
  "@@ -0,0 +1 @@",
  "+b",
  "--- a/gone.txt",
  "+++ /dev/null",
  "@@ -1 +0,0 @@",
  "-gone",
  "",
].join("\n");
const before = { "a.txt": "one\ntwo\nthree\nfour\nfive\n", "gone.txt": "gone\n" };

const held = (workspace: string) =>
  Object.fromEntries(
    readdirSync(workspace, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [[entry.name, readFileSync(join(entry.parentPath, entry.name), "utf8")]] : [],
    ),
  );
const sound = ({ invariants }: Core) => expect(invariants().flatMap(({ breach }) => breach ?? [])).toEqual([]);

test("FP4: several files and hunks in one call, and an undo of the run takes all of it back, a redo brings it again", async () => {
  const workspace = temporaryFolder(before);
  const core = openTestCore({ workspace });
  const { run, output } = await patch(core, three);
  const after = { "a.txt": "one\n2\nthree\nfour\n5\n", "b.txt": "b\n" };
  expect(held(workspace)).toEqual(after);
  expect(output).toEqual({
    files: [
      { path: "a.txt", did: "changed", added: 2, removed: 2 },
      { path: "new/deep/b.txt", did: "created", added: 1, removed: 0 },
      { path: "gone.txt", did: "deleted", added: 0, removed: 1 },
    ],
  });
  await core.client.runs.undo({ run });
  expect(held(workspace)).toEqual(before);
  expect(existsSync(join(workspace, "new"))).toBe(false);
  await core.client.runs.undo({ run, direction: "redo" });
  expect(held(workspace)).toEqual(after);
  sound(core);
});

test.each([
  ["a.txt", "one\nTWO\n", "Hunk 1 of a.txt, for line 1, does not fit"],
  ["gone.txt", "gone\nmore\n", "deletes gone.txt, but the file holds more"],
  ["new/deep/b.txt", "there", "creates new/deep/b.txt, which is there already"],
])("FP5: when %s does not fit, no file is touched", async (name, holds, says) => {
  const workspace = temporaryFolder({ ...before, [name]: holds });
  const was = held(workspace);
  const core = openTestCore({ workspace });
  const { failure, events } = await patch(core, three);
  expect(failure).toContain(says);
  expect(held(workspace)).toEqual(was);
  expect(events.filter(({ type }) => type === "file.kept")).toEqual([]);
});

test("FP6: when the last file can't be written, those before it are as they were, and an undo has nothing to mend", async () => {
  const workspace = temporaryFolder({ ...before, "long.txt": "x\n" });
  const core = openTestCore({ workspace });
  const name = `${"n".repeat(300)}.txt`;
  const { failure, events, run } = await patch(core, `${three}--- /dev/null\n+++ b/${name}\n@@ -0,0 +1 @@\n+x\n`);
  expect(failure).toContain("ENAMETOOLONG");
  expect(held(workspace)).toEqual({ ...before, "long.txt": "x\n" });
  expect(events.filter(({ type }) => type === "file.kept").length).toBeGreaterThan(0);
  await core.client.runs.undo({ run }).catch((error: Error) => expect(error.message).not.toContain("changed since"));
  expect(held(workspace)).toEqual({ ...before, "long.txt": "x\n" });
  sound(core);
});

test.each([
  [".git/hooks/pre-commit", "run or obeyed by other programs"],
  ["package.json", "run or obeyed by other programs"],
  [".env", "usually holds keys or passwords"],
  ["../outside.txt", "lies outside the workspace"],
  ["out/x.txt", "lies outside the workspace"],
])("FP7: one file among several that may not be written, %s, denies the whole", async (path, says) => {
  const workspace = temporaryFolder(before);
  symlinkSync(temporaryFolder(), join(workspace, "out"));
  const core = openTestCore({ workspace });
  const { failure } = await patch(core, `${three}--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+x\n`);
  expect(failure).toContain(says);
  expect(held(workspace)).toEqual(before);
});

test("FP8: a link and the file it leads to are one file; a mode is kept", async () => {
  const workspace = temporaryFolder({ "a.txt": "a\n" });
  symlinkSync("a.txt", join(workspace, "link.txt"));
  chmodSync(join(workspace, "a.txt"), 0o750);
  const core = openTestCore({ workspace });
  const one = (name: string) => `--- a/${name}\n+++ b/${name}\n@@ -1 +1 @@\n-a\n+b\n`;
  expect((await patch(core, one("a.txt") + one("link.txt"))).failure).toContain("changes link.txt twice");
  expect((await patch(core, one("link.txt"))).failure).toBe(undefined);
  expect(readFileSync(join(workspace, "a.txt"), "utf8")).toBe("b\n");
  expect(statSync(join(workspace, "a.txt")).mode & 0o777).toBe(0o750);
});

test("FP9: a host that stopped half way finishes the patch, file by file, where it had begun", async () => {
  const workspace = temporaryFolder(before);
  const dataDir = temporaryFolder();
  const run = "run_0000000000000a" as RunId;
  const about = { run, step: "p" as StepId, actor: "host" };
  const steps = [{ id: "p", kind: "tool", tool: "files.patch", input: { patch: three } }];
  const plan = Plan.parse({ version: 1, goal: "patch", steps });
  const kept = (name: string, to: string | null, from: string | null): NewEvent => {
    const content = (data: string | null) => (data === null ? null : { encoding: "utf8" as const, data });
    const data = { key: "p.call", path: join(workspace, name), before: content(from), made: null, after: contentHash(content(to)) };
    return { ...about, type: "file.kept", data };
  };
  await appendTo(dataDir, [
    {
      type: "run.started",
      run,
      actor: "person:cli",
      data: {
        goal: "patch",
        thread: "main" as never,
        model: "rules",
        modelKind: "rules",
        door: "cli",
        timeZone: "UTC",
        locale: "en-GB",
        workspace,
      },
    },
    { type: "plan.revised", run, actor: "host", data: { revision: 1, reason: "test", plan } },
    { ...about, type: "step.started", data: { attempt: 1 } },
    {
      ...about,
      type: "effect.requested",
      data: { key: "p.call", name: "files.patch", call: "tool", effect: "idempotent", input: { patch: three } },
    },
    kept("a.txt", "one\n2\nthree\nfour\n5\n", before["a.txt"]),
    kept("new/deep/b.txt", "b\n", null),
    kept("gone.txt", null, "gone\n"),
  ]);
  writeFileSync(join(workspace, "a.txt"), "one\n2\nthree\nfour\n5\n");
  mkdirSync(join(workspace, "new"));
  const core = openTestCore({ dataDir, workspace });
  await core.resume();
  const { summary, events } = await followToEnd(core.client, run);
  expect(summary.status).toBe("completed");
  expect(held(workspace)).toEqual({ "a.txt": "one\n2\nthree\nfour\n5\n", "b.txt": "b\n" });
  expect(events.filter(({ type }) => type === "file.kept")).toHaveLength(3);
  await core.client.runs.undo({ run });
  expect(held(workspace)).toEqual(before);
});
