// `npm run package [-- dir]`: the app as a folder or an installer, its fuses set. With the stand-in runtime the result
// is for trying out; a release is made where Electron's own download can be reached.
import { join } from "node:path";
import { run } from "../setup/commands.ts";
import { prepareDesktop } from "../setup/desktop.ts";
import { root } from "../setup/places.ts";
import { runSetup, say, SetupStop } from "../setup/say.ts";

await runSetup(async () => {
  const target = process.argv[2] ?? "dir";
  const { runtime, env } = await prepareDesktop();
  const own = runtime.source === "download";
  const more = own ? [] : [`-c.electronDist=${runtime.dist}`, `-c.electronVersion=${runtime.version}`];
  say(`packaging as ${target}`);
  const builder = join(root, "node_modules", "electron-builder", "cli.js");
  const built = run(process.execPath, [builder, "--linux", target, "--publish", "never", ...more], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  if (built.code !== 0)
    throw new SetupStop(`electron-builder failed:\n${`${built.stdout}${built.stderr}`.trim().split("\n").slice(-15).join("\n")}`);
  say(`done: ${join(root, "release")}`);
  return 0;
});
