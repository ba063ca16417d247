// A reminder whose time has come is said across the window until it is done.
import { expect, test } from "@playwright/test";
import { launchDesktop, pictures, runFirst } from "../support/electron-app.ts";

test("RD1: the window says that a reminder is due, until the person says that it is done", async () => {
  const desktop = await launchDesktop();
  const { page } = desktop;
  try {
    await runFirst(desktop);
    await page.getByRole("textbox", { name: "Goal" }).fill("remind me in 10 seconds to stretch");
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("answer")).toContainText("I will remind you on");
    const said = page.getByRole("status").filter({ hasText: "Reminder: Stretch" });
    await expect(said).toBeVisible({ timeout: 30_000 });
    await pictures(page, "reminder");
    await said.getByRole("button", { name: "Done" }).click();
    await expect(said).toHaveCount(0);
  } finally {
    await desktop.close();
  }
});
