// The tool that writes files of the workspace. What was there is in the log before the file is touched.
import { z } from "zod";
import { resolveInWorkspace } from "../security/workspace.ts";
import { contentHash, folderToMake, readContent, refuseHidden, writeContent } from "./file-content.ts";
import { defineTool } from "./tool.ts";

const write = defineTool({
  name: "files.write",
  description: "Writes a text file of the workspace, whole; what it held before can be brought back.",
  effect: "idempotent",
  writes: true,
  leave: "tainted",
  input: z.strictObject({
    path: z.string().min(1).max(4096).describe("Relative to the workspace, or absolute inside it"),
    text: z.string().max(4 * 1024 * 1024),
  }),
  touches: ({ path }) => [path],
  async run({ path, text }, { workspace, keepFile, key }) {
    const target = resolveInWorkspace(workspace, path).path;
    const content = { encoding: "utf8" as const, data: text };
    const before = await readContent(target);
    refuseHidden(path, before, content);
    await keepFile({ path: target, before, made: await folderToMake(target), after: contentHash(content) });
    await writeContent(target, content, key);
    return { path, bytes: Buffer.byteLength(text), existed: before !== null };
  },
});

export const fileWriteTools = [write];
