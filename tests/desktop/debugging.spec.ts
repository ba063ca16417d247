// Being there again and going another way, in the real desktop: hold, edit, fork, compare, change the plan.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, type Locator, type Page } from "@playwright/test";
import { root } from "../../electron/setup/places.ts";
import { launchDesktop, runFirst, type Desktop } from "../support/electron-app.ts";
import { violationsOn } from "../support/axe.ts";
import { sum } from "../support/steps.ts";

let desktop: Desktop;
test.beforeEach(async () => {
  desktop = await launchDesktop();
  await runFirst(desktop);
});
test.afterEach(() => desktop.close());

async function say(page: Page, goal: string): Promise<void> {
  await page.getByRole("textbox", { name: "Goal" }).fill(goal);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("option", { name: goal.slice(0, 20) }).first()).toBeVisible();
}

/** Replaces all that an editor holds. */
async function write(editor: Locator, text: string): Promise<void> {
  const { page } = desktop;
  await editor.click({ position: { x: 120, y: 12 } });
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
}

async function breakAt(page: Page, on: string, name: string, condition: string): Promise<void> {
  await page.keyboard.press("Control+b");
  await page.getByRole("combobox", { name: "Hold before" }).selectOption(on);
  await page.getByRole("combobox", { name: "Name" }).fill(name);
  await page.getByRole("textbox", { name: "if", exact: true }).fill(condition);
  await page.keyboard.press("Enter");
}

/** A run of a plan, from the command line. */
function runPlan(plan: object, ...more: string[]): void {
  runPlanIn(root, plan, ...more);
}

/** In a folder of its own. */
function runPlanIn(cwd: string, plan: object, ...more: string[]): void {
  const { dataDir } = desktop;
  const file = join(dataDir, "plan.json");
  writeFileSync(file, JSON.stringify(plan));
  spawnSync(join(root, "bin", "botmojo"), ["--data-dir", dataDir, "run", "--plan", file, ...more], { cwd, encoding: "utf8" });
}

function botmojo(...args: string[]): void {
  spawnSync(join(root, "bin", "botmojo"), ["--data-dir", desktop.dataDir, ...args], { encoding: "utf8" });
}

async function resize(width: number, height: number): Promise<void> {
  const size: [number, number] = [width, height];
  await desktop.app.evaluate(({ BrowserWindow }, [wide, high]) => BrowserWindow.getAllWindows()[0]?.setContentSize(wide, high), size);
  await expect.poll(() => desktop.page.evaluate(() => innerWidth)).toBe(width);
}

/** A surface has no accessibility violation in either theme, nor where there is little room; and is kept as pictures. */
async function clean(name: string): Promise<void> {
  test.slow();
  const { page } = desktop;
  const look = async (how: string) => {
    await page.waitForTimeout(300);
    await page.screenshot({ path: test.info().outputPath(`${name}-${how}.png`) });
    expect(await violationsOn(page), `${name}, ${how}`).toEqual([]);
  };
  await resize(1440, 900);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await look(colorScheme);
  }
  await resize(1024, 700);
  await look("1024");
  await resize(1440, 900);
}

