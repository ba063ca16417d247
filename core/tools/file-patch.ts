// The tool that applies a unified diff to the workspace: all of its files or none. What was there is in the log before the
// first is touched.
import { z } from "zod";
import { fail, failureOf } from "../contract/failure.ts";
import type { FileContent } from "../contract/undo.ts";
import { resolveInWorkspace } from "../security/workspace.ts";
import { contentHash, folderToMake, largestKept, readContent, refuseHidden, removeFile, writeContent } from "./file-content.ts";
import { defineTool, type ToolContext } from "./tool.ts";
import { patched, readDiff, type FilePatch } from "./unified-diff.ts";

const patch = defineTool({
  name: "files.patch",
  description:
    "Applies a unified diff to text files of the workspace: all of it, or nothing. Changes, creates (--- /dev/null) and deletes (+++ /dev/null) files; a/ and b/ before the names are left off. The lines around a change must be exact. It can be undone.",
  effect: "idempotent",
  writes: true,
  leave: "tainted",
  input: z.strictObject({
    patch: z
      .string()
      .min(1)
      .max(1024 * 1024)
      .superRefine((text, context) => {
        try {
          readDiff(text);
        } catch (error) {
          context.addIssue({ code: "custom", message: `is refused: ${failureOf(error).message.replace(/\.$/, "")}` });
        }
      })
      .describe("Names relative to the workspace, or absolute inside it"),
  }),
  touches: ({ patch }) => readDiff(patch).map(({ path }) => path),
  async run({ patch }, context) {
    const files = readDiff(patch);
    const targets = await targetsOf(files, context);
    try {
      const changes = await changesOf(targets);
      for (const { path, before, made, after } of changes) await context.keepFile({ path, before, made, after: contentHash(after) });
      await writeAll(changes, context);
    } catch (error) {
      if (!targets.some(({ isDone }) => isDone)) throw error;
      const { code, message } = failureOf(error);
      throw fail(code, `${message} A part of the patch was in place already when the host stopped.`, "An undo of the run takes that back.");
    }
    return { files: files.map(({ path, does, added, removed }) => ({ path, did: done[does], added, removed })) };
  },
});

const done = { create: "created", change: "changed", delete: "deleted" } as const;

interface Target {
  readonly file: FilePatch;
  /** Absolute, links resolved. */
  readonly path: string;
  readonly before: FileContent;
  /** A host that stopped had made it already. */
  readonly isDone: boolean;
}

interface Change extends Target {
  readonly after: FileContent;
  /** The topmost folder that writing it makes. */
  readonly made: string | null;
}

async function targetsOf(files: readonly FilePatch[], { workspace, begunAs, signal }: ToolContext): Promise<Target[]> {
  const targets = new Map<string, Target>();
  for (const file of files) {
    signal.throwIfAborted();
    const { path } = resolveInWorkspace(workspace, file.path);
    if (targets.has(path)) throw fail("input.invalid", `The patch changes ${file.path} twice.`);
    const before = await readContent(path);
    targets.set(path, { file, path, before, isDone: contentHash(before) === begunAs(path) });
  }
  return [...targets.values()];
}

async function changesOf(targets: readonly Target[]): Promise<Change[]> {
  const changes: Change[] = [];
  for (const target of targets) {
    if (target.isDone) continue;
    changes.push({ ...target, after: contentAfter(target.file, target.before), made: await folderToMake(target.path) });
  }
  return changes;
}

function contentAfter(file: FilePatch, before: FileContent): FileContent {
  const { path, does } = file;
  if (does === "create" && before !== null) throw fail("conflict", `The patch creates ${path}, which is there already.`);
  if (does !== "create" && before === null) throw fail("not.found", `The patch changes ${path}, which is not there.`);
  if (before?.encoding === "base64") throw fail("input.invalid", `${path} is not a text file.`);
  const data = patched(before?.data ?? "", file);
  if (Buffer.byteLength(data) > largestKept) throw fail("input.invalid", `${path} would be larger than 16 MiB.`);
  const after = does === "delete" ? null : ({ encoding: "utf8", data } as const);
  refuseHidden(path, before, after);
  return after;
}

async function writeAll(changes: readonly Change[], context: ToolContext): Promise<void> {
  const written: Change[] = [];
  try {
    for (const change of changes) {
      context.signal.throwIfAborted();
      if (contentHash(await readContent(change.path)) !== contentHash(change.before)) {
        throw fail("conflict", `${change.file.path} was changed by somebody else just now.`);
      }
      written.push(change);
      await put(change, change.after, context.key);
    }
  } catch (error) {
    await takeBack(written.toReversed(), changes, context);
    throw error;
  }
}

/** As it was before, and said so in the log: an undo of the run looks there for what the files should hold. */
async function takeBack(written: readonly Change[], all: readonly Change[], { key, keepFile }: ToolContext): Promise<void> {
  for (const change of written) {
    const isOurs = contentHash(await readContent(change.path)) === contentHash(change.after);
    if (isOurs) await put(change, change.before, key);
  }
  for (const { path, before, after, made } of all) await keepFile({ path, before: after, made, after: contentHash(before) });
}

async function put({ path, made }: Change, content: FileContent, key: string): Promise<void> {
  if (content === null) await removeFile(path, made);
  else await writeContent(path, content, key);
}

export const filePatchTools = [patch];
