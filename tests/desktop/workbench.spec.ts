// The main job in the real desktop.
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { root } from "../../electron/setup/places.ts";
import { launchDesktop, runFirst, type Desktop } from "../support/electron-app.ts";
import { violationsOn } from "../support/axe.ts";

const sentence = "Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian";

let desktop: Desktop;
test.beforeEach(async () => {
  desktop = await launchDesktop();
});
test.afterEach(() => desktop.close());

test("D1: first start: the sentence is run for real, its graph ends, its answer and what it kept are read back", async () => {
  const { page } = desktop;
  await expect(page.getByRole("heading", { name: "Say something, and watch it being done" })).toBeVisible();
  await page.getByRole("button", { name: "Run it" }).click();
  for (const step of ["triage", "planner", "finance", "memory", "answer"]) {
    await expect(page.locator(`[data-step=${step}]`)).toHaveAttribute("data-status", "completed");
  }
  await expect(page.getByTestId("answer")).toContainText("at 13:00, at Chipotle");
  await expect(page.getByTestId("answer")).toContainText("I will remember: Sara is vegetarian.");
  const kept = page.getByRole("list", { name: "Kept" }).getByRole("listitem");
  await expect(kept).toHaveCount(3);
  for (const words of ["Lunch with Sara tomorrow at 1pm at Chipotle", "paid $23.50", "remember she is vegetarian"]) {
    await expect(kept.locator("q").filter({ hasText: words })).toHaveCount(1);
  }
  for (let card = 1; card <= 4; card += 1) await page.getByRole("button", { name: card === 4 ? "Done" : "Next" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("D2: a step is opened from the graph, and its words are marked in the sentence", async () => {
  const { page } = desktop;
  await runFirst(desktop);
  await page.locator("[data-step=finance]").click();
  await expect(page.getByRole("complementary", { name: "Step" })).toContainText("finance");
  await page.getByRole("tab", { name: "Words" }).click();
  await expect(page.locator("mark")).toHaveText("paid $23.50");
  await page.getByRole("tab", { name: "Calls" }).click();
  await expect(page.getByRole("tabpanel")).toContainText("expenses.add");
  await page.getByRole("tab", { name: "Plan" }).click();
  await expect(page.locator(".monaco-editor").first()).toBeVisible();
  await expect(page.locator(".monaco-editor")).toContainText('"version"');
  await page.getByRole("tab", { name: "Output" }).click();
});

test("D3: a goal typed into the goal bar answers from what was kept; an empty one is refused in place", async () => {
  const { page } = desktop;
  await runFirst(desktop);
  await page.keyboard.press("Control+l");
  const goal = page.getByRole("textbox", { name: "Goal" });
  await expect(goal).toBeFocused();
  await goal.press("Enter");
  await expect(page.getByRole("alert")).toContainText("Say what you want");
  await goal.fill("what do I know about Sara?");
  await goal.press("Enter");
  await expect(page.getByTestId("answer")).toContainText("Sara is vegetarian.");
});

test("D4: a run started from the command line appears in the open window without a reload", async () => {
  const { page, dataDir } = desktop;
  const ran = spawnSync(join(root, "bin", "botmojo"), ["--data-dir", dataDir, "run", "note: water the plants"], { encoding: "utf8" });
  expect(ran).toMatchObject({ status: 0, stdout: "Noted: Water the plants.\n" });
  await expect(page.getByRole("option", { name: /water the plants/ })).toBeVisible();
  await page.getByRole("option", { name: /water the plants/ }).click();
  await expect(page.getByTestId("answer")).toHaveText("Noted: Water the plants.");
});

test("D5: time travel: at an earlier event the plan is as it was", async () => {
  const { page } = desktop;
  await runFirst(desktop);
  await page.getByRole("option", { name: /Lunch with Sara/ }).click();
  await expect(page.locator("[data-step=answer]")).toHaveAttribute("data-status", "completed");
  const slider = page.getByRole("slider", { name: "Event" });
  await slider.fill("8");
  await expect(page.locator("[data-step=answer]")).not.toHaveAttribute("data-status", "completed");
  await expect(page.getByText(/Shown as it was at event/)).toBeVisible();
  await page.getByRole("button", { name: "Newest event" }).click();
  await expect(page.locator("[data-step=answer]")).toHaveAttribute("data-status", "completed");
});

test("D6: the REPL runs the command line's commands, completes them, and the log tells of the run", async () => {
  const { page } = desktop;
  await runFirst(desktop);
  await page.getByTestId("repl").locator(".xterm").click();
  await page.keyboard.type("run what is 6*7?\r");
  await expect(page.getByTestId("repl")).toContainText("6*7 = 42");
  await page.keyboard.type("mem\t");
  await expect(page.getByTestId("repl")).toContainText("botmojo> memory");
  await page.keyboard.press("Control+c");
  await page.getByRole("textbox", { name: "Filter the log" }).fill("level:info room:memory kept fact");
  await expect(page.getByRole("log")).toContainText("Kept fact: remember she is vegetarian");
  await expect(page.getByRole("log")).not.toContainText("Started");
});

test("D7: the palette finds commands and runs; every screen opens from its key", async () => {
  const { page } = desktop;
  await runFirst(desktop);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog", { name: "Commands" })).toBeVisible();
  await page.keyboard.type("go to memory");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Memory" })).toBeVisible();
  await expect(page.getByRole("table")).toContainText("Sara is vegetarian.");
  await page.getByRole("button", { name: "Agents and tools" }).click();
  await expect(page.getByRole("table").first()).toContainText("planner");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("textbox", { name: "model.baseUrl" }).fill("nonsense");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("http or https");
  await page.getByRole("textbox", { name: "model.baseUrl" }).fill("");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Runs" }).click();
});

test("D8: no screen has an accessibility violation, in either theme", async () => {
  const { page } = desktop;
  await runFirst(desktop);
  for (const scheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const name of ["Runs", "Memory", "Agents and tools", "Settings"]) {
      await page.getByRole("button", { name, exact: true }).click();
      await page.waitForTimeout(300);
      expect(await violationsOn(page), `${name}, ${scheme}`).toEqual([]);
    }
  }
  await page.getByRole("button", { name: "Runs", exact: true }).click();
});

test("D9: at 1024 by 700 nothing of the frame needs a scroll bar", async () => {
  const { app, page } = desktop;
  await runFirst(desktop);
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1024, 700));
  await expect.poll(() => page.evaluate(() => innerWidth)).toBe(1024);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight,
  );
  expect(overflow).toBe(false);
  await expect(page.getByTestId("answer")).toBeVisible();
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 900));
});

