// The command line's first breath: compiled code is kept between runs, then the rest is loaded.
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { relayCommand } from "./relay-names.ts";

const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
enableCompileCache?.(join(cache, "botmojo", "compiled"));
if (process.argv[2] === relayCommand) {
  // One for each server of a program: it has to begin at once.
  const { relay } = await import("./relay.ts");
  process.exit(await relay(process.argv.slice(process.argv.indexOf("--") + 1), process.env));
}
const { main } = await import("./main.ts");
await main(process.argv.slice(2));