test("T1: a breakpoint whose condition can't be read is refused in place; a good one holds the next goal, and its call is edited", async () => {
  const { page } = desktop;
  await breakAt(page, "tool", "expenses.add", "input.vendor ==");
  const panel = page.getByRole("region", { name: "Breakpoints" });
  await expect(panel.getByRole("alert")).toContainText("can't be read");
  await expect(panel.getByRole("textbox", { name: "if", exact: true })).toHaveValue("input.vendor ==");
  await panel.getByRole("textbox", { name: "if", exact: true }).fill('input.vendor == "Rimi"');
  await page.keyboard.press("Enter");
  await expect(panel.getByRole("row", { name: /expenses.add/ })).toContainText("Next runs");
  await expect(page.getByRole("tab", { name: /Breakpoints 1/ })).toBeVisible();

  await say(page, "paid 5 EUR for tea at Narvesen");
  await expect(page.getByTestId("answer")).toContainText("€5.00");
  await say(page, "paid 12 EUR for bread at Rimi");
  const step = page.getByRole("complementary", { name: "Step" });
  await expect(step).toContainText("Before expenses.add is called");
  await expect(panel.getByRole("row", { name: /expenses.add/ })).toContainText("Holds it now");
  await expect(page.getByRole("list", { name: "Breaks and forks" })).toContainText("tool:expenses.add");

  const editor = step.getByTestId("editor-Arguments of the held call");
  await expect(editor).toContainText("Rimi");
  await write(editor, '{ "amount": "13", ');
  await expect(step.getByRole("alert")).toContainText("This is not JSON yet");
  await expect(step.getByRole("button", { name: /^Go on/ })).toBeDisabled();
  await page.keyboard.press("F8");
  await expect(step).toContainText("Before expenses.add is called");
  const edited = { amount: "13", currency: "EUR", vendor: "Rimi", words: "paid 12 EUR for bread at Rimi" };
  await write(editor, JSON.stringify(edited));
  await expect(step.getByText(/Missing property "date"/)).toBeVisible();
  await write(editor, JSON.stringify({ ...edited, date: "2026-11-20" }));
  await expect(step.getByRole("button", { name: /Go on with these arguments/ })).toBeEnabled();
  await page.keyboard.press("F8");
  await expect(page.getByTestId("answer")).toContainText("€13.00");
});

test("T2: a held call is answered instead of made; F11 steps to the next call, F10 to the next step, F6 holds", async () => {
  const { page } = desktop;
  runPlan(
    { version: 1, goal: "sums", steps: [sum("a", "1+1"), sum("b", "2+2", { needs: ["a"] }), sum("c", "3+3", { needs: ["b"] })] },
    "--break",
    "tool:a",
  );
  await page.getByRole("option", { name: /sums/ }).click();
  const step = page.getByRole("complementary", { name: "Step" });
  await expect(step).toContainText("Before calculator is called");
  await step.getByRole("button", { name: "Answer instead" }).click();
  await expect(step.getByRole("button", { name: /^Go on/ })).toBeDisabled();
  await write(step.getByTestId("editor-Answer instead of calling"), '{ "value": 40 }');
  await expect(step.getByRole("button", { name: /Answer instead of calling/ })).toBeEnabled();
  await page.keyboard.press("F10");
  await expect(step.getByRole("heading", { name: "b" })).toBeVisible();
  await expect(step).toContainText("Before b begins");
  await page.keyboard.press("F11");
  await expect(step).toContainText("Before calculator is called");
  await page.keyboard.press("F8");
  await expect(page.getByTestId("answer")).toContainText("6");
  await page.locator("[data-step=a]").click();
  await page.getByRole("tab", { name: "Output" }).click();
  await expect(step).toContainText("40");

  runPlan(
    { version: 1, goal: "a wait", steps: [{ id: "rest", kind: "wait", forMs: 1500 }, sum("after", "7", { needs: ["rest"] })] },
    "--detach",
  );
  await page.getByRole("option", { name: /a wait/ }).click();
  await page.keyboard.press("F6");
  await expect(page.getByText("Held: A person paused it.")).toBeVisible();
  await page.keyboard.press("F8");
  await expect(page.getByTestId("answer")).toContainText("7");
});

test("T3: a result is edited and forked; the fork stands joined to its original, and the first difference opens by itself", async () => {
  const { page } = desktop;
  await page.locator("[data-step=finance]").click();
  await page.keyboard.press("e");
  const editor = page.getByTestId("editor-Result of finance");
  await expect(editor).toContainText("Recorded $23.50");
  await write(editor, '{ "text": ');
  await expect(page.getByRole("complementary", { name: "Step" }).getByRole("alert")).toContainText("not JSON yet");
  await expect(page.getByRole("button", { name: /Fork with this result/ })).toBeDisabled();
  await write(editor, '{ "text": "Recorded 99 EUR." }');
  await page.keyboard.press("Control+Enter");
  await expect(page.getByTestId("answer")).toContainText("Recorded 99 EUR.");
  await expect(page.getByTestId("answer")).toContainText("Sara is vegetarian");

  const [original, fork] = [
    page.getByRole("option", { name: /Lunch with Sara/ }).first(),
    page.getByRole("option", { name: /Lunch with Sara/ }).last(),
  ];
  await expect(fork).toContainText("Edited");
  await expect(fork).toHaveClass(/joined/);
  await original.click();
  await expect(page.getByTestId("answer")).toContainText("Recorded $23.50");
  await page.getByRole("list", { name: "Breaks and forks" }).getByRole("button", { name: "Fork a: done" }).click();
  await expect(page.getByTestId("answer")).toContainText("Recorded 99 EUR.");

  await page.keyboard.press("d");
  await expect(page.getByTestId("verdict")).toHaveText("2 of 5 steps differ; the answers differ.");
  await expect(page.getByRole("option", { name: /finance/, selected: true })).toContainText("first: output");
  await expect(page.getByTestId("diff-finance, output")).toContainText("99");
  await page.keyboard.press("]");
  await expect(page.getByRole("option", { name: /answer/, selected: true })).toContainText("request");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("answer")).toContainText("Recorded 99 EUR.");
});