test("D10: what the window showed is there when it is opened again, on the same data", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "botmojo-again-"));
  const first = await launchDesktop({ dataDir });
  await first.page.getByRole("button", { name: "Run it" }).click();
  await expect(first.page.getByTestId("answer")).toBeVisible();
  await first.close();
  const second = await launchDesktop({ dataDir });
  await expect(second.page.getByRole("option", { name: new RegExp(sentence.slice(0, 20)) })).toBeVisible();
  await expect(second.page.getByTestId("answer")).toContainText("vegetarian");
  await second.close();
});

test("D11: at 200 % zoom the step lies over the run, is clean for axe, and Esc or a click beside it puts it away", async () => {
  const { app, page } = desktop;
  await runFirst(desktop);
  await app.evaluate(({ BrowserWindow }) => {
    const window = BrowserWindow.getAllWindows()[0];
    window?.setMinimumSize(0, 0);
    window?.setContentSize(720, 450);
  });
  await expect.poll(() => page.evaluate(() => innerWidth)).toBe(720);
  const step = page.getByRole("complementary", { name: "Step" });
  await expect(step).toHaveCount(0);
  await page.locator("[data-step=finance]").click();
  await expect(step).toContainText("Recorded $23.50");
  await page.getByRole("tab", { name: "Words" }).click();
  await expect(page.locator("mark")).toHaveText("paid $23.50");
  expect(await violationsOn(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(step).toHaveCount(0);
  await page.keyboard.press("b");
  await expect(page.getByRole("listbox", { name: "Runs" })).toBeVisible();
  await page.getByRole("button", { name: "Back to the run" }).click({ position: { x: 600, y: 200 } });
  await expect(page.getByRole("listbox", { name: "Runs" })).toHaveCount(0);
  await page.keyboard.press("Control+`");
  await page.getByRole("tab", { name: "REPL" }).click();
  await expect(page.getByTestId("repl")).toContainText("botmojo>");
  expect(await violationsOn(page)).toEqual([]);
});

test("D12: words of the goal that led to another step lead there; the settings open as JSON", async () => {
  const { page } = desktop;
  await runFirst(desktop);
  await page.locator("[data-step=finance]").click();
  await page.getByRole("tab", { name: "Words" }).click();
  await page.getByRole("button", { name: "remember she is vegetarian" }).click();
  await expect(page.getByRole("complementary", { name: "Step" }).getByRole("heading", { name: "memory" })).toBeVisible();
  await expect(page.locator("mark")).toHaveText("remember she is vegetarian");
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  await page.getByRole("button", { name: "JSON" }).click();
  await expect(page.locator(".monaco-editor")).toContainText('"provider": "rules"');
});

test("D13: a run held at a breakpoint is seen as held, goes on at a button, and is forked from an earlier event", async () => {
  const { page, dataDir } = desktop;
  const held = ["run", "note: water the plants", "--break", 'tool:notes.add if input.text.contains("plants")'];
  const ran = spawnSync(join(root, "bin", "botmojo"), ["--data-dir", dataDir, ...held], { encoding: "utf8" });
  expect(ran.status).toBe(3);
  await page.getByRole("option", { name: /water the plants/ }).click();
  await expect(page.getByText(/Held: Breakpoint tool:notes.add/)).toBeVisible();
  await page.screenshot({ path: test.info().outputPath("held.png") });
  await page.getByRole("region", { name: "Run", exact: true }).getByRole("button", { name: "Go on" }).click();
  await expect(page.getByTestId("answer")).toHaveText("Noted: Water the plants.");
  await page.getByRole("slider", { name: "Event" }).fill("6");
  await page.getByRole("button", { name: "Fork here" }).click();
  await expect(page.getByRole("option", { name: /water the plants/ })).toHaveCount(2);
  await expect(page.getByTestId("answer")).toHaveText("Noted: Water the plants.");
});
