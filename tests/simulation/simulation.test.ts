// Thousands of worlds from seeds: what must never happen does not, and the same seed makes the same log.
// BOTMOJO_WORLDS sets how many (npm run soak: 100,000); BOTMOJO_SEED says where to begin.
import { expect, test } from "vitest";
import { runWorld } from "./world.ts";

const worlds = Number(process.env["BOTMOJO_WORLDS"] ?? 2000);
const first = Number(process.env["BOTMOJO_SEED"] ?? Date.now() % 1_000_000_000);

test(`A7: ${worlds} worlds from seed ${first}: no breach, no run that does not end`, async () => {
  const found: string[] = [];
  const from = performance.now();
  let simulatedMs = 0;
  let steps = 0;
  let hosts = 0;
  for (let seed = first; seed < first + worlds && found.length < 5; seed += 1) {
    const report = await runWorld(seed);
    simulatedMs += report.simulatedMs;
    steps += report.steps;
    hosts += report.hosts;
    found.push(...report.breaches.map((breach) => `seed ${seed}: ${breach}`));
  }
  const seconds = (performance.now() - from) / 1000;
  process.stdout.write(
    `${worlds} worlds, ${steps} steps, ${hosts} hosts, ${(simulatedMs / 3_600_000).toFixed(1)} h in ${seconds.toFixed(1)} s (${(simulatedMs / 1000 / seconds).toFixed(0)}× real time)\n`,
  );
  expect(found).toEqual([]);
}, 36_000_000);

test("A7: the same seed twice makes the same log, byte for byte", async () => {
  for (let seed = first; seed < first + Math.max(20, worlds / 20); seed += 1) {
    const [one, other] = [await runWorld(seed), await runWorld(seed)];
    if (one.dump !== other.dump) expect.unreachable(`seed ${seed} made two logs`);
  }
}, 36_000_000);

test.each([390, 2134, 619_491_731])("A7: seed %i, which found a fault once, finds none", async (seed) => {
  expect((await runWorld(seed)).breaches).toEqual([]);
});
