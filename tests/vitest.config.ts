// Tests without a window; the unit suite runs on Node 24 and on Electron's own Node.
import { defineConfig } from "vitest/config";
import { root } from "../electron/setup/places.ts";

export default defineConfig({
  test: {
    root,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    projects: [
      { extends: true, test: { name: "unit", include: ["tests/unit/**/*.test.ts"], maxWorkers: 2 } },
      { extends: true, test: { name: "simulation", include: ["tests/simulation/**/*.test.ts"] } },
      { extends: true, test: { name: "cli", include: ["tests/cli/**/*.test.ts"], maxWorkers: 2 } },
      { extends: true, test: { name: "durability", include: ["tests/durability/**/*.test.ts"], maxWorkers: 1 } },
    ],
  },
});