test("T4: the debugger's surfaces have no accessibility violation, in either theme", async () => {
  const { page } = desktop;
  await breakAt(page, "tool", "notes.add", "");
  await say(page, "note: water the plants");
  await expect(page.getByTestId("editor-Arguments of the held call")).toContainText("plants");
  const clean = async (name: string) => {
    for (const scheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.waitForTimeout(300);
      expect(await violationsOn(page), `${name}, ${scheme}`).toEqual([]);
    }
  };
  await clean("held");
  await page.keyboard.press("F8");
  await expect(page.getByTestId("answer")).toBeVisible();
  await page.getByRole("tab", { name: "Output" }).click();
  await page.keyboard.press("e");
  await expect(page.locator(".fork-editor .monaco-editor")).toBeVisible();
  await clean("edit and fork");
  await write(page.locator(".fork-editor .json-view"), '{ "text": "Noted: nothing." }');
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("option", { name: /water the plants/ })).toHaveCount(2);
  await page.keyboard.press("d");
  await expect(page.locator(".monaco-diff-editor")).toBeVisible();
  await clean("compare");
});

test("T5: a plan is changed while it runs: in the graph and as JSON, refused in words, undone, and applied with its reason", async () => {
  const { page } = desktop;
  runPlan(
    { version: 1, goal: "two sums", steps: [sum("a", "1+1"), sum("b", "2+2", { needs: ["a"] }), sum("c", "3+3", { needs: ["b"] })] },
    "--break",
    "tool:b",
  );
  await page.getByRole("option", { name: /two sums/ }).click();
  await expect(page.getByText(/Held: Breakpoint tool:b/)).toBeVisible();
  await page.keyboard.press("Control+e");
  const editor = page.getByRole("region", { name: "Edit the plan" });
  await expect(editor.locator("[data-draft=a]")).toContainText("Begun");
  await editor.getByRole("button", { name: "Add a step after c" }).click();
  await expect(editor.locator("[data-draft=step-4]")).toContainText("Added");
  await page.getByRole("textbox", { name: "What it is to do" }).fill("say what came out");
  await page.getByRole("textbox", { name: "Name" }).fill("a b");
  await expect(page.getByRole("complementary", { name: "Step" }).getByRole("alert")).toContainText("a step id is a letter");
  await page.getByRole("textbox", { name: "Name" }).fill("report");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("draft-changes")).toHaveText("1 added");
  await page.getByRole("combobox", { name: "Wait for another step" }).selectOption("b");
  await expect(editor.getByRole("group", { name: "report waits for b" })).toBeAttached();

  await editor.getByRole("button", { name: "JSON" }).click();
  const json = editor.getByTestId("editor-Plan being edited");
  await expect(json).toContainText("two sums");
  const broken = {
    version: 1,
    goal: "two sums",
    steps: [sum("a", "1+1"), sum("b", "2+2", { needs: ["a"] }), sum("c", "9*9", { needs: ["nobody"] })],
  };
  await write(json, JSON.stringify(broken));
  await expect(editor.getByRole("alert")).toContainText('Step "c" needs "nobody", which is not in the plan.');
  await expect(editor.getByRole("button", { name: /^Apply/ })).toBeDisabled();
  await write(
    json,
    JSON.stringify({ ...broken, steps: [sum("a", "5+5"), ...broken.steps.slice(1, 2), sum("c", "9*9", { needs: ["b"] })] }),
  );
  await expect(page.getByTestId("draft-changes")).toHaveText("2 changed");
  await page.keyboard.press("Control+Enter");
  await expect(editor.getByRole("alert")).toContainText('Step "a" has begun (completed), so it can\'t be changed.');
  await expect(json).toContainText("5+5");
  await write(
    json,
    JSON.stringify({ ...broken, steps: [sum("a", "1+1"), sum("b", "8", { needs: ["a"] }), sum("c", "3+3", { needs: ["b"] })] }),
  );
  await expect(page.getByTestId("draft-changes")).toHaveText("1 changed");
  await page.keyboard.press("Control+Enter");
  await expect(editor.getByRole("alert")).toContainText('Step "b" is held before a call, so it can\'t be changed.');
  await write(json, JSON.stringify({ ...broken, steps: [...broken.steps.slice(0, 2), sum("c", "9*9", { needs: ["b"] })] }));
  await editor.getByRole("textbox", { name: "Reason for the change" }).fill("Nine times nine instead.");
  await page.keyboard.press("Control+Enter");
  await expect(page.locator(".revision-line").getByText("Revision 2: Nine times nine instead.")).toBeVisible();
  await page.keyboard.press("F8");
  await expect(page.getByTestId("answer")).toContainText("81");
});

