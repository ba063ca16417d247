// Builds dist/ when it is missing or older than its sources; run by itself it says so on standard error.
import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./commands.ts";
import { root } from "./places.ts";
import { say, SetupStop } from "./say.ts";

const sources = ["core", "electron", "renderer", "bin", "assets", "vite.config.ts", "package.json"];
const stamp = join(root, "dist", ".stamp");

/** @throws SetupStop with the builder's words */
export function ensureBuild(): void {
  if (newest(sources.map((name) => join(root, name))) <= timeOf(stamp)) return;
  const began = new Date();
  say("building");
  const built = run(process.execPath, [join(root, "node_modules", "vite", "bin", "vite.js"), "build", "--app", "--logLevel", "warn"], {
    cwd: root,
  });
  if (built.code !== 0) throw new SetupStop(`the build failed:\n${built.stdout}${built.stderr}`);
  writeFileSync(stamp, "");
  // The stamp bears the time the build began: a file saved meanwhile is newer than it.
  utimesSync(stamp, began, began);
}

function newest(paths: readonly string[]): number {
  return Math.max(
    ...paths.map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (!stat) return 0;
      if (!stat.isDirectory()) return stat.mtimeMs;
      return Math.max(0, newest(readdirSync(path).map((name) => join(path, name))));
    }),
  );
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { runSetup } = await import("./say.ts");
  await runSetup(() => {
    ensureBuild();
    return Promise.resolve(0);
  });
}
