// Makes the shim and the drivers, and runs a driver under the shim.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { run } from "../../electron/setup/commands.ts";
import { root } from "../../electron/setup/places.ts";

const here = join(root, "tests", "durability");
/** Inside the checkout, so that the bundle finds its addon. */
const made = join(root, "dist", "durability");

export interface Tools {
  readonly shim: string;
  readonly driver: string;
}

/** A driver as one file starts in two thirds of the time, and thousands are started. */
export async function makeTools(driver: string): Promise<Tools> {
  mkdirSync(made, { recursive: true });
  const shim = join(made, `shim-${process.pid}.so`);
  const compiled = run("gcc", ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", shim, join(here, "shim.c"), "-ldl", "-lpthread"]);
  if (compiled.code !== 0) throw new Error(`gcc could not make the shim:\n${compiled.stderr}`);
  const outDir = join(made, driver);
  await build({
    configFile: false,
    root,
    logLevel: "error",
    build: { ssr: join(here, `${driver}.ts`), outDir, emptyOutDir: false, target: "node22" },
    ssr: { noExternal: true, external: ["better-sqlite3"] },
  });
  return { shim, driver: join(outDir, `${driver}.js`) };
}

export interface Ran {
  readonly killed: boolean;
  readonly code: number | null;
  /** The whole lines of its standard output. */
  readonly lines: readonly string[];
  readonly err: string;
}

/** Runs the driver; `kill` counts the calls that change a file of `folder`. */
export function runVictim(
  { shim, driver }: Tools,
  args: readonly string[],
  options: { folder: string; kill?: number; log?: string; env?: NodeJS.ProcessEnv; under?: readonly string[] },
): Promise<Ran> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...options.env,
    LD_PRELOAD: shim,
    SHIM_ROOT: options.folder,
    SHIM_KILL: String(options.kill ?? 0),
    NODE_COMPILE_CACHE: join(made, "cache"),
    ...(options.log ? { SHIM_LOG: options.log } : {}),
  };
  for (const name of ["VITEST", "NODE_OPTIONS"]) delete env[name];
  const [program, ...rest] = [...(options.under ?? []), process.execPath, driver, ...args] as [string, ...string[]];
  const child = spawn(program, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("latin1")));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve) =>
    child.once("close", (code, signal) => {
      const lines = Buffer.from(out, "latin1").toString("utf8").split("\n").slice(0, -1);
      resolve({ killed: signal === "SIGKILL", code, lines, err });
    }),
  );
}

export interface Call {
  readonly name: "pwrite" | "write" | "fsync" | "syncdir" | "ftruncate" | "rename" | "unlink";
  readonly offset: number;
  /** What was written; for a rename where it came from. */
  readonly bytes: Buffer;
  readonly path: string;
}

/** What the shim has logged, in the order it happened. */
export function readCalls(log: string): Call[] {
  if (!existsSync(log)) return [];
  const all = readFileSync(log);
  const calls: Call[] = [];
  for (let at = 0; at < all.length;) {
    const end = all.indexOf(10, at);
    const [name = "", offset, length, ...path] = all.subarray(at, end).toString().split(" ");
    const next = end + 1 + Number(length);
    calls.push({ name: name as Call["name"], offset: Number(offset), bytes: all.subarray(end + 1, next), path: path.join(" ") });
    at = next;
  }
  return calls;
}

/** A folder for the lives of hosts, one after the other, and room beside it for what is recorded of them. It stays in
 * its place because a log names files by their whole path. */
export interface Stage {
  readonly folder: string;
  readonly beside: (name: string) => string;
  /** Brings back what `prepare` has laid. */
  readonly reset: () => void;
  readonly remove: () => void;
}

export async function newStage(prepare?: (folder: string) => Promise<void>): Promise<Stage> {
  const base = mkdtempSync(join(tmpdir(), "botmojo-durable-"));
  const folder = join(base, "host");
  const beside = (name: string) => join(base, name);
  for (const name of ["data", "workspace"]) mkdirSync(join(folder, name), { recursive: true });
  await prepare?.(folder);
  cpSync(folder, beside("as it was"), { recursive: true });
  return {
    folder,
    beside,
    reset() {
      rmSync(folder, { recursive: true });
      cpSync(beside("as it was"), folder, { recursive: true });
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}
