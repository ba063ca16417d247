// `npm run soak`: the suites that are too long for every commit, whole, one after the other. Hours.
import { join } from "node:path";
import { runHere } from "../electron/setup/commands.ts";
import { root } from "../electron/setup/places.ts";

const suites: readonly { readonly project: string; readonly file: string; readonly env: NodeJS.ProcessEnv }[] = [
  { project: "simulation", file: "tests/simulation/simulation.test.ts", env: { BOTMOJO_WORLDS: "100000" } },
  { project: "cli", file: "tests/cli/kill.test.ts", env: { BOTMOJO_KILLS: "10000" } },
  { project: "durability", file: "tests/durability/syscalls.test.ts", env: { BOTMOJO_POINTS: "1000000" } },
  { project: "durability", file: "tests/durability/power-cut.test.ts", env: { BOTMOJO_CUTS: "5000" } },
  { project: "durability", file: "tests/durability/effects.test.ts", env: { BOTMOJO_EFFECT_KILLS: "10000" } },
];
let failed = 0;
for (const { project, file, env } of suites) {
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--config", join(root, "tests", "vitest.config.ts"), "--project", project, file];
  // What the machine says of a suite's size wins, so that a part of it can be repeated.
  failed += (await runHere(process.execPath, args, { ...env, ...process.env })) === 0 ? 0 : 1;
}
process.stdout.write(`${suites.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