test("T6: plan first: nothing after the triage begins until the plan was looked at, and what is changed of it is what is done", async () => {
  const { page } = desktop;
  await page.keyboard.press("Control+p");
  await say(page, "paid 12 EUR for bread at Rimi, remember Tom hates rain");
  const editor = page.getByRole("region", { name: "Edit the plan" });
  await expect(editor).toContainText("Nothing after the triage has begun.");
  await editor.locator("[data-draft=memory]").click();
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByTestId("draft-changes")).toHaveText("1 changed, 1 removed");
  await page.keyboard.press("Control+z");
  await expect(page.getByTestId("draft-changes")).toHaveText("Nothing changed yet");
  await page.keyboard.press("Control+y");
  await expect(editor.locator("[data-draft=memory]")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+e");
  await expect(page.getByTestId("draft-changes")).toHaveText("1 changed, 1 removed");
  await editor.locator("[data-draft=finance]").click();
  await page.getByRole("textbox", { name: "What it is to do" }).fill("paid 14 EUR for bread at Rimi");
  for (const scheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForTimeout(300);
    expect(await violationsOn(page), scheme).toEqual([]);
  }
  await editor.getByRole("button", { name: /Apply and start/ }).click();
  await expect(page.getByTestId("answer")).toContainText("€14.00");
  await expect(page.getByTestId("answer")).not.toContainText("rain");
  await expect(page.getByRole("option", { name: /paid 12 EUR for bread/ })).toHaveCount(1);
  await expect(page.getByRole("button", { name: "its original" })).toHaveCount(0);
});

test("T7: conditions stand on the lines they guard, taken and not taken; bodies open and close; a step inside is looked into", async () => {
  const { page } = desktop;
  runPlan({
    version: 1,
    goal: "ways and turns",
    steps: [
      sum("a", "2+2"),
      { id: "d", kind: "decide", needs: ["a"], branches: [{ when: "a.value > 3", take: ["big"] }], otherwise: ["small"] },
      sum("big", "10*10", { needs: ["d"] }),
      sum("small", "1", { needs: ["d"] }),
      { id: "each", kind: "map", needs: ["big"], over: ["1+1", "2+2", "3+3"], steps: [sum("one", { $from: "item" })] },
      sum("bad", "1/", { needs: ["a"], retry: { attempts: 2, delayMs: 1, on: ["input.invalid"] }, onError: "continue" }),
    ],
  });
  await page.getByRole("option", { name: /ways and turns/ }).click();
  const plan = page.getByRole("group", { name: "Plan", exact: true });
  await expect(plan.locator(".guard", { hasText: "if a.value > 3" }).getByRole("img", { name: "Taken", exact: true })).toBeVisible();
  await expect(plan.locator(".guard", { hasText: "else" }).getByRole("img", { name: "Not taken" })).toBeVisible();
  await expect(plan.locator("[data-step=small]")).toContainText("Not taken");
  await expect(plan.locator("[data-step=bad] .retry-chip")).toHaveText("2 of 2");
  await expect(plan.locator("[data-step=each]")).toContainText("3 of 3");
  await plan.getByRole("button", { name: "Open each" }).click();
  await plan.locator("[data-step='each/2/one']").click();
  const step = page.getByRole("complementary", { name: "Step" });
  await expect(step.getByRole("heading", { name: "each/2/one" })).toBeVisible();
  await expect(step.getByRole("tabpanel")).toContainText('"value": 6');
  expect(await violationsOn(page)).toEqual([]);
  await page.keyboard.press("o");
  await expect(plan.locator("[data-step='each/2/one']")).toHaveCount(0);
});

