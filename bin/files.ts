// Files named on the command line: text read in pieces, a file written whole or not at all.
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { TextDecoder } from "node:util";
import { syncFolder, type Files } from "../core/index.ts";
import { fail } from "../core/contract/index.ts";

/** Longer lines are no text that BotMojo reads. */
const longestLineBytes = 64 * 2 ** 20;
const pieceLength = 256 * 1024;

export const files: Files = {
  async *read(path) {
    for await (const text of wholeLines(chunksOf(path), path)) {
      for (let at = 0; at < text.length; at += pieceLength) yield text.slice(at, at + pieceLength);
    }
  },

  async check(path) {
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) throw fail("input.invalid", `${path} is a folder, so no file can be written there.`);
    const folder = dirname(resolve(path));
    if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw fail("input.invalid", `There is no folder ${folder}.`);
  },

  async write(path, pieces) {
    await files.check(path);
    const whole = resolve(path);
    const beside = partOf(whole, process.pid);
    try {
      await removeLeftParts(whole);
      const file = await open(beside, "w", 0o600);
      try {
        for await (const piece of pieces) await file.write(piece);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, whole);
      await syncFolder(dirname(whole));
    } catch (error) {
      await rm(beside, { force: true });
      const code = codeOf(error);
      throw code ? fail("storage.unwritable", `${path} could not be written (${code}).`, "Nothing was left there.") : error;
    }
  },
};

const partEnd = ".botmojo-part";

/** Where a file lies until all of it is there: `.run.jsonl.4711.botmojo-part`, by the process that writes it. */
function partOf(path: string, pid: number | string): string {
  return join(dirname(path), `.${basename(path)}.${pid}${partEnd}`);
}

/** Takes away what a process that was killed has left of the same file. */
async function removeLeftParts(path: string): Promise<void> {
  const begin = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const writer = name.startsWith(begin) && name.endsWith(partEnd) ? name.slice(begin.length, -partEnd.length) : "";
    if (/^\d+$/.test(writer) && !isAlive(Number(writer))) await rm(partOf(path, writer), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  } catch (error) {
    const code = codeOf(error);
    if (code === "EISDIR") throw fail("input.invalid", `${path} is a folder, not a recording.`);
    throw code ? fail("not.found", `The file ${path} can't be read (${code}).`) : error;
  }
}

/** Text in pieces that end with a line's end, so that what is not UTF-8 has a line to be named by. */
async function* wholeLines(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let lines = 0;
  const decode = (bytes: Buffer) => {
    const text = decodeUtf8(bytes);
    if (text === undefined) throw fail("input.invalid", `Line ${lines + firstBadLine(bytes)} of ${path} is not UTF-8 text.`);
    lines += text.split("\n").length - 1;
    return text;
  };
  for await (const chunk of chunks) {
    const cut = chunk.lastIndexOf(10) + 1;
    if (cut > 0) {
      yield decode(Buffer.concat([...rest, chunk.subarray(0, cut)]));
      rest = [];
      restBytes = 0;
    }
    rest.push(chunk.subarray(cut));
    restBytes += chunk.length - cut;
    if (restBytes > longestLineBytes) {
      throw fail("input.invalid", `Line ${lines + 1} of ${path} is longer than ${longestLineBytes / 2 ** 20} MiB.`, "Nothing was changed.");
    }
  }
  if (restBytes > 0) yield decode(Buffer.concat(rest));
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function firstBadLine(bytes: Buffer): number {
  let line = 1;
  for (let from = 0; ; line += 1) {
    const to = bytes.indexOf(10, from);
    if (decodeUtf8(bytes.subarray(from, to < 0 ? undefined : to)) === undefined || to < 0) return line;
    from = to + 1;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
