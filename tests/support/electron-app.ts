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
  const executablePath = process.env["BOTMOJO_TEST_ELECTRON"];
  if (!executablePath) throw new Error("npm test sets BOTMOJO_TEST_ELECTRON; run the suite with it.");
  const app = await _electron.launch({
    executablePath,
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
