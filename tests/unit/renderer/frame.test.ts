import { expect, test } from "vitest";
import { frameLayout } from "../../../renderer/frame-layout.ts";
import { withLevel, readFilter } from "../../../renderer/state/log.ts";
import { nestSettings } from "../../../renderer/state/settings-tree.ts";
import { formatJson, jsonTokens } from "../../../renderer/ui/json-format.ts";
import { drawLine } from "../../../renderer/views/console/line-editor.ts";
import { goalPieces } from "../../../renderer/views/inspector/goal-pieces.ts";
import { stepShown } from "../../../renderer/state/step-shown.ts";
import { layoutPlan } from "../../../renderer/views/run/plan-layout.ts";
import { placeCard } from "../../../renderer/views/tour/card-place.ts";
import { openTestCore, runGoal } from "../../support/core.ts";
import { emptyOutline, eventSorts, foldEvents, outlineAfter, readMoment, StepId, type Event } from "../../../core/contract/index.ts";

test("V7: at 1440 by 900 and at 1024 by 700 the sides stand beside the run; at 200 % zoom they lie over it", () => {
  expect([frameLayout(1440, 900), frameLayout(1024, 700), frameLayout(720, 450)].map(({ sides, repl, low }) => [sides, repl, low])).toEqual(
    [
      ["beside", "beside", false],
      ["beside", "beside", false],
      ["over", "tab", true],
    ],
  );
});

test("V8: JSON that fits on a line stands on one, and reads back as the same value", () => {
  const value = {
    currency: "EUR",
    items: [
      { what: "flight", sum: 212.4 },
      { what: "hotel", sum: 286 },
    ],
    nothing: null,
    gone: undefined,
    span: { from: 1, to: 2 },
  };
  const text = formatJson(value, 40);
  expect(text.split("\n")).toEqual([
    "{",
    '  "currency": "EUR",',
    '  "items": [',
    '    { "what": "flight", "sum": 212.4 },',
    '    { "what": "hotel", "sum": 286 }',
    "  ],",
    '  "nothing": null,',
    '  "span": { "from": 1, "to": 2 }',
    "}",
  ]);
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
  expect([formatJson([], 10), formatJson({}, 10), formatJson("a", 10)]).toEqual(["[]", "{}", '"a"']);
});

test("V9: JSON's colours cut its text and lose nothing of it", () => {
  const text = '{ "a:b": "say \\"hi\\": 5", "n": -1.5e3, "t": true }';
  const tokens = jsonTokens(text);
  expect(tokens.map((token) => token.text).join("")).toBe(text);
  expect(tokens.filter(({ kind }) => kind !== "mark").map(({ kind, text: piece }) => [kind, piece])).toEqual([
    ["name", '"a:b"'],
    ["string", '"say \\"hi\\": 5"'],
    ["name", '"n"'],
    ["number", "-1.5e3"],
    ["name", '"t"'],
    ["word", "true"],
  ]);
});

test("V10: a goal is cut where the steps that answer to it change", () => {
  const words = (id: string, start: number, end: number) => ({ id: StepId.parse(id), words: [{ start, end }] });
  const pieces = goalPieces("lunch, paid 5, note", [words("planner", 0, 5), words("finance", 7, 13), words("both", 0, 13)]);
  expect(pieces.map(({ text, steps }) => [text, steps.join("+")])).toEqual([
    ["lunch", "planner+both"],
    [", ", "both"],
    ["paid 5", "finance+both"],
    [", note", ""],
  ]);
  expect(goalPieces("short", [words("beyond", 2, 99)]).map(({ text }) => text)).toEqual(["sh", "ort"]);
});

test("V11: the level chosen from the menu is the level in the filter's text", () => {
  expect(withLevel("level:info room:memory kept", "warn")).toBe("level:warn room:memory kept");
  expect(withLevel("level:info kept", "debug")).toBe("kept");
  expect(readFilter(withLevel("", "error")).level).toBe("error");
});

test("V12: settings nest by the dots of their keys", () => {
  const settings = [
    { key: "model.name", value: "x" },
    { key: "model.timeoutSeconds", value: 120 },
    { key: "plain", value: true },
  ];
  expect(nestSettings(settings)).toEqual({ model: { name: "x", timeoutSeconds: 120 }, plain: true });
});

