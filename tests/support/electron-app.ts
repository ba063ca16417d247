// The real desktop on a fresh data directory, driven by Playwright.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, expect, test, type ElectronApplication, type Page } from "@playwright/test";
import { root } from "../../electron/setup/places.ts";

export interface Desktop {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly dataDir: string;
  close(): Promise<void>;
}

export async function launchDesktop(options: { dataDir?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Desktop> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "botmojo-desktop-"));
  // No executable is named: Playwright then holds the app at "ready" until it has attached, and finds the runtime by
  // ELECTRON_OVERRIDE_DIST_PATH, which npm test sets.
  const app = await _electron.launch({
    args: [root, "--no-sandbox", "--disable-gpu", "--data-dir", dataDir],
    cwd: root,
    env: { ...process.env, ...options.env } as Record<string, string>,
  });
  const page = await app.firstWindow();
  return {
    app,
    page,
    dataDir,
    async close() {
      await app.close();
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Past the first start: the sentence that it offers is run, and the tour put away. */
export async function runFirst({ page }: Pick<Desktop, "page">): Promise<void> {
  await page.getByRole("button", { name: "Run it" }).click();
  await expect(page.getByTestId("answer")).toBeVisible();
  await page.getByRole("button", { name: "Skip" }).click();
}

/** Keeps a picture of the page in each theme with the test's output, and leaves it dark. */
export async function pictures(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: test.info().outputPath(`${name}-${colorScheme}.png`) });
  }
}
