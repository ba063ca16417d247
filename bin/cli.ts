// The command line's first breath: compiled code is kept between runs, then the rest is loaded.
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
enableCompileCache?.(join(cache, "botmojo", "compiled"));
const { main } = await import("./main.ts");
await main(process.argv.slice(2));
