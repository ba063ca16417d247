// When a line of a file was written: from git where the file is under version control, else the file's own time.
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

interface Place {
  readonly path: string;
  readonly line: number;
}

const blamedFiles = 300;

/** Milliseconds since 1970 by `path:line`, for every place. */
export async function lineTimes(places: readonly Place[], signal: AbortSignal): Promise<Map<string, number>> {
  const byFile = new Map<string, number[]>();
  for (const { path, line } of places) byFile.set(path, [...(byFile.get(path) ?? []), line]);
  const times = new Map<string, number>();
  let asked = 0;
  for (const [path, lines] of byFile) {
    signal.throwIfAborted();
    asked += 1;
    const blamed = asked <= blamedFiles ? await blame(path, lines, signal) : undefined;
    const fallback = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
    for (const line of lines) times.set(`${path}:${line}`, blamed?.get(line) ?? Math.floor(fallback));
  }
  return times;
}

/** Runs `git blame` on the lines; undefined where there is no git or no history of the file. */
async function blame(path: string, lines: readonly number[], signal: AbortSignal): Promise<Map<number, number> | undefined> {
  const ranges = lines.slice(0, 200).flatMap((line) => ["-L", `${line},${line}`]);
  // A repository's own settings may name programs to run; these overrides keep a stranger's from being started.
  const safe = ["-c", "core.fsmonitor=false", "-c", "diff.external=", "-c", "core.pager=cat"];
  const args = [...safe, "blame", "--line-porcelain", "--no-textconv", ...ranges, "--", basename(path)];
  const output = await new Promise<string | undefined>((resolve) => {
    const options = { cwd: dirname(path), signal, timeout: 10_000, maxBuffer: 8 * 1024 * 1024 };
    execFile("git", args, options, (error, stdout) => resolve(error ? undefined : stdout));
  });
  if (output === undefined) return undefined;
  const times = new Map<number, number>();
  let line = 0;
  for (const text of output.split("\n")) {
    const head = /^[0-9a-f]{40} \d+ (\d+)/.exec(text);
    if (head) line = Number(head[1]);
    const at = /^author-time (\d+)$/.exec(text);
    if (at) times.set(line, Number(at[1]) * 1000);
  }
  return times;
}
