// Text from standard input and files, refused with a sentence when it is not text or too long.
import { readFile } from "node:fs/promises";
import { TextDecoder } from "node:util";
import { fail } from "../core/contract/index.ts";

const maxBytes = 8 * 1024 * 1024;

/** @throws FailureError `input.invalid` */
export async function readStandardInput(allowed: boolean): Promise<string> {
  if (!allowed && process.stdin.isTTY) throw fail("input.invalid", "Standard input is a terminal, and --no-input was given.");
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes)
      throw fail("input.invalid", "Standard input is longer than 8 MiB.", "Put it into a file and name the file in the goal.");
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks), "Standard input");
}

/** @throws FailureError `input.invalid` or `not.found` */
export async function readFileText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw fail("not.found", error.code === "EISDIR" ? `${path} is a folder.` : `The file ${path} can't be read (${error.code}).`);
  });
  if (bytes.length > maxBytes) throw fail("input.invalid", `${path} is longer than 8 MiB.`);
  return decode(bytes, path);
}

function decode(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw fail("input.invalid", `${name} is not UTF-8 text.`);
  }
}
