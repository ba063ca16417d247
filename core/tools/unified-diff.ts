// A unified diff, read strictly: whatever in it is not understood is refused, so that nobody takes half of it for the whole.
import { applyPatch, parsePatch, type StructuredPatch } from "diff";
import { fail, failureOf } from "../contract/failure.ts";

export interface FilePatch {
  /** As the diff names it, without git's `a/` and `b/`. */
  readonly path: string;
  readonly does: "create" | "change" | "delete";
  readonly added: number;
  readonly removed: number;
  readonly patch: StructuredPatch;
}

const mostFiles = 100;
const mostHunks = 1000;
const nowhere = "/dev/null";

/** @throws FailureError `input.invalid` with the file and hunk */
export function readDiff(text: string): FilePatch[] {
  const files = parsed(text).map(readFile);
  const hunks = files.reduce((count, { patch }) => count + patch.hunks.length, 0);
  if (files.length === 0) throw unfit("The patch changes no file.");
  if (files.length > mostFiles || hunks > mostHunks) throw unfit(`A patch may change ${mostFiles} files in ${mostHunks} hunks at most.`);
  refuseLeftOver(text, files, hunks);
  return files;
}

/** What the file holds afterwards. The lines around a change must be there exactly, though perhaps further up or down;
 * line ends stay as the file has them.
 * @throws FailureError `input.invalid` with the hunk that does not fit */
export function patched(source: string, { path, does, patch }: FilePatch): string {
  const result = applyPatch(source, patch);
  if (result === false) {
    const first = patch.hunks.findIndex((_, index) => applyPatch(source, { ...patch, hunks: patch.hunks.slice(0, index + 1) }) === false);
    const { oldStart = 1, oldLines = 0 } = patch.hunks[first] ?? {};
    const line = oldLines === 0 ? oldStart - 1 : oldStart;
    throw unfit(`Hunk ${first + 1} of ${path}, for line ${line}, does not fit: the lines it changes are not in the file as it is now.`);
  }
  if (does === "delete" && result !== "") throw unfit(`The patch deletes ${path}, but the file holds more than the patch takes out.`);
  return result;
}

function parsed(text: string): StructuredPatch[] {
  try {
    // The end of a text that says nothing more is read as one more file without a name.
    return parsePatch(text).filter(({ oldFileName, newFileName, hunks }) => (oldFileName ?? newFileName) !== undefined || hunks.length > 0);
  } catch (error) {
    throw unfit(`The patch can't be read: ${failureOf(error).message}.`);
  }
}

function readFile(patch: StructuredPatch): FilePatch {
  const { oldFileName: from, newFileName: to, hunks, isCreate = false, isDelete = false } = patch;
  if (from === undefined || to === undefined) throw unfit("The patch has a hunk before the name of its file (--- and +++).");
  const creates = isCreate || from === nowhere;
  const deletes = isDelete || to === nowhere;
  const [before, after] = withoutPrefixes(from, to);
  const path = creates ? after : before;
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (path === "" || path === nowhere || /[\u0000-\u001f]/.test(path))
    throw unfit(`The patch names no file that there could be: ${JSON.stringify(path)}.`);
  if (creates && deletes) throw unfit(`The patch creates and deletes ${path} at once.`);
  if (!creates && !deletes && before !== after)
    throw unfit(`The patch calls a file ${before} and ${after}; to move one, delete it and create the other.`);
  if (patch.isBinary) throw unfit(`The patch of ${path} is binary.`);
  const mode = deletes ? undefined : patch.newMode;
  if (mode !== undefined && mode !== patch.oldMode && mode !== "100644")
    throw unfit(`The patch gives ${path} the mode ${mode}; it can only change what is in a file.`);
  if (hunks.length === 0 && !creates && !deletes) throw unfit(`The patch of ${path} has no hunk.`);
  const stray = hunks.findIndex(({ oldStart, newStart }) => !Number.isInteger(oldStart) || !Number.isInteger(newStart));
  if (stray >= 0) throw unfit(`Hunk ${stray + 1} of ${path} does not say which lines it is about, such as @@ -3,7 +3,9 @@.`);
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return { path, does: creates ? "create" : deletes ? "delete" : "change", added: count("+"), removed: count("-"), patch };
}

function withoutPrefixes(from: string, to: string): [string, string] {
  const marked = (name: string, prefix: string) => name === nowhere || name.startsWith(prefix);
  if (!marked(from, "a/") || !marked(to, "b/")) return [from, to];
  const bare = (name: string) => (name === nowhere ? name : name.slice(2));
  return [bare(from), bare(to)];
}

/** The parser passes over lines that it takes for talk; one that looks like a part of a change must not be among them. */
function refuseLeftOver(text: string, files: readonly FilePatch[], hunks: number): void {
  const lines = text.split("\n");
  const begin = (...signs: string[]) => lines.filter((line) => signs.some((sign) => line.startsWith(sign))).length;
  const heads = files.reduce(
    (count, { patch }) => count + [patch.oldHeader, patch.newHeader].filter((head) => head !== undefined).length,
    0,
  );
  const changes = files.reduce((count, { added, removed }) => count + added + removed, 0);
  if (begin("@@") !== hunks) throw unfit("The patch has a line that begins with @@ and is no hunk's first.");
  if (begin("+", "-") !== heads + changes) throw unfit("The patch has a line that begins with + or - and lies outside of every hunk.");
}

const unfit = (message: string) => fail("input.invalid", message);
