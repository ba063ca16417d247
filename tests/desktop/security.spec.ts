// Who may do what, in the real window: looked at, changed by a rule that was tried against the past, and taken back.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { violationsOn } from "../support/axe.ts";
import { launchDesktop, pictures, runFirst, type Desktop } from "../support/electron-app.ts";

let desktop: Desktop;
let folder: string;

test.beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "botmojo-security-"));
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data", "permissions.yaml"), "- {decide: deny, tool: files.write, paths: 'secret/**'}\n", { mode: 0o600 });
  desktop = await launchDesktop({ dataDir: join(folder, "data") });
  await runFirst(desktop);
});

test.afterEach(async () => {
  await desktop.close();
  rmSync(folder, { recursive: true, force: true });
});

test("SE1: the matrix says what holds; a rule is tried against the past, added, holds, and is taken out again", async () => {
  const { page, dataDir } = desktop;
  const file = join(dataDir, "permissions.yaml");
  await page.keyboard.press("5");
  const cell = page.getByRole("button", { name: /plan calculator$/ });
  await expect(cell).toContainText("Allow");
  await expect(page.getByRole("button", { name: /plan files.write$/ })).toContainText("+");
  await expect(page.getByRole("region", { name: "Permissions" })).toContainText(/Proven on this machine today|Not proven/, {
    timeout: 20_000,
  });
  await pictures(page, "security");
  await cell.click();
  const editor = page.getByRole("region", { name: "A rule" });
  await expect(editor).toContainText("calculator by plan");
  await editor.getByRole("button", { name: "Deny" }).click();
  await expect(editor).toContainText(/Of the last \d+ calls it would have allowed|There are no past calls/);
  await pictures(page, "rule");
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await violationsOn(page)).toEqual([]);
  }
  await page.keyboard.press("Enter");
  await expect(editor).toBeHidden();
  await expect(cell).toContainText("Deny");
  expect(readFileSync(file, "utf8")).toContain("calculator");
  await page.getByRole("button", { name: "Take out user 2" }).click();
  await expect(cell).toContainText("Allow");
  expect(readFileSync(file, "utf8")).not.toContain("calculator");
});

test("SE2: a pattern that is none is refused in words and nothing is added; a file that can't be read shows, and what acts then asks", async () => {
  const { page, dataDir } = desktop;
  const file = join(dataDir, "permissions.yaml");
  await page.keyboard.press("5");
  await page.getByRole("button", { name: /plan files.write$/ }).click();
  const editor = page.getByRole("region", { name: "A rule" });
  await editor.getByRole("combobox").selectOption("if");
  await editor.getByRole("textbox").fill("input.path ==");
  await expect(editor.getByRole("alert")).toContainText("can't be read");
  await page.keyboard.press("Enter");
  await expect(editor.getByRole("alert")).toBeVisible();
  expect(readFileSync(file, "utf8")).not.toContain("input.path");
  await page.keyboard.press("Escape");
  await expect(editor).toBeHidden();
  writeFileSync(file, "- {decide: perhaps}\n");
  await expect(page.getByRole("region", { name: "Permissions" }).getByRole("alert")).toContainText("permissions.yaml", { timeout: 15_000 });
  await expect(page.getByRole("button", { name: /plan files.write$/ })).toContainText("Ask");
});

test("SE3: a rule for the run on show alone is added while it is held, holds for its next call, and is gone with it", async () => {
  const { page, dataDir } = desktop;
  await page.getByRole("textbox", { name: "Goal" }).fill("calculate 2+3");
  await page.keyboard.press("Control+P");
  await page.getByRole("textbox", { name: "Goal" }).press("Enter");
  await expect(page.getByRole("button", { name: /Go on/ }).first()).toBeVisible();
  await page.getByRole("heading").first().click();
  await page.keyboard.press("5");
  const cell = page.getByRole("button", { name: /generalist calculator$/ });
  await cell.click();
  const editor = page.getByRole("region", { name: "A rule" });
  await editor.getByRole("button", { name: "Deny" }).click();
  await editor.getByRole("combobox").last().selectOption({ index: 1 });
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Take out run 1" })).toBeVisible();
  expect(readFileSync(join(dataDir, "permissions.yaml"), "utf8")).not.toContain("calculator");
  await page.keyboard.press("F8");
  await page.keyboard.press("1");
  await expect(page.locator("main")).toContainText("The rule run 1 says deny.");
});
