// The folder that one host owns: where it is by default, and whether it can be used.
import { accessSync, chmodSync, constants, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../contract/failure.ts";

export const databaseName = "botmojo.db";

/** The platform's place for application data. */
export function defaultDataDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  const named = env["BOTMOJO_DATA_DIR"];
  if (named) return named;
  if (platform === "darwin") return join(home, "Library", "Application Support", "BotMojo");
  if (platform === "win32") return join(env["APPDATA"] ?? join(home, "AppData", "Roaming"), "BotMojo");
  return join(env["XDG_DATA_HOME"] ?? join(home, ".local", "share"), "botmojo");
}

/** Makes the folder if need be and checks that it is ours to write, readable by nobody else.
 * @throws FailureError `datadir.invalid` */
export function prepareDataDir(dir: string): void {
  const other = "Choose another folder with --data-dir.";
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EEXIST" || code === "ENOTDIR") {
      throw fail("datadir.invalid", `${dir} is a file or lies inside one, not a folder.`, other);
    }
    throw fail("datadir.invalid", `The folder ${dir} can't be made (${String(code)}).`, other);
  }
  const stat = statSync(dir);
  const uid = process.getuid?.();
  if (uid !== undefined && stat.uid !== uid) {
    throw fail(
      "datadir.invalid",
      `${dir} belongs to another user (uid ${stat.uid}, you are ${uid}), so your data would not be private there.`,
      other,
    );
  }
  try {
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    if (uid !== undefined && (stat.mode & 0o077) !== 0 && isOurs(dir)) chmodSync(dir, 0o700);
  } catch {
    throw fail("datadir.invalid", `${dir} can't be written.`, `Check its permissions. ${other}`);
  }
  if (uid !== undefined && (stat.mode & 0o200) === 0) {
    throw fail("datadir.invalid", `${dir} is read-only.`, `Make it writable (chmod u+w). ${other}`);
  }
}

/** A folder that a person uses for other things keeps its mode; the files we make in it are private either way. */
function isOurs(dir: string): boolean {
  const names = readdirSync(dir);
  return names.length === 0 || names.includes(databaseName);
}
