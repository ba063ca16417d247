// A program of the person's, started in their terminal as they would start it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Surface } from "../core/index.ts";
import { lifeline } from "./lifeline.ts";
import { relayCommand, relayVariable } from "./relay-names.ts";

type Programs = NonNullable<Surface["programs"]>;

export const programs: Programs = {
  env: process.env,
  start,
  relay: [process.execPath, process.argv[1] ?? "", relayCommand],
  relayVariable,
  keep(name, text) {
    const folder = mkdtempSync(join(tmpdir(), "botmojo-"));
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
  },
};

function start(command: readonly string[], { env, outputAside }: Parameters<Programs["start"]>[1]): ReturnType<Programs["start"]> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    env: { ...process.env, ...env },
    stdio: ["inherit", outputAside ? process.stderr : "inherit", "inherit"],
  });
  const release = child.pid === undefined ? () => {} : lifeline(child.pid);
  // Where this process goes first, at a second Ctrl-C for one, the program does not stay behind.
  const last = () => child.kill("SIGKILL");
  process.once("exit", last);
  child.once("close", () => {
    process.off("exit", last);
    release();
  });
  let asked = false;
  const ended = new Promise<Awaited<ReturnType<Programs["start"]>["ended"]>>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ENOENT" ? `There is no program ${file}.` : `${file} can't be started: ${error.message}.`;
      resolve({ exitCode: null, why });
    });
    child.once("close", (exitCode, signal) => {
      resolve(signal ? { exitCode: null, why: `The program was ended by ${signal} (${constants.signals[signal]}).` } : { exitCode });
    });
  });
  return {
    ended,
    stop() {
      child.kill(asked ? "SIGKILL" : "SIGTERM");
      asked = true;
    },
  };
}
