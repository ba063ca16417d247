// Undo: files, memory and the conversation go back together, or nothing does; and come back.
import { chmodSync, existsSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Plan } from "../../../core/contract/index.ts";
import type { Core } from "../../../core/index.ts";
import { appendTo } from "../../support/log.ts";
import { followToEnd, openTestCore, runGoal, temporaryFolder } from "../../support/core.ts";

const write = (id: string, path: string, text: string, needs: string[] = []) => ({
  id,
  kind: "tool",
  tool: "files.write",
  input: { path, text },
  needs,
});

async function written(dataDir = temporaryFolder()) {
  const workspace = temporaryFolder({ "a.txt": "one\n" });
  const core = openTestCore({ workspace, dataDir });
  const plan = Plan.parse({
    version: 1,
    goal: "write",
    steps: [
      write("first", "a.txt", "two\n"),
      write("again", "a.txt", "three\n", ["first"]),
      write("deep", "new/deep/b.txt", "b\n", ["again"]),
      { id: "note", kind: "tool", tool: "notes.add", input: { text: "bread", words: "bread" }, needs: ["deep"] },
    ],
  });
  const { run } = await core.client.runs.start({ goal: "write", door: "core", plan });
  const { summary, events } = await followToEnd(core.client, run);
  expect(summary.status).toBe("completed");
  return { workspace, core, run, events };
}

const read = (workspace: string, name: string) => (existsSync(join(workspace, name)) ? readFileSync(join(workspace, name), "utf8") : null);
const sound = ({ invariants }: Core) => expect(invariants().flatMap(({ breach }) => breach ?? [])).toEqual([]);

test("U1: an undo takes back files, memory and the conversation together; a redo brings them back", async () => {
  const { workspace, core, run } = await written();
  chmodSync(join(workspace, "a.txt"), 0o640);
  expect(await core.client.memory.recall({ query: "bread" })).toHaveLength(1);
  const dry = await core.client.runs.undo({ run, dryRun: true });
  expect(read(workspace, "a.txt")).toBe("three\n");
  const done = await core.client.runs.undo({ run });
  expect(done).toEqual(dry);
  expect(read(workspace, "a.txt")).toBe("one\n");
  expect(statSync(join(workspace, "a.txt")).mode & 0o777).toBe(0o640);
  expect(existsSync(join(workspace, "new"))).toBe(false);
  expect(await core.client.memory.list({})).toEqual([]);
  expect(await core.client.memory.recall({ query: "bread" })).toEqual([]);
  expect((await core.client.runs.get({ run })).undoneTo).not.toBe(null);
  await expect(core.client.runs.undo({ run })).rejects.toThrow(/undone already/);
  sound(core);

  await core.client.runs.undo({ run, direction: "redo" });
  expect([read(workspace, "a.txt"), read(workspace, "new/deep/b.txt")]).toEqual(["three\n", "b\n"]);
  expect(await core.client.memory.recall({ query: "bread" })).toHaveLength(1);
  await expect(core.client.runs.undo({ run, direction: "redo" })).rejects.toThrow(/has not been undone/);
  await core.client.runs.undo({ run });
  expect(read(workspace, "a.txt")).toBe("one\n");
  core.rebuild();
  expect(await core.client.memory.list({})).toEqual([]);
  sound(core);
});

test("U2: what a person changed meanwhile is in the way: nothing is undone, and the file is named", async () => {
  const { workspace, core, run } = await written();
  writeFileSync(join(workspace, "a.txt"), "mine\n");
  await expect(core.client.runs.undo({ run })).rejects.toThrow(/a\.txt has changed since/);
  expect(read(workspace, "new/deep/b.txt")).toBe("b\n");
  expect(await core.client.memory.list({})).toHaveLength(1);
});

test("U3: an undo to an event takes back only what came after it", async () => {
  const { workspace, core, run, events } = await written();
  const at = events.find(({ type, step }) => type === "step.completed" && step === "first")?.seq ?? 0;
  await core.client.runs.undo({ run, to: at });
  expect([read(workspace, "a.txt"), read(workspace, "new/deep/b.txt")]).toEqual(["two\n", null]);
  await expect(core.client.runs.undo({ run, to: 999_999 })).rejects.toThrow();
});

test("U4: a host that dies in the middle of an undo finishes it when it comes back", async () => {
  const dataDir = temporaryFolder();
  const { workspace, core, run } = await written(dataDir);
  const plan = await core.client.runs.undo({ run, dryRun: true });
  await core.close();
  // As the disk is after the first of its files: asked for, one file back, not applied.
  await appendTo(dataDir, [{ run, actor: "person", type: "undo.requested", data: plan }]);
  writeFileSync(join(workspace, "a.txt"), "one\n");
  const next = openTestCore({ workspace, dataDir });
  await next.resume();
  expect([read(workspace, "a.txt"), read(workspace, "new/deep/b.txt")]).toEqual(["one\n", null]);
  expect(await next.client.memory.list({})).toEqual([]);
  sound(next);
});

test("U5: what was said in an undone run is no longer heard; a run under way is not undone", async () => {
  const core = openTestCore();
  const { summary } = await runGoal(core.client, "remember that Sara is vegetarian");
  await core.client.runs.undo({ run: summary.id });
  const { summary: asked } = await runGoal(core.client, "what do I know about Sara?");
  expect(asked.answer).not.toContain("vegetarian");
  const plan = Plan.parse({ version: 1, goal: "wait", steps: [{ id: "w", kind: "wait", message: "go" }] });
  const { run } = await core.client.runs.start({ goal: "wait", door: "core", plan });
  await expect(core.client.runs.undo({ run })).rejects.toThrow(/under way/);
});

test.each([".git/hooks/pre-commit", ".bashrc", "package.json", "../outside.txt", "sub/.envrc"])(
  "U6: %s is not written by a tool, and the reason is named",
  async (path) => {
    const { client } = openTestCore();
    const plan = Plan.parse({ version: 1, goal: "write", steps: [write("w", path, "x")] });
    const { run } = await client.runs.start({ goal: "write", door: "core", plan });
    const { summary, events } = await followToEnd(client, run);
    expect(summary).toMatchObject({ status: "failed", failure: { code: "denied" } });
    expect(events.some(({ type }) => type === "tool.denied")).toBe(true);
  },
);

test("U7: a folder that was replaced by a link is not followed out of the workspace", async () => {
  const { workspace, core, run } = await written();
  const outside = temporaryFolder({ "b.txt": "b\n" });
  renameSync(join(workspace, "new/deep"), join(workspace, "away"));
  symlinkSync(outside, join(workspace, "new/deep"));
  await expect(core.client.runs.undo({ run })).rejects.toThrow(/has changed since/);
  expect(readFileSync(join(outside, "b.txt"), "utf8")).toBe("b\n");
});
