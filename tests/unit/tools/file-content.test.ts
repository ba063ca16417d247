import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { removeFile, writeContent } from "../../../core/tools/file-content.ts";
import { temporaryFolder } from "../../support/core.ts";

const content = { encoding: "utf8" as const, data: "whole" };

test("T20: what a dead host left beside a file is gone when its call is made again", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "a.txt");
  await writeContent(path, content, "run/call");
  const beside = await whileWriting(folder, () => writeContent(path, content, "run/call"));
  writeFileSync(join(folder, beside), "half");
  await writeContent(path, content, "run/call");
  expect(readdirSync(folder)).toEqual(["a.txt"]);
  expect(readFileSync(path, "utf8")).toBe("whole");
});

test("T21: a file's name is on the disk when its writing or removal resolves, and so are new folders' names", async () => {
  const folder = temporaryFolder();
  const synced = await watchSyncs();
  await writeContent(join(folder, "new", "er", "a.txt"), content, "run/call");
  expect(synced()).toEqual({ files: 1, folders: 3 });
  await removeFile(join(folder, "new", "er", "a.txt"), join(folder, "new"));
  expect(synced()).toEqual({ files: 0, folders: 1 });
  expect(readdirSync(folder)).toEqual([]);
});

/** The name of the file that a writing makes beside its target. */
async function whileWriting(folder: string, write: () => Promise<void>): Promise<string> {
  const seen: string[] = [];
  const prototype = await handlePrototype();
  const spy = vi.spyOn(prototype, "writeFile").mockImplementationOnce(function look() {
    seen.push(...readdirSync(folder).filter((name) => name.endsWith(".tmp")));
    return Promise.resolve();
  });
  await write();
  spy.mockRestore();
  return seen[0] ?? "none";
}

/** Counts what is brought to the disk, each time since it was last asked. */
async function watchSyncs(): Promise<() => { files: number; folders: number }> {
  const prototype = await handlePrototype();
  let counts = { files: 0, folders: 0 };
  const real = Reflect.get(prototype, "sync");
  const spy = vi.spyOn(prototype, "sync").mockImplementation(async function sync(this: FileHandle) {
    counts[(await this.stat()).isDirectory() ? "folders" : "files"] += 1;
    return real.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  return () => {
    const before = counts;
    counts = { files: 0, folders: 0 };
    return before;
  };
}

async function handlePrototype(): Promise<FileHandle> {
  const handle = await open(new URL(import.meta.url));
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}
