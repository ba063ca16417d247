// Long runs in the real desktop: opened, travelled in, looked into and forked, with only what is looked at read.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { root } from "../../electron/setup/places.ts";
import { launchDesktop, type Desktop } from "../support/electron-app.ts";
import { violationsOn } from "../support/axe.ts";

// 4,000 calls whole; a step is left that never began.
const events = 20_001;
const all = (events + 1).toLocaleString("en");
let dataDir = "";
let desktop: Desktop;

test.beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "botmojo-long-"));
  const made = spawnSync(process.execPath, [join(root, "tests", "support", "long-folder.ts"), dataDir, String(events)], {
    encoding: "utf8",
  });
  expect(made.stderr).toBe("");
});
test.afterAll(() => rmSync(dataDir, { recursive: true, force: true }));
test.beforeEach(async () => {
  desktop = await launchDesktop({ dataDir });
  const skip = desktop.page.getByRole("button", { name: "Skip" });
  await desktop.page.getByRole("option").first().waitFor();
  if (await skip.isVisible()) await skip.click();
});
test.afterEach(() => desktop.close());

/** Moves the line of time to a place, as a drag does. */
async function travel(page: Page, place: number): Promise<void> {
  await page.getByRole("slider", { name: "Event" }).fill(String(place - 1));
  await expect(page.locator(".timeline-at")).toHaveText(`event ${place.toLocaleString("en")} of ${all}`);
}

async function open(page: Page, which: "loop" | "wide"): Promise<void> {
  await page
    .getByRole("option", { name: "long" })
    .nth(which === "wide" ? 0 : 1)
    .click();
  await expect(page.locator(".timeline-at")).toHaveText(`event ${all} of ${all}`);
}

test("L1: a plan of thousands of steps opens where it matters; at an event its steps are as they were", async () => {
  const { page } = desktop;
  await open(page, "wide");
  await expect(page.locator('[data-step="s3999"]')).toHaveAttribute("data-status", "completed");
  expect(await page.locator(".react-flow__node").count()).toBeLessThan(40);
  await page.locator('[data-step="s3999"]').click();
  await expect(page.getByRole("tabpanel")).toContainText("some words that a step gave");
  await page.screenshot({ path: test.info().outputPath("wide.png") });

  // Place 10,003 is the third event of s2000.
  await travel(page, 10_003);
  await expect(page.getByRole("heading", { name: "s3999" })).toBeVisible();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect(page.locator(".timeline-at")).toHaveText(`event 10,001 of ${all}`);
  await page.getByRole("tab", { name: /^Events/ }).click();
  await page.locator(".event-row.selected").click();
  await expect(page.getByRole("heading", { name: "s1999" })).toBeVisible();
  await expect(page.getByRole("tabpanel")).toContainText("some words that a step gave");
  await page.keyboard.press("]");
  await expect(page.getByRole("heading", { name: "s2000" })).toBeVisible();
  await expect(page.locator('[data-step="s2000"]')).toBeInViewport();
  await expect(page.getByRole("tabpanel")).toContainText("Nothing yet");
  await page.keyboard.press("ArrowRight");
  await expect(page.locator(".inspector .panel-head")).toContainText("Running");
  await page.screenshot({ path: test.info().outputPath("wide-at.png") });
});

test("L2: a loop's turns are counted at every event, and a step inside one is looked into", async () => {
  const { page } = desktop;
  await open(page, "loop");
  const group = page.locator('[data-step="turns"]');
  await expect(group).toContainText("67 of 67");
  await travel(page, 3_001);
  await expect(group).toContainText("10 of 10");
  await group.getByRole("button", { name: /Open turns/ }).click();
  await expect(page.locator('[data-step^="turns/"]').first()).toHaveAttribute("data-status", "completed");
  await travel(page, 1_000);
  await page.getByRole("tab", { name: /^Events/ }).click();
  await page.locator(".event-row.selected").click();
  await expect(page.getByRole("heading", { name: "turns/3/s98" })).toBeVisible();
  await expect(page.getByRole("tabpanel")).toContainText("some words that a step gave");
  await expect(page.locator('[data-step="turns/3/s98"]')).toHaveAttribute("data-status", "completed");
  await expect(page.locator('[data-step="turns/3/s99"]')).toHaveAttribute("data-status", "waiting");
  await page.waitForTimeout(300);
  await page.screenshot({ path: test.info().outputPath("loop-at.png") });
  expect(await violationsOn(page)).toEqual([]);
});

test("L3: a long run is forked at an event with another result, and what came of it is done anew", async () => {
  const { page } = desktop;
  await open(page, "wide");
  await travel(page, 19_951);
  await page.getByRole("tab", { name: /^Events/ }).click();
  await page.locator(".event-row.selected").click();
  await expect(page.getByRole("heading", { name: "s3989" })).toBeVisible();
  await page.keyboard.press("e");
  await expect(page.getByTestId("editor-Result of s3989")).toContainText("42");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText(/Forked at event/)).toBeVisible();
  await expect(page.locator('[data-step="s3999"]')).toHaveAttribute("data-status", "completed");
  await expect(page.getByTestId("answer")).toBeVisible();
  await page.getByRole("button", { name: "Left its original" }).click();
  await expect(page.getByRole("button", { name: "Fork a: done" })).toBeVisible();
  await expect(page.locator(".event-row").first()).toBeVisible();
  await expect(page.locator('[data-step="s3999"]')).toContainText("some words");
  await page.waitForTimeout(500);
  await page.screenshot({ path: test.info().outputPath("fork.png") });
});
