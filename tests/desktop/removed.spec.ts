// A run that is removed at another door leaves the open window at once, which says so.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { root } from "../../electron/setup/places.ts";
import { launchDesktop, pictures, runFirst } from "../support/electron-app.ts";

test("V40: a run that is removed on the command line leaves list and view, and the window says so", async () => {
  const desktop = await launchDesktop();
  const { page, dataDir } = desktop;
  try {
    await runFirst(desktop);
    await page.getByRole("textbox", { name: "Goal" }).fill("note: forget this word");
    await page.keyboard.press("Enter");
    const row = page.getByRole("option", { name: "note: forget this word" });
    await expect(row).toHaveAttribute("aria-selected", "true");
    await expect(page.getByTestId("answer")).toContainText(/forget this word/i);
    const run = (await row.getAttribute("id")) ?? "";
    const { status } = spawnSync(join(root, "bin", "botmojo"), ["--data-dir", dataDir, "runs", "rm", run], { encoding: "utf8" });
    expect(status).toBe(0);
    await expect(row).toHaveCount(0);
    const said = page.getByRole("status").filter({ hasText: "was removed" });
    await expect(said).toHaveText("“note: forget this word” was removed, with its texts and what it had kept. It was on show here.");
    // What is on show now is another run; no word of the removed one is left beside the notice.
    await expect(page.getByRole("listbox", { name: "Runs" }).getByRole("option", { selected: true })).toHaveCount(1);
    await expect(page.getByTestId("answer")).not.toContainText(/forget this word/i);
    await pictures(page, "removed");
    await said.getByRole("button", { name: "Put this away" }).click();
    await expect(said).toHaveCount(0);
  } finally {
    await desktop.close();
  }
});
