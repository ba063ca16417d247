// `npm start`: opens the workbench; without a display, serves it on loopback and prints the address.
import { join } from "node:path";
import { ensureBuild } from "./build.ts";
import { runHere } from "./commands.ts";
import { prepareDesktop } from "./desktop.ts";
import { root } from "./places.ts";
import { runSetup, say } from "./say.ts";

await runSetup(async () => {
  const args = process.argv.slice(2);
  if (!hasDisplay()) {
    ensureBuild();
    say("there is no display, so the workbench is served on loopback");
    return runHere(process.execPath, [join(root, "dist", "cli", "cli.js"), ...args, "serve"]);
  }
  const { runtime, env } = await prepareDesktop();
  const asRoot = process.platform === "linux" && process.getuid?.() === 0;
  if (asRoot) say("started as root, so Chromium's own sandbox is off (--no-sandbox)");
  return runHere(runtime.executable, [root, ...(asRoot ? ["--no-sandbox"] : []), ...args], { ...process.env, ...env });
});

function hasDisplay(): boolean {
  if (process.platform === "darwin" || process.platform === "win32") return true;
  return Boolean(process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"]);
}
