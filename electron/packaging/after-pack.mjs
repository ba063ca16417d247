// After the app is laid out and before installers are made of it: what came with the runtime and is not ours goes, and
// the addon for a runtime older than the prebuilt one comes in.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";

export default function afterPack({ appOutDir }) {
  const resources = join(appOutDir, "resources");
  rmSync(join(resources, "default_app.asar"), { force: true });
  const addon = process.env.BOTMOJO_SQLITE_ADDON;
  if (addon) cpSync(addon, join(resources, "better_sqlite3.node"));
}
