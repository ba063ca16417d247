// The same page in Debian's Chromium, over the WebSocket of `botmojo serve`.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type Browser } from "@playwright/test";
import { root } from "../../electron/setup/places.ts";
import { violationsOn } from "../support/axe.ts";

let browser: Browser;
let dataDir: string;
let host: ChildProcess;

function serve(): Promise<{ child: ChildProcess; address: string }> {
  const child = spawn(join(root, "bin", "botmojo"), ["--data-dir", dataDir, "serve", "--port", "47318"], { cwd: root });
  return new Promise((resolve, reject) => {
    child.stdout.once("data", (data: Buffer) => resolve({ child, address: data.toString().trim() }));
    child.once("exit", () => reject(new Error("serve ended")));
  });
}

test.beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "botmojo-browser-"));
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
});
test.afterAll(async () => {
  await browser.close();
  host?.kill("SIGKILL");
  rmSync(dataDir, { recursive: true, force: true });
});

test("B1: the printed address lets the page in once; the sentence is run and read back over the WebSocket", async () => {
  const served = await serve();
  host = served.child;
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto(served.address);
  await expect(page.getByText("Host running")).toBeVisible();
  expect(page.url()).not.toContain("token");
  await page.getByRole("button", { name: "Run it" }).click();
  await expect(page.locator("[data-step=answer]")).toHaveAttribute("data-status", "completed");
  await expect(page.getByTestId("answer")).toContainText("Sara is vegetarian");
  await page.getByRole("button", { name: "Skip" }).click();
  expect(await violationsOn(page)).toEqual([]);

  await page.reload();
  await expect(page.getByTestId("answer")).toContainText("Sara is vegetarian");

  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(served.address);
  await expect(stranger.getByRole("alert")).toContainText("This page has not been let in");

  host.kill("SIGKILL");
  await expect(page.getByRole("status").first()).toContainText(/restarting|stopped/i);
  expect(problems.filter((text) => !/WebSocket|Failed to load|ERR_CONNECTION/.test(text))).toEqual([]);
});
