// The tools that look at files of the workspace. They only read.
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { fail } from "../contract/failure.ts";
import { openFile } from "../security/held-files.ts";
import { resolveInWorkspace } from "../security/workspace.ts";
import { lineTimes } from "./line-times.ts";
import { defineTool, type ToolContext } from "./tool.ts";

const path = z.string().min(1).max(4096).describe("Relative to the workspace, or absolute inside it");
const maxReadBytes = 512 * 1024;
const maxSearchedBytes = 4 * 1024 * 1024;
const maxFiles = 50_000;
const maxMatches = 5_000;
const skippedFolders = new Set([".git", "node_modules", ".hg", ".svn", "dist", "build", "target", ".venv", "__pycache__"]);

const list = defineTool({
  name: "files.list",
  description: "Lists a folder of the workspace.",
  effect: "reads",
  input: z.strictObject({ path: path.default(".") }),
  touches: ({ path }) => [path],
  source: ({ path }) => `the names of files in ${path}`,
  async run({ path }, { workspace }) {
    const folder = resolveInWorkspace(workspace, path).path;
    const found = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => Promise.reject(asFailure(error, path)));
    const entries = await Promise.all(
      found.slice(0, 2000).map(async (entry) => {
        const kind = entry.isDirectory() ? "folder" : "file";
        const size = kind === "file" ? await stat(join(folder, entry.name)).catch(() => undefined) : undefined;
        return { name: entry.name, kind, bytes: size?.size ?? 0 };
      }),
    );
    return { path, entries: entries.sort((a, b) => a.name.localeCompare(b.name)), truncated: found.length > 2000 };
  },
});

const read = defineTool({
  name: "files.read",
  description: "Reads a text file of the workspace, its first 512 KiB at most.",
  effect: "reads",
  input: z.strictObject({ path }),
  touches: ({ path }) => [path],
  source: ({ path }) => `the file ${path}`,
  async run({ path }, { workspace }) {
    const target = resolveInWorkspace(workspace, path).path;
    const file = await openFile(target).catch((error: unknown) => Promise.reject(asFailure(error, path)));
    try {
      const info = await file.stat();
      const buffer = Buffer.alloc(Math.min(info.size, maxReadBytes));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      const bytes = buffer.subarray(0, bytesRead);
      if (bytes.includes(0)) throw fail("input.invalid", `${path} is not a text file.`);
      return { path, text: bytes.toString("utf8"), bytes: info.size, truncated: info.size > maxReadBytes };
    } finally {
      await file.close();
    }
  },
});

interface Match {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

const search = defineTool({
  name: "files.search",
  description:
    "Finds lines that contain a plain text, in a file or below a folder of the workspace; capitals matter only when the text has one. Says when each line was written.",
  effect: "reads",
  input: z.strictObject({
    path: path.default("."),
    pattern: z.string().min(1).max(1000),
    sort: z.enum(["path", "oldest"]).default("path"),
    limit: z.int().min(1).max(1000).default(100),
  }),
  touches: ({ path }) => [path],
  source: ({ path }) => `files below ${path}`,
  async run({ path, pattern, sort, limit }, context) {
    const root = resolveInWorkspace(context.workspace, path).path;
    const info = await stat(root).catch((error: unknown) => Promise.reject(asFailure(error, path)));
    const files = info.isDirectory() ? await filesBelow(root, context.signal) : [root];
    const { matches, total } = await searchFiles(files, pattern, context);
    const times = await lineTimes(sort === "oldest" ? matches : matches.slice(0, limit), context.signal);
    const dated = matches.map((match) => ({ ...match, time: times.get(`${match.path}:${match.line}`) ?? 0 }));
    if (sort === "oldest") dated.sort((a, b) => a.time - b.time || a.path.localeCompare(b.path) || a.line - b.line);
    const shown = dated.slice(0, limit).map(({ time, ...match }) => ({
      ...match,
      path: relative(context.workspace, match.path) || match.path,
      at: new Date(time).toISOString(),
    }));
    return { matches: shown, total, files: files.length, truncated: total > shown.length };
  },
});

async function filesBelow(root: string, signal: AbortSignal): Promise<string[]> {
  const files: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined && files.length < maxFiles; folder = folders.pop()) {
    signal.throwIfAborted();
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) folders.push(join(folder, entry.name));
      else if (entry.isFile()) files.push(join(folder, entry.name));
    }
  }
  return files;
}

async function searchFiles(files: readonly string[], pattern: string, context: ToolContext) {
  const caseless = pattern === pattern.toLowerCase();
  const matches: Match[] = [];
  let total = 0;
  for (const [index, file] of files.entries()) {
    context.signal.throwIfAborted();
    if (index % 1000 === 999) context.progress(`searched ${index + 1} of ${files.length} files`);
    for await (const { line, text } of linesOf(file)) {
      if (!(caseless ? text.toLowerCase() : text).includes(pattern)) continue;
      total += 1;
      if (matches.length < maxMatches) matches.push({ path: file, line, text: text.trim().slice(0, 500) });
    }
  }
  return { matches, total };
}

/** The lines of a text file of at most 4 MiB; none of a larger, binary or unreadable one. */
async function* linesOf(file: string): AsyncGenerator<{ line: number; text: string }> {
  const info = await stat(file).catch(() => undefined);
  if (!info || info.size === 0 || info.size > maxSearchedBytes) return;
  const opened = await openFile(file).catch(() => undefined);
  if (!opened) return;
  const stream = opened.createReadStream({ encoding: "utf8" });
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  let line = 0;
  try {
    for await (const text of lines) {
      line += 1;
      if (line === 1 && text.includes("\0")) return;
      yield { line, text };
    }
  } catch {
    // A file that vanishes or can't be read while the folder is searched has no lines.
  } finally {
    lines.close();
    stream.destroy();
  }
}

/** What the system says of a file, in words. */
export function asFailure(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (code === "ENOENT") return fail("not.found", `There is no file or folder ${path} in the workspace.`);
  if (code === "ENOTDIR") return fail("input.invalid", `${path} is not a folder.`);
  if (code === "EACCES") return fail("denied", `${path} can't be read with your permissions.`);
  return error;
}

export const fileTools = [list, read, search];
