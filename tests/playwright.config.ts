// The real desktop and a real browser.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  projects: [
    { name: "desktop", testMatch: "desktop/**/*.spec.ts" },
    { name: "browser", testMatch: "browser/**/*.spec.ts" },
  ],
});
