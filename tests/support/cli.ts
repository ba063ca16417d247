// The command line as a person starts it: bin/botmojo, a process of its own.
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { root } from "../../electron/setup/places.ts";

export interface CliRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What starts it, such as a program that takes its network away first. */
  readonly through?: readonly string[];
}

export function startCli(args: readonly string[], options: CliOptions = {}): ChildProcess {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", TZ: "Europe/Tallinn", LC_ALL: "en_GB.UTF-8", ...options.env };
  for (const name of ["DISPLAY", "WAYLAND_DISPLAY", "VITEST", "NODE_OPTIONS"]) delete env[name];
  const [file = "", ...rest] = [...(options.through ?? []), join(root, "bin", "botmojo"), ...args];
  const child = spawn(file, rest, { cwd: options.cwd ?? root, env });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

export function cli(args: readonly string[], options: CliOptions & { input?: string | Buffer } = {}): Promise<CliRun> {
  const child = startCli(args, options);
  let out = "";
  let err = "";
  child.stdout?.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr?.on("data", (data: Buffer) => (err += data.toString()));
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })));
}

/** The first line of a child's standard output that passes. */
export function lineOf(child: ChildProcess, passes: (line: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (data: Buffer) => {
      text += data.toString();
      const line = text.split("\n").find((candidate, index, all) => index < all.length - 1 && passes(candidate));
      if (line !== undefined) resolve(line);
    });
    child.once("close", () => reject(new Error(`it ended without that line:\n${text}`)));
  });
}
