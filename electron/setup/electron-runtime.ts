// The one place that decides which Electron runs: its own download where that works, else the stand-in.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { run } from "./commands.ts";
import { fallbackVersion, makeFallback } from "./fallback-electron.ts";
import { cacheDir, root } from "./places.ts";
import { say, SetupStop } from "./say.ts";

export interface ElectronRuntime {
  readonly version: string;
  /** The folder that holds the executable. */
  readonly dist: string;
  readonly executable: string;
  readonly source: "download" | "stand-in";
}

/** Raised when the way the stand-in is made changes, so that older ones are made anew. */
const recipe = 1;

export async function ensureElectron(): Promise<ElectronRuntime> {
  const own = await ownDownload();
  if (own) {
    say(`Electron ${own.version}, its own download`);
    return own;
  }
  const dist = join(cacheDir(), `electron-${fallbackVersion}-${recipe}`);
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new SetupStop(
      "Electron could not be downloaded, and there is a stand-in for x64 Linux only. Check the network, then start again.",
    );
  }
  const executable = join(dist, "electron");
  if (!existsSync(executable)) await makeFallback(dist);
  say(`Electron ${fallbackVersion}, a stand-in because Electron's own download can't be reached (${dist})`);
  return { version: fallbackVersion, dist, executable, source: "stand-in" };
}

/** The variables that make the stock tools use this runtime. */
export function runtimeEnv(runtime: ElectronRuntime): NodeJS.ProcessEnv {
  return runtime.source === "download" ? {} : { ELECTRON_OVERRIDE_DIST_PATH: runtime.dist };
}

async function ownDownload(): Promise<ElectronRuntime | undefined> {
  const folder = join(root, "node_modules", "electron");
  const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
  const dist = join(folder, "dist");
  const downloaded = async (): Promise<ElectronRuntime | undefined> => {
    const name = await readFile(join(folder, "path.txt"), "utf8").catch(() => undefined);
    const executable = name && join(dist, name);
    return executable && existsSync(executable) ? { version, dist, executable, source: "download" } : undefined;
  };
  const before = await downloaded();
  if (before) return before;
  if (!(await answers(process.env["ELECTRON_MIRROR"] ?? "https://github.com", 5000))) return undefined;
  say(`downloading Electron ${version}`);
  run(process.execPath, [join(folder, "install.js")], { timeoutMs: 300_000 });
  return downloaded();
}

/** Whether the address's host takes a connection; saves minutes of the downloader's retries where it does not. */
function answers(address: string, withinMs: number): Promise<boolean> {
  if (process.env["HTTPS_PROXY"] || process.env["https_proxy"]) return Promise.resolve(true);
  const { hostname, port, protocol } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) || (protocol === "http:" ? 80 : 443), timeout: withinMs });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}