test("T8: a replay tells what it reused; every call says where its answer came from; a revision is laid beside the one before", async () => {
  const { page } = desktop;
  await page.keyboard.press("v");
  await expect(page.locator("[data-step=finance]")).toContainText("Added");
  await expect(page.getByTestId("diff-Revision 1 and 2")).toBeVisible();
  expect(await violationsOn(page)).toEqual([]);
  await page.keyboard.press("v");
  await page.locator("[data-step=finance]").click();
  await page.getByRole("tab", { name: /Calls/ }).click();
  await expect(page.getByRole("tabpanel").locator(".call").first()).toContainText("Live");
  await page.keyboard.press("p");
  await expect(page.getByRole("dialog", { name: "Replay this run" })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("replay-report")).toContainText("0 divergent");
  await expect(page.getByText("No divergence")).toBeVisible();
  await expect(page.getByRole("option", { name: /Lunch with Sara/ }).last()).toContainText("Recorded");
  await page.locator("[data-step=finance]").click();
  await page.getByRole("tab", { name: /Calls/ }).click();
  await expect(page.getByRole("tabpanel").locator(".call").first()).toContainText("Recorded");
  expect(await violationsOn(page)).toEqual([]);
  await page.getByRole("button", { name: "its original" }).click();
  await expect(page.getByTestId("replay-report")).toHaveCount(0);
});

test("T9: at 1024 by 700 and at 200 % zoom a held call is edited and let go on, with no scroll bar in the frame", async () => {
  const { app, page } = desktop;
  await breakAt(page, "tool", "notes.add", "");
  for (const [width, height] of [
    [1024, 700],
    [720, 450],
  ] as const) {
    await app.evaluate(
      ({ BrowserWindow }, size) => {
        const window = BrowserWindow.getAllWindows()[0];
        window?.setMinimumSize(0, 0);
        window?.setContentSize(...size);
      },
      [width, height] as [number, number],
    );
    await expect.poll(() => page.evaluate(() => innerWidth)).toBe(width);
    await page.getByRole("textbox", { name: "Goal" }).fill(`note: water the plants at ${width}`);
    await page.keyboard.press("Enter");
    await expect(
      page
        .getByText(/Held: Breakpoint tool:notes.add/)
        .or(page.getByRole("button", { name: "Go on" }))
        .first(),
    ).toBeVisible();
    await page.getByRole("textbox", { name: "Goal" }).press("Escape");
    await page.keyboard.press("e");
    const editor = page.getByTestId("editor-Arguments of the held call");
    await expect(editor).toContainText("plants");
    await write(editor, '{ "text": "Feed the cat", "words": "feed the cat" }');
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight,
    );
    expect(overflow).toBe(false);
    expect(await violationsOn(page), `${width}`).toEqual([]);
    await page.screenshot({ path: test.info().outputPath(`held-${width}.png`) });
    await page.keyboard.press("F8");
    await page.keyboard.press("Escape");
    await expect(page.getByTestId("answer")).toContainText("Feed the cat");
  }
});

