// `botmojo` alone: the desktop where there is a display, else the workbench served on loopback.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { exitCodes, type Surface } from "../core/index.ts";
import type { GlobalOptions } from "./host.ts";
import { serveWorkbench } from "./serve.ts";

export async function openWorkbench(surface: Surface, options: GlobalOptions): Promise<number> {
  const starter = fileURLToPath(new URL("../../electron/setup/start.ts", import.meta.url));
  if (!hasDisplay() || !existsSync(starter)) {
    surface.terminal.err("There is no display, so the workbench is served here.\n");
    return serveWorkbench(surface, options, { port: 0, json: false });
  }
  const child = spawn(process.execPath, [starter, "--data-dir", options.dataDir], { stdio: "inherit" });
  surface.signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  return new Promise((resolve) => {
    child.once("exit", (code) => resolve(code ?? exitCodes.failed));
    child.once("error", () => resolve(exitCodes.failed));
  });
}

function hasDisplay(): boolean {
  if (process.platform === "darwin" || process.platform === "win32") return true;
  return Boolean(process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"]);
}
