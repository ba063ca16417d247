// Opening files so that nothing can be slipped in between looking at a path and using it: what was opened is asked where it
// lies, and only then used. On Linux; elsewhere the look before is all there is.
import { constants } from "node:fs";
import { lstat, open, readlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../contract/failure.ts";

// Windows has only the first; what is not there counts as 0.
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;
const asksItself = process.platform === "linux";

/** Opens a plain file for reading. `path` has its links resolved already.
 * @throws FailureError `denied` when it leads elsewhere by now; `input.invalid` when it is no plain file; or the system's */
export async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => Promise.reject(turned(error, path)));
  try {
    await stillAt(file, path);
    if (!(await file.stat()).isFile()) throw fail("input.invalid", `${path} is not a file.`);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Calls `work` with a way to name what lies in a folder that holds even when the folder is moved or exchanged meanwhile.
 * @throws FailureError `denied` when the folder's path leads elsewhere by now */
export async function inFolder<T>(path: string, work: (at: (name: string) => string, folder: FileHandle) => Promise<T>): Promise<T> {
  const folder = await open(path, O_RDONLY | O_NOFOLLOW | O_DIRECTORY).catch((error: unknown) => Promise.reject(turned(error, path)));
  try {
    await stillAt(folder, path);
    const held = asksItself ? `/proc/self/fd/${folder.fd}` : path;
    return await work((name) => join(held, name), folder);
  } finally {
    await folder.close();
  }
}

async function stillAt(handle: FileHandle, path: string): Promise<void> {
  if (asksItself) {
    if ((await readlink(`/proc/self/fd/${handle.fd}`)) !== path) throw elsewhere(path);
    return;
  }
  const [opened, named] = await Promise.all([handle.stat(), lstat(path)]);
  if (opened.ino !== named.ino || opened.dev !== named.dev) throw elsewhere(path);
}

/** A link where there was none when the path was looked at. */
function turned(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ELOOP" || code === "ENOTDIR" ? elsewhere(path) : error;
}

function elsewhere(path: string) {
  return fail("denied", `${path} leads elsewhere than a moment ago.`, "Something exchanges files there while they are used.");
}