test("T10: a held model call is asked something else; what can't be asked is refused with its place", async () => {
  const { app, page } = desktop;
  await page.keyboard.press("Control+b");
  await page.getByRole("checkbox", { name: "once" }).check();
  await breakAt(page, "model", "", 'step == "finance"');
  await expect(page.getByRole("region", { name: "Breakpoints" }).getByRole("row", { name: /any model/ })).toBeVisible();
  await say(page, "paid 12 EUR for bread at Rimi");
  const step = page.getByRole("complementary", { name: "Step" });
  await expect(step).toContainText("Before the model answers");
  const editor = step.getByTestId("editor-Request of the held call");
  await expect(editor).toContainText('"brief"');
  await clean("held-model");
  await editor.click({ position: { x: 120, y: 12 } });
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+c");
  const asked = JSON.parse(await app.evaluate(({ clipboard }) => clipboard.readText())) as { brief: object };
  await write(editor, JSON.stringify({ ...asked, brief: { ...asked.brief, part: 7 } }));
  await expect(step.getByRole("button", { name: /Go on with this request/ })).toBeEnabled();
  await page.keyboard.press("F8");
  await expect(page.getByRole("region", { name: "Run", exact: true }).getByRole("alert")).toContainText("/brief/part");
  await expect(step).toContainText("Before the model answers");
  await write(editor, JSON.stringify({ ...asked, brief: { ...asked.brief, part: "paid 15 EUR for bread at Rimi" } }));
  await page.keyboard.press("F8");
  await expect(page.getByTestId("answer")).toContainText("€15.00");
});

test("T11: a breakpoint that holds once is gone after it held", async () => {
  const { page } = desktop;
  const panel = page.getByRole("region", { name: "Breakpoints" });
  await page.keyboard.press("Control+b");
  await panel.getByRole("checkbox", { name: "once" }).check();
  await breakAt(page, "tool", "expenses.add", "");
  await expect(panel.getByRole("row", { name: /expenses.add/ })).toContainText("once");
  await clean("once");
  await say(page, "paid 5 EUR for tea at Narvesen");
  await expect(page.getByText("Held: Breakpoint tool:expenses.add once.")).toBeVisible();
  await expect(panel.getByRole("row", { name: /expenses.add/ })).toHaveCount(0);
  await page.keyboard.press("F8");
  await expect(page.getByTestId("answer")).toContainText("€5.00");
  await say(page, "paid 6 EUR for tea at Narvesen");
  await expect(page.getByTestId("answer")).toContainText("€6.00");
});

