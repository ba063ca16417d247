// Everything that a desktop start needs, made ready: packages, runtime, addon, build.
import { ensureBuild } from "./build.ts";
import { ensurePackages, type Purpose } from "./debian-packages.ts";
import { ensureElectron, runtimeEnv, type ElectronRuntime } from "./electron-runtime.ts";
import { ensureAddon } from "./sqlite-addon.ts";

export interface Desktop {
  readonly runtime: ElectronRuntime;
  /** For whoever starts Electron. */
  readonly env: NodeJS.ProcessEnv;
}

export async function prepareDesktop(purposes: readonly Purpose[] = []): Promise<Desktop> {
  ensurePackages(["window", ...purposes]);
  const runtime = await ensureElectron();
  const addon = await ensureAddon(runtime);
  ensureBuild();
  return { runtime, env: { ...runtimeEnv(runtime), ...(addon ? { BOTMOJO_SQLITE_ADDON: addon } : {}) } };
}