test("V13: a card of the tour stays in the window and off what it tells of while there is room", () => {
  const card = { width: 320, height: 160 };
  const view = { width: 1440, height: 900 };
  const plan = { left: 296, top: 106, width: 790, height: 270 };
  expect(placeCard({ left: 1086, top: 44, width: 354, height: 600 }, card, view, 12)).toEqual({ left: 754, top: 56 });
  expect(placeCard(plan, card, view, 12)).toEqual({ left: 308, top: 388 });
  expect(placeCard({ left: 296, top: 650, width: 1144, height: 226 }, card, view, 12)).toEqual({ left: 308, top: 478 });
  const whole = placeCard({ left: 0, top: 0, ...view }, card, view, 12);
  expect(whole).toEqual({ left: 12, top: 728 });
});

test("V14: a line longer than the terminal is drawn over its own rows", () => {
  const line = "x".repeat(15);
  const columns = 12;
  const all = `\r\u001b[J\u001b[34mbotmojo>\u001b[0m ${line} \r`;
  expect(drawLine(line, { was: 0, is: 15, columns })).toBe(all);
  expect(drawLine(line, { was: 15, is: 14, columns })).toBe(`\u001b[2A${all}\u001b[1A\r\u001b[11C`);
  expect(drawLine("ab", { was: 1, is: 0, columns: 80 }).endsWith("\r\u001b[9C")).toBe(true);
});

function heard(events: readonly Event[]) {
  return events.map(({ type, step, data }) => ({ type, step, call: "call" in data ? data.call : undefined }));
}

test("V15: each step that began has one bar; steps side by side lie in lanes of their own", async () => {
  const { client } = openTestCore();
  const { events } = await runGoal(client, "Lunch with Sara tomorrow at 1pm, paid 5 EUR for bread, remember Tom hates rain");
  const { bars, sorts } = outlineAfter(emptyOutline, heard(events));
  const run = foldEvents(events);
  expect(bars.flatMap(({ step }) => step ?? []).sort()).toEqual(run?.steps.map(({ step }) => step.id as string).sort());
  expect(bars.every(({ state }) => state === "done")).toBe(true);
  for (const one of bars) {
    for (const other of bars) {
      if (one === other || one.lane !== other.lane) continue;
      expect(one.to < other.from || other.to < one.from).toBe(true);
    }
  }
  const half = outlineAfter(emptyOutline, heard(events.slice(0, bars[0]?.to ?? 0)));
  expect(half.bars[0]?.state).toBe("running");
  expect(outlineAfter(half, heard(events.slice(half.sorts.length)))).toEqual({ bars, sorts });
  const found = new Set(Array.from(sorts, (digit) => eventSorts[Number(digit)]));
  expect(found).toEqual(new Set(["other", "message", "model", "tool", "memory"]));
});

test("V16: the step looked into is the chosen one, or else the one that runs, or else the last", async () => {
  const { client } = openTestCore();
  const { events, summary } = await runGoal(client, "paid 5 EUR for bread, remember Tom hates rain");
  const place = events.findIndex(({ type, step }) => type === "step.started" && step === "memory");
  const whole = readMoment(await client.runs.at({ run: summary.id }), []);
  const half = readMoment(await client.runs.at({ run: summary.id, place }), []);
  expect(stepShown(whole, "finance")).toBe("finance");
  expect(stepShown(whole, "gone")).toBe("answer");
  expect(half.statuses.get(stepShown(half, undefined) ?? "")).toBe("running");
});

test("V17: ten thousand steps in one chain are laid out, and a circle ends", () => {
  const sizes = { width: 100, height: 50, gapX: 20, gapY: 10 };
  const chain = Array.from({ length: 10_000 }, (_, index) => ({ id: `s${index}`, needs: index === 0 ? [] : [`s${index - 1}`] }));
  const began = performance.now();
  // A plan may name a step before what it needs.
  expect(layoutPlan(chain.toReversed(), sizes).at(-1)).toEqual({ id: "s9999", x: 9999 * 120, y: 0 });
  expect(performance.now() - began).toBeLessThan(1000);
  const circle = [
    { id: "a", needs: ["b"] },
    { id: "b", needs: ["a"] },
  ];
  expect(layoutPlan(circle, sizes)).toHaveLength(2);
});
