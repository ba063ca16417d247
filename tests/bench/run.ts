// `npm run bench -- start`: figures beside their floor, in one run, as ratios.
import { benchEngine } from "./engine.ts";
import { benchOpen } from "./open.ts";
import { benchStart } from "./start.ts";
import { benchTools } from "./tools.ts";

const benches: Readonly<Record<string, () => Promise<void>>> = {
  start: benchStart,
  engine: benchEngine,
  open: benchOpen,
  tools: benchTools,
};
const name = process.argv[2] ?? "";
const bench = benches[name];
if (bench) await bench();
else {
  process.stderr.write(`Name a benchmark: ${Object.keys(benches).join(", ")}\n`);
  process.exitCode = 2;
}
