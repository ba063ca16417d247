// What the desktop is told when it starts, and the switches that a released one refuses.
import { homedir } from "node:os";
import { resolve } from "node:path";
import { defaultDataDir } from "../core/index.ts";

/** Would hand the app's insides to whoever starts it. */
const dangerous =
  /^--(?:remote-debugging-(?:port|pipe|address)|inspect(?:-brk|-port|-publish-uid)?|no-sandbox|disable-web-security|load-extension|host-resolver-rules|js-flags|proxy-server|user-data-dir|renderer-cmd-prefix|utility-cmd-prefix|gpu-launcher)(?:=|$)/;

export function refusedSwitch(argv: readonly string[]): string | undefined {
  return argv.find((argument) => dangerous.test(argument));
}

/** `--data-dir DIR` or `--data-dir=DIR`, else the environment's, else the platform's place. */
export function dataDirOf(argv: readonly string[], env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const index = argv.findIndex((argument) => argument === "--data-dir" || argument.startsWith("--data-dir="));
  const named = argv[index]?.startsWith("--data-dir=") ? argv[index]?.slice("--data-dir=".length) : argv[index + 1];
  return resolve((index >= 0 && named) || defaultDataDir(env, platform, homedir()));
}
