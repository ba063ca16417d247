// Files as whole values: what one holds now, and putting a value in its place at one stroke.
import { hash } from "node:crypto";
import { chmod, lstat, mkdir, open, rename, rm, rmdir, type FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fail } from "../contract/failure.ts";
import type { FileContent } from "../contract/undo.ts";
import { countMarks } from "../security/mask.ts";
import { inFolder, openFile } from "../security/held-files.ts";

/** A larger file could not be kept in the log before it is written over. */
export const largestKept = 16 * 1024 * 1024;

/** Names a file's content; `absent` where there is none. */
export function contentHash(content: FileContent): string {
  return content === null ? "absent" : hash("sha256", bytesOf(content));
}

/** A mark that was not there stands for a secret that whoever writes it never saw: with it in the file, the secret is lost.
 * @throws FailureError `input.invalid` */
export function refuseHidden(path: string, before: FileContent, after: FileContent): void {
  const marksOf = (content: FileContent) => (content?.encoding === "utf8" ? countMarks(content.data) : 0);
  if (marksOf(after) <= marksOf(before)) return;
  throw fail(
    "input.invalid",
    `The text for ${path} holds [hidden: …], which stands for a secret that was hidden, so the secret would be lost.`,
    "Change only the other lines, with files.patch.",
  );
}

/** @throws FailureError `input.invalid` for a folder or a file larger than 16 MiB */
export async function readContent(path: string): Promise<FileContent> {
  const stat = await lstat(path).catch(() => undefined);
  if (!stat) return null;
  if (!stat.isFile()) throw fail("input.invalid", `${path} is not a file.`);
  if (stat.size > largestKept) throw fail("input.invalid", `${path} is larger than 16 MiB, so it could not be brought back.`);
  const bytes = await readWhole(path);
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? { encoding: "utf8", data: text } : { encoding: "base64", data: bytes.toString("base64") };
}

async function readWhole(path: string): Promise<Buffer> {
  const file = await openFile(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Whole or not at all, and on the disk when this resolves; keeps the mode of a file that is there. `call` names the
 * writing for good: when a host dies half way, the next one's same call takes over what is left beside the file. */
export async function writeContent(path: string, content: Exclude<FileContent, null>, call: string): Promise<void> {
  const folder = dirname(path);
  const made = await makeFolders(folder);
  await inFolder(folder, async (at, held) => {
    const target = at(basename(path));
    const beside = at(`.${hash("sha256", `${call} ${path}`).slice(0, 32)}.tmp`);
    try {
      await rm(beside, { force: true });
      const file = await open(beside, "wx");
      try {
        await file.writeFile(bytesOf(content));
        await file.sync();
      } finally {
        await file.close();
      }
      const before = await lstat(target).catch(() => undefined);
      if (before) await chmod(beside, before.mode & 0o777);
      await rename(beside, target);
      await syncHeld(held);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  });
  if (made === undefined) return;
  for (let each = dirname(folder); each.length >= dirname(made).length; each = dirname(each)) {
    await syncFolder(each);
    if (each === dirname(each)) break;
  }
}

/** Makes a folder and those above it that are missing, each in the one that is held. Returns the topmost that it made. */
async function makeFolders(path: string): Promise<string | undefined> {
  if (await lstat(path).catch(() => undefined)) return undefined;
  const above = await makeFolders(dirname(path));
  await inFolder(dirname(path), (at) => mkdir(at(basename(path))));
  return above ?? path;
}

/** Brings a folder's names to the disk: without it a power cut may take back a rename or a removal that the log holds for
 * done. Windows has no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await syncHeld(folder);
  } finally {
    await folder.close();
  }
}

async function syncHeld(folder: FileHandle): Promise<void> {
  if (process.platform !== "win32") await folder.sync();
}

/** Takes a file away, and the folders up to `made` that are empty then. */
export async function removeFile(path: string, made: string | null): Promise<void> {
  await inFolder(dirname(path), (at) => rm(at(basename(path)), { force: true }));
  const kept = await removeEmptied(path, made);
  if (await lstat(kept).catch(() => undefined)) await syncFolder(kept);
}

/** Returns the first folder that stays. */
async function removeEmptied(path: string, made: string | null): Promise<string> {
  if (made === null) return dirname(path);
  let folder = dirname(path);
  for (; folder.length >= made.length; folder = dirname(folder)) {
    const gone = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!gone) break;
  }
  return folder;
}

/** The topmost folder that writing a file there would make. */
export async function folderToMake(path: string): Promise<string | null> {
  let missing: string | null = null;
  for (let folder = dirname(path); !(await lstat(folder).catch(() => undefined)); folder = dirname(folder)) missing = folder;
  return missing;
}

function bytesOf(content: Exclude<FileContent, null>): Buffer {
  return Buffer.from(content.data, content.encoding);
}
