// Installs the peers, which are no part of the project, and runs `botmojo bench engine` beside them.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensurePackages } from "../../electron/setup/debian-packages.ts";
import { root } from "../../electron/setup/places.ts";
import { SetupStop } from "../../electron/setup/say.ts";

export function benchEngine(): Promise<void> {
  const peers = join(root, "tests", "bench", "peers");
  if (!existsSync(join(peers, "node_modules"))) {
    const { status } = spawnSync("npm", ["ci"], { cwd: peers, stdio: ["ignore", "inherit", "inherit"] });
    if (status !== 0) process.stderr.write("The peers could not be installed; they are left out.\n");
  }
  try {
    ensurePackages(["database"]);
  } catch (stop) {
    if (!(stop instanceof SetupStop)) throw stop;
    process.stderr.write("DBOS is left out: the Debian package postgresql is missing.\n");
  }
  const args = ["bench", "engine", "--peers", peers, ...process.argv.slice(3)];
  process.exitCode = spawnSync(join(root, "bin", "botmojo"), args, { stdio: "inherit" }).status ?? 1;
  return Promise.resolve();
}
