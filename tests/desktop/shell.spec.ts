// What the desktop's shell must hold to: its own origin, its policy, and a core host that may die.
import { spawn } from "node:child_process";
import { rmSync, writeFileSync, mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, type ElectronApplication } from "@playwright/test";
import { root } from "../../electron/setup/places.ts";
import { launchDesktop } from "../support/electron-app.ts";

async function hostPid(app: ElectronApplication): Promise<number> {
  return app.evaluate(
    ({ app: electron }) => electron.getAppMetrics().find((process) => process.serviceName === "node.mojom.NodeService")?.pid ?? 0,
  );
}

test("E1: the page has its own origin, a strict policy, and none of Node", async () => {
  const { page, app, close } = await launchDesktop();
  expect(page.url()).toBe("app://ui/index.html");
  const probe = await page.evaluate(async () => {
    const status = async (url: string) =>
      fetch(url).then(
        (response) => response.status,
        () => "refused",
      );
    const throws = (work: () => unknown) => {
      try {
        work();
        return false;
      } catch {
        return true;
      }
    };
    return {
      policy: (await fetch("/index.html")).headers.get("content-security-policy"),
      outside: await Promise.all(
        [
          "app://ui/../../etc/passwd",
          "app://ui/%2e%2e/%2e%2e/etc/passwd",
          "app://other/index.html",
          "app://ui/none.js",
          "https://example.com/",
          "http://127.0.0.1:1/",
          "file:///etc/passwd",
        ].map(status),
      ),
      // oxlint-disable-next-line no-implied-eval -- that it can't be done is what is tested
      evaluated: throws(() => new Function("return 1")()),
      node: [typeof require, typeof process, typeof (globalThis as { module?: unknown }).module],
      bridge: Object.keys(window.botmojo ?? {}).sort(),
      frozen: Object.isFrozen(window.botmojo),
      opened: window.open("https://example.com/"),
    };
  });
  expect(probe.policy).toContain("default-src 'none'; script-src 'self'");
  expect(probe.outside).toEqual([404, 404, "refused", 404, "refused", "refused", "refused"]);
  expect(probe.evaluated).toBe(true);
  expect(probe.node).toEqual(["undefined", "undefined", "undefined"]);
  expect(probe.bridge).toEqual(["connect", "onHost", "platform", "retry"]);
  expect(probe.frozen).toBe(true);
  expect(probe.opened).toBeNull();
  await page.evaluate(() => (location.href = "https://example.com/"));
  await page.waitForTimeout(300);
  expect(page.url()).toBe("app://ui/index.html");
  const preferences = await app.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    return window && (window.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences();
  });
  expect(preferences).toMatchObject({
    contextIsolation: true,
    nodeIntegration: false,
    sandbox: true,
    webSecurity: true,
    webviewTag: false,
  });
  await close();
});

test("E2: kill -9 of the core host during a run: the window says so, restarts it, and the run goes on to its end", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "botmojo-kill-"));
  let fast = false;
  let asked = 0;
  const model = createServer((request, response) => {
    request.resume();
    asked += 1;
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const chunk = {
      id: "x",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta: { content: "Still here." }, finish_reason: "stop" }],
    };
    if (fast) response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
    else response.write(": thinking\n\n");
  });
  await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
  const { port } = model.address() as AddressInfo;
  writeFileSync(
    join(dataDir, "config.yaml"),
    `model:\n  provider: openai-compatible\n  name: slow\n  baseUrl: http://127.0.0.1:${port}/v1\n`,
  );
  const { page, app, close } = await launchDesktop({ dataDir });
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(globalThis, { said });
    new MutationObserver(() => said.push(document.body.innerText)).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  await page.getByRole("textbox", { name: "Goal" }).fill("hello there");
  await page.getByRole("textbox", { name: "Goal" }).press("Enter");
  await expect(page.locator("[data-step=triage]")).toHaveAttribute("data-status", "running");
  await expect.poll(() => asked).toBe(1);

  const before = await hostPid(app);
  expect(before).toBeGreaterThan(0);
  fast = true;
  process.kill(before, "SIGKILL");
  await expect(page.getByTestId("answer")).toHaveText("Still here.", { timeout: 20_000 });
  expect(await hostPid(app)).not.toBe(before);
  const said = await page.evaluate(() => (globalThis as unknown as { said: string[] }).said.join("\n"));
  expect(said).toContain("The core host stopped");
  await expect(page.getByRole("status").first()).toContainText("Host running");
  await expect(page.getByRole("log")).toContainText("Taken up again");
  await close();
  model.closeAllConnections();
  model.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test("E3: a data directory that can't be used is said in the window, with what to do", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "botmojo-broken-"));
  writeFileSync(join(dataDir, "botmojo.db"), "garbage".repeat(100));
  const { page, close } = await launchDesktop({ dataDir });
  await expect(page.getByRole("alert")).toContainText("is not a BotMojo database");
  await expect(page.getByRole("alert")).toContainText("Nothing was changed");
  rmSync(join(dataDir, "botmojo.db"));
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "Say something, and watch it being done" })).toBeVisible();
  await close();
  rmSync(dataDir, { recursive: true, force: true });
});

test("E4: a window opened beside a serving host joins it, and takes the directory over when that host is killed", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "botmojo-joined-"));
  const host = spawn(join(root, "bin", "botmojo"), ["--data-dir", dataDir, "serve"], { cwd: root });
  await new Promise((resolve) => host.stdout.once("data", resolve));
  const { page, close } = await launchDesktop({ dataDir });
  await page.getByRole("button", { name: "Run it" }).click();
  await expect(page.getByTestId("answer")).toContainText("Sara is vegetarian");
  await page.getByRole("button", { name: "Skip" }).click();
  host.kill("SIGKILL");
  await expect(page.getByRole("log")).toContainText("Host open on");
  await page.getByRole("textbox", { name: "Goal" }).fill("who is vegetarian?");
  await expect(async () => {
    await page.getByRole("textbox", { name: "Goal" }).press("Enter");
    await expect(page.getByTestId("answer")).toHaveText("Sara is vegetarian.", { timeout: 2000 });
  }).toPass({ timeout: 20_000 });
  await close();
  rmSync(dataDir, { recursive: true, force: true });
});
