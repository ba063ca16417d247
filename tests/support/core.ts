// A real core on a real folder, with files to look at.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { openCore, type Core, type CoreClient } from "../../core/index.ts";
import type { Event, RunId, RunSummary } from "../../core/contract/index.ts";

export function temporaryFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "botmojo-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export function openTestCore(
  options: { dataDir?: string; workspace?: string; env?: NodeJS.ProcessEnv; flags?: Record<string, string> } = {},
): Core {
  const core = openCore({
    dataDir: options.dataDir ?? temporaryFolder(),
    version: "0.0.0-test",
    env: options.env ?? {},
    workspace: options.workspace ?? temporaryFolder(),
    flags: { "person.timeZone": "Europe/Tallinn", "person.locale": "en-GB", ...options.flags },
  });
  if (!core) throw new Error("another process holds the test's folder");
  onTestFinished(() => core.close());
  return core;
}

export async function runGoal(client: CoreClient, goal: string): Promise<{ summary: RunSummary; events: Event[] }> {
  const { run } = await client.runs.start({ goal, door: "core" });
  return followToEnd(client, run);
}

export async function followToEnd(client: CoreClient, run: RunId): Promise<{ summary: RunSummary; events: Event[] }> {
  const events: Event[] = [];
  for await (const followed of await client.events.follow({ run, untilEnd: true })) {
    if (followed.is === "event") events.push(followed.event);
  }
  return { summary: await client.runs.get({ run }), events };
}
