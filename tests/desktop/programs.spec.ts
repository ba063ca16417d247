// A program that was not written for BotMojo, seen, held and changed in the real window while it runs in a terminal.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { root } from "../../electron/setup/places.ts";
import { violationsOn } from "../support/axe.ts";
import { launchDesktop, runFirst, type Desktop } from "../support/electron-app.ts";

/** Asks what is in a file, reads the one it is told to, and prints what its model makes of that. */
const agent = `
import { readFileSync } from "node:fs";
const messages = [{ role: "user", content: "What is in the file?" }];
for (;;) {
  const response = await fetch(process.env.OPENAI_BASE_URL + "/chat/completions", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ model: "told", messages }),
  });
  const { message } = (await response.json()).choices[0];
  messages.push(message);
  if (!message.tool_calls) { console.log(message.content); break; }
  for (const { id, function: { arguments: text } } of message.tool_calls)
    messages.push({ role: "tool", tool_call_id: id, content: readFileSync(JSON.parse(text).path, "utf8") });
}`;

let desktop: Desktop;
let folder: string;
let model: Server;
let program: ChildProcess | undefined;

test.beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "botmojo-program-"));
  for (const [name, text] of Object.entries({ "agent.mjs": agent, "a.txt": "the first", "b.txt": "the second" })) {
    writeFileSync(join(folder, name), text);
  }
  model = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const { messages } = JSON.parse(text) as { messages: { role: string; content: string }[] };
      const last = messages.at(-1);
      const call = { id: "call_1", type: "function", function: { name: "read_file", arguments: '{"path":"a.txt"}' } };
      const message = last?.role === "tool" ? { content: `It holds ${last.content}.` } : { content: null, tool_calls: [call] };
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(
        JSON.stringify({ choices: [{ message: { role: "assistant", ...message } }], usage: { prompt_tokens: 40, completion_tokens: 8 } }),
      );
    });
  });
  await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
  desktop = await launchDesktop();
  await runFirst(desktop);
});

test.afterEach(async () => {
  program?.kill("SIGKILL");
  await desktop.close();
  model.closeAllConnections();
  model.close();
  rmSync(folder, { recursive: true, force: true });
});

test("PW1: a program's calls appear as they are made; held by a tool's argument it is changed there, and what it prints is another", async () => {
  test.slow();
  const { page, dataDir } = desktop;
  const node = process.execPath;
  const args = ["--data-dir", dataDir, "record", "--break", 'tool:read_file if input.path == "a.txt"', "--", node, "agent.mjs"];
  const env = { ...process.env, OPENAI_BASE_URL: `http://127.0.0.1:${(model.address() as AddressInfo).port}` };
  program = spawn(join(root, "bin", "botmojo"), args, { cwd: folder, env });
  let printed = "";
  program.stdout?.on("data", (data: Buffer) => (printed += data.toString()));
  const ended = new Promise<number | null>((resolve) => program?.once("close", resolve));

  await page.getByRole("option", { name: /agent\.mjs/ }).click();
  const step = page.getByRole("complementary", { name: "Step" });
  await expect(step).toContainText("Before read_file is called");
  await expect(step).toContainText("by the program itself");
  await expect(step.getByRole("button", { name: "Answer instead" })).toHaveCount(0);
  await page.screenshot({ path: test.info().outputPath("program-held.png") });
  expect(await violationsOn(page)).toEqual([]);
  await step.getByTestId("editor-Arguments of the held call").click({ position: { x: 120, y: 12 } });
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText('{"path": "b.txt"}');
  await step.getByRole("button", { name: /Go on with these arguments/ }).click();
  expect(await ended).toBe(0);
  expect(printed).toBe("It holds the second.\n");

  await expect(page.getByTestId("answer")).toContainText("It holds the second.");
  await page.locator('[data-step="program/0/exchange"]').click();
  await page.getByRole("tab", { name: /Calls/ }).click();
  await expect(step).toContainText("read_file");
  await expect(step).toContainText('"b.txt"');
  await expect(step).toContainText("the second");
  await step.locator(".call summary").first().click();
  await expect(step).toContainText("As it came");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(300);
    await page.screenshot({ path: test.info().outputPath(`program-${colorScheme}.png`) });
    expect(await violationsOn(page)).toEqual([]);
  }
  await page.keyboard.press("r");
  await expect(page.getByText("which is started from a terminal")).toBeVisible();
});

test("PW2: while a program has asked a host off this machine the footer names it; what the program says of itself is shown with its step", async () => {
  test.slow();
  const { page, dataDir } = desktop;
  const telling = `
    await fetch(process.env.OPENAI_BASE_URL + "/chat/completions", { method: "POST", body: '{"model":"m","messages":[]}' });
    const time = BigInt(Date.now()) * 1000000n;
    const ids = { traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174" };
    const span = { ...ids, name: "reads the mail", kind: 1, startTimeUnixNano: String(time), endTimeUnixNano: String(time + 5000000n) };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    const headers = { "content-type": "application/json" };
    await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + "/v1/traces", { method: "POST", headers, body });
    setInterval(() => {}, 1000);`;
  writeFileSync(join(folder, "telling.mjs"), telling);
  const footer = page.getByRole("contentinfo", { name: "Status" });
  await expect(footer).toContainText("Nothing leaves this machine");
  const args = ["--data-dir", dataDir, "record", "--", process.execPath, "telling.mjs"];
  const env = { ...process.env, OPENAI_BASE_URL: "http://model.invalid:81/v1" };
  program = spawn(join(root, "bin", "botmojo"), args, { cwd: folder, env });
  await page.getByRole("option", { name: /telling\.mjs/ }).click();
  await expect(footer).toContainText("A program asks model.invalid:81");
  await expect(footer).not.toContainText("Nothing leaves this machine");
  await page.locator('[data-step="program"]').click();
  await page.getByRole("tab", { name: "Seen 1" }).click();
  const step = page.getByRole("complementary", { name: "Step" });
  await expect(step.locator(".call summary")).toContainText("reads the mail");
  await step.locator(".call summary").click();
  await expect(step).toContainText("5b8efff798038103d269b633813fc60c");
  await page.screenshot({ path: test.info().outputPath("program-seen.png") });
  expect(await violationsOn(page)).toEqual([]);
  program.kill("SIGTERM");
  await expect(footer).toContainText("Nothing leaves this machine");
});
