// axe-core run inside the page, under its strict policy.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { root } from "../../electron/setup/places.ts";

const source = readFileSync(join(root, "node_modules", "axe-core", "axe.min.js"), "utf8");

/** One line a violation: the rule and the first place it was seen. The terminal's canvas is left to xterm. */
export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(source);
  const results = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(context: object): Promise<AxeResults> } };
    return axe.run({ exclude: [[".xterm"]] });
  });
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160) ?? ""}`);
}