test("T12: an approved plan is named as such; a step that an agent adds to it waits for a person, and is done when they approve", async () => {
  const { page } = desktop;
  const chunk = (delta: object, reason: string) =>
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: reason }] })}\n\ndata: [DONE]\n\n`;
  const more = { patch: [{ op: "add", path: "/steps/-", value: sum("more", "6*7", { needs: ["again"] }) }], reason: "One more sum." };
  const revise = { index: 0, id: "c", type: "function", function: { name: "plan_revise", arguments: JSON.stringify(more) } };
  let turn = 0;
  const model = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    turn += 1;
    response.end(turn === 1 ? chunk({ tool_calls: [revise] }, "tool_calls") : chunk({ content: "Added a sum." }, "stop"));
  });
  await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
  try {
    botmojo("config", "set", "model.baseUrl", `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`);
    botmojo("config", "set", "model.name", "stand-in");
    botmojo("config", "set", "model.provider", "openai-compatible");
    const again = { id: "again", kind: "agent", agent: "replanner", input: { part: "add a sum" }, needs: ["first"] };
    runPlan({ version: 1, goal: "sums and more", steps: [sum("first", "1+1"), again] }, "--detach", "--break", "step #2 once");
    await page.getByRole("option", { name: /sums and more/ }).click();
    const editor = page.getByRole("region", { name: "Edit the plan" });
    await expect(editor).toContainText("Nothing after the triage has begun.");
    await clean("approve");
    await editor.getByRole("button", { name: /Approve plan/ }).click();
    await expect(page.getByText("Approved", { exact: true })).toBeVisible();
    await clean("approved");
    await page.keyboard.press("F8");
    const asks = page.getByRole("region", { name: "Waits for your answer" });
    await expect(asks).toContainText("Step more (tool calculator) is not in the plan that was approved. Do it?");
    await expect(asks.getByRole("button", { name: /Answer/ })).toHaveCount(0);
    await expect(page.getByText("Approved", { exact: true })).toHaveCount(0);
    await clean("outside");
    await page.keyboard.press("a");
    await expect(page.getByTestId("answer")).toContainText("42");
    await expect(asks).toHaveCount(0);
  } finally {
    model.closeAllConnections();
    model.close();
  }
});

test("T13: questions that wait are answered at the run's head: with JSON, or refused with a reason", async () => {
  const { page } = desktop;
  const ask = (id: string, question: string, more: object = {}) => ({ id, kind: "review", question, input: { amount: 12 }, ...more });
  runPlan(
    { version: 1, goal: "two questions", steps: [ask("one", "Pay this?"), ask("two", "And this?", { onError: "continue" })] },
    "--detach",
  );
  await page.getByRole("option", { name: /two questions/ }).click();
  const asks = page.getByRole("region", { name: "Waits for your answer" });
  await expect(asks).toContainText("Pay this?");
  await expect(asks).toContainText('"amount"');
  await clean("question");
  await asks.getByRole("button", { name: "two" }).click();
  await expect(asks).toContainText("And this?");
  await asks.getByRole("button", { name: /Reject/ }).click();
  await page.keyboard.type("Too much.");
  await clean("reject");
  await page.keyboard.press("Enter");
  await expect(asks).toContainText("Pay this?");
  await page.locator("[data-step=two]").click();
  await expect(page.getByRole("complementary", { name: "Step" })).toContainText("Too much.");
  await asks.getByRole("button", { name: /Answer/ }).click();
  await expect(asks.getByRole("button", { name: /Go on with this answer/ })).toBeDisabled();
  await write(asks.getByTestId("editor-Answer to the question"), '{ "amount": 9 }');
  await clean("answer");
  await page.keyboard.press("Control+Enter");
  await expect(asks).toHaveCount(0);
  await page.locator("[data-step=one]").click();
  await expect(page.getByRole("complementary", { name: "Step" })).toContainText("9");
});

test("T14: a run is undone once it was looked at, and brought back; what somebody changed since is in the way, in words", async () => {
  const { page } = desktop;
  const workspace = mkdtempSync(join(tmpdir(), "botmojo-undo-"));
  const file = (name: string) => join(workspace, name);
  const put = (id: string, path: string, text: string) => ({ id, kind: "tool", tool: "files.write", input: { path, text } });
  try {
    writeFileSync(file("old.txt"), "as it was\n");
    const note = { id: "note", kind: "tool", tool: "notes.add", input: { text: "bread", words: "bread" } };
    const steps = [put("over", "old.txt", "other\n"), put("new", "new.txt", "new\n"), note];
    runPlanIn(workspace, { version: 1, goal: "write two files", steps });
    expect(readFileSync(file("old.txt"), "utf8")).toBe("other\n");
    await page.getByRole("option", { name: /write two files/ }).click();
    await expect(page.getByRole("heading", { name: "write two files" })).toBeVisible();
    await expect(page.getByRole("button", { name: /^Undo…/ })).toBeVisible();
    await page.keyboard.press("Control+Shift+z");
    const sheet = page.getByRole("dialog", { name: "Undo this run" });
    await expect(sheet).toContainText("2 files, 1 kept item, and");
    await expect(sheet.getByRole("listitem").filter({ hasText: "new.txt" })).toContainText("Removed");
    await expect(sheet.getByRole("listitem").filter({ hasText: "old.txt" })).toContainText("As it was before");
    await expect(sheet.getByRole("listitem").filter({ hasText: "Forgotten" })).toContainText("bread");
    await clean("undo");
    await page.keyboard.press("Escape");
    await expect(sheet).toHaveCount(0);
    expect(existsSync(file("new.txt"))).toBe(true);

    writeFileSync(file("new.txt"), "mine\n");
    await page.keyboard.press("Control+Shift+z");
    await expect(page.getByRole("region", { name: "Run", exact: true }).getByRole("alert")).toContainText("new.txt has changed since");
    writeFileSync(file("new.txt"), "new\n");

    await page.keyboard.press("Control+Shift+z");
    await expect(sheet.getByRole("button", { name: /^Undo/ })).toBeFocused();
    await page.keyboard.press("Enter");
    const row = page.getByRole("option", { name: /write two files/ });
    await expect(row).toContainText("Undone");
    expect([existsSync(file("new.txt")), readFileSync(file("old.txt"), "utf8")]).toEqual([false, "as it was\n"]);
    await expect(page.getByRole("region", { name: "Run", exact: true }).getByText("Undone", { exact: true })).toBeVisible();
    await clean("undone");
    await page.getByRole("button", { name: "Bring back" }).click();
    await expect(row).not.toContainText("Undone");
    expect(readFileSync(file("new.txt"), "utf8")).toBe("new\n");
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
});

test("T30: before a replay each step is given its source; the new run and its report tell of them", async () => {
  const { page } = desktop;
  const first = { id: "a", kind: "tool", tool: "calculator", input: { expression: "1+1" } };
  const steps = [
    first,
    { id: "kept", kind: "tool", tool: "notes.add", needs: ["a"], input: { text: "a note", words: "note" } },
    sum("b", "2+2", { needs: ["kept"] }),
    { id: "each", kind: "map", over: ["3", "4"], needs: ["b"], steps: [sum("one", { $from: "item" })] },
    sum("end", "5*5", { needs: ["each"], onError: "continue" }),
    sum("last-word", "6*6", { needs: ["end"] }),
  ];
  runPlan({ version: 1, goal: "sources", steps });
  await page.getByRole("option", { name: "sources" }).click();
  await expect(page.getByTestId("answer")).toContainText("36");
  await page.keyboard.press("p");
  const sheet = page.getByRole("dialog", { name: "Replay this run" });
  await expect(sheet.getByRole("listitem")).toHaveCount(8);
  await expect(sheet).toContainText("No call is made to the world.");
  const source = (step: string) => sheet.getByRole("combobox", { name: `Source of ${step}`, exact: true });
  await expect(source("each").getByRole("option")).toHaveText(["As every step", "Recorded", "Edited", "Static", "Deny"]);
  await source("kept").selectOption("live");
  await expect(sheet).toContainText("1 step calls for real");
  await source("end").selectOption("deny");
  await source("each/1/one").selectOption("static");
  await expect(sheet.getByRole("alert")).toContainText("There is nothing here yet");
  await expect(sheet.getByRole("button", { name: /^Replay/ })).toBeDisabled();
  await write(sheet.getByTestId("editor-Result of each/1/one"), '{"value": 40}');
  await source("b").selectOption("edited");
  await expect(sheet.getByTestId("editor-Result of b")).toContainText('"value": 4');
  await write(sheet.getByTestId("editor-Result of b"), '{"value": 50}');
  await clean("replay-sheet");
  await sheet.getByRole("combobox", { name: "If a call differs from the record" }).selectOption("use");
  await page.keyboard.press("Control+Enter");
  await expect(sheet).toHaveCount(0);
  await expect(page.getByText(/Replay of its original with .*kept live/)).toBeVisible();
  const report = page.getByTestId("replay-report");
  await expect(report).toContainText("1 live");
  await expect(report).toContainText("2 edited");
  await expect(page.getByRole("region", { name: "Run", exact: true })).toContainText("b edited");
  await clean("replay-run");
});

test("T31: a command that needs leave is shown as it would run; changed and approved, that is what runs", async () => {
  const { page } = desktop;
  const folder = mkdtempSync(join(tmpdir(), "botmojo-leave-"));
  try {
    const input = { command: "echo one > made.txt \u202e" };
    runPlanIn(folder, { version: 1, goal: "run a command", steps: [{ id: "sh", kind: "tool", tool: "shell", input }] }, "--detach");
    await page.getByRole("option", { name: /run a command/ }).click();
    const asks = page.getByRole("region", { name: "Waits for your answer" });
    await expect(asks).toContainText("No rule lets shell do this without asking");
    await expect(asks.getByRole("region", { name: "What is proposed" })).toContainText("echo one > made.txt \\u202e");
    await expect(asks).toContainText("builtin.ask");
    expect(await asks.innerText()).not.toContain("\u202e");
    await clean("leave");
    await asks.getByRole("button", { name: "Change…" }).click();
    await write(asks.getByTestId("editor-Arguments of the call"), '{"command": "echo two > made.txt; cat made.txt"}');
    await clean("leave-changed");
    await page.keyboard.press("Control+Enter");
    await expect(page.getByTestId("answer")).toContainText('"stdout":"two');
    await expect(asks).toHaveCount(0);
    expect(readFileSync(join(folder, "made.txt"), "utf8")).toBe("two\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
