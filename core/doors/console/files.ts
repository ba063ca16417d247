// Files of the person at a door, where the door has any: text read in pieces, a file written whole or not at all.
import { fail } from "../../contract/failure.ts";

export interface Files {
  /** UTF-8 text in pieces.
   * @throws FailureError `not.found`, or `input.invalid` with the line */
  read(path: string): AsyncIterable<string>;
  /** @throws FailureError `input.invalid` when a file could not be written there */
  check(path: string): Promise<void>;
  /** Replaces what is there, if all of it could be written. */
  write(path: string, pieces: AsyncIterable<string>): Promise<void>;
}

/** @throws FailureError `input.invalid` where there are none */
export function filesOf({ files }: { readonly files?: Files }): Files {
  if (!files) throw fail("input.invalid", "The console has no files.", "Use botmojo in a terminal.");
  return files;
}
