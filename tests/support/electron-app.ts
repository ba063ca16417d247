// The real desktop on a fresh data directory, driven by Playwright.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "@playwright/test";
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
