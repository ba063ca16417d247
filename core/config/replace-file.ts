// Writing a file of ours whole: a reader sees the old text or the new one, never half of it.
import { renameSync, writeFileSync } from "node:fs";

/** For the person alone (mode 0600). */
export function replaceFile(file: string, text: string): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file);
}
