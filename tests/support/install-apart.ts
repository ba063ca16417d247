// Packages that only a test needs, with a lock file of their own beside the project's.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/** Installs what is not there yet, or is older than the lock file.
 * @throws Error with what npm said */
export function installApart(folder: string): void {
  const [lock, installed] = [join(folder, "package-lock.json"), join(folder, "node_modules", ".package-lock.json")];
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const args = ["ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, stderr } = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`the packages in ${folder} could not be installed:\n${stderr}`);
}
