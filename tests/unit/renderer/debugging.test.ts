import { expect, test } from "vitest";
import { createPatch, applyPatch } from "rfc6902";
import { diffRuns, foldEvents, Plan, readMoment, type RunSummary } from "../../../core/contract/index.ts";
import { breakpointRows, breakpointText, readBreakpoint } from "../../../renderer/state/breakpoints.ts";
import { alignSteps } from "../../../renderer/state/compare.ts";
import { inFamilies } from "../../../renderer/state/families.ts";
import { turnsToDraw } from "../../../renderer/state/graph.ts";
import { heldEdit } from "../../../renderer/state/held.ts";
import { readJson, sameJson } from "../../../renderer/state/json-draft.ts";
import { addAfter, connectSteps, disconnectSteps, planChanges, removeStep, renameStep } from "../../../renderer/state/plan-edits.ts";
import { layoutPlan } from "../../../renderer/views/run/plan-layout.ts";
import { pictureOf } from "../../../renderer/views/run/plan-picture.ts";
import { lookOf, type LineEnd } from "../../../renderer/views/run/plan-state.ts";
import { markedEvents, marksOf } from "../../../renderer/views/timeline/timeline-marks.ts";
import { openTestCore, runGoal } from "../../support/core.ts";

const plan = (...steps: object[]) => Plan.parse({ version: 1, goal: "test", steps });
const sum = (id: string, needs: string[] = [], more: object = {}) => ({ id, kind: "tool", tool: "calculator", input: {}, needs, ...more });

test("V18: a breakpoint's text and its parts are one another, and what is none is refused", () => {
  for (const text of [
    "tool:calculator",
    "step",
    'tool:calculator if input.expression == "1+1" #3',
    "model #2",
    "step #2 once",
    "budget:tokens once",
  ]) {
    const parts = readBreakpoint(text);
    expect(parts && breakpointText(parts)).toBe(text);
  }
  expect(readBreakpoint("handover:finance once")).toMatchObject({ on: "agent", name: "finance", once: true });
  expect([readBreakpoint("nonsense:x"), readBreakpoint("")]).toEqual([undefined, undefined]);
});

test("V19: the list holds the person's breakpoints, then those of the run alone, with how often each held it", () => {
  const holds = [1, 2].map((seq) => ({ seq, breakpoint: "tool:a" }));
  const run = { status: "paused" as const, breakpoints: ["tool:a", "step:b"], holds };
  const rows = breakpointRows(
    [
      { text: "tool:a", enabled: true },
      { text: "model", enabled: false },
    ],
    run,
  );
  expect(rows.map(({ text, here, kept, held }) => [text, here, kept, held])).toEqual([
    ["tool:a", true, true, 2],
    ["model", false, true, 0],
    ["step:b", true, false, 0],
  ]);
});

test("V20: what is not JSON yet says where; equal values are equal in whatever order", () => {
  expect(readJson('{ "a": 1')).toMatchObject({
    ok: false,
    says: expect.stringMatching(/^This is not JSON yet: .*line 1, column 9\.$/) as string,
  });
  expect(readJson(" ")).toMatchObject({ ok: false });
  expect([
    sameJson({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }),
    sameJson([1], { 0: 1 }),
    sameJson({ a: 1 }, { a: 1, b: 2 }),
  ]).toEqual([true, false, false]);
});

test("V21: a held call goes on as it came, with other arguments, or with an answer; never with half of one", () => {
  const point = { on: "tool", step: "a", name: "calculator", key: "a.call", input: {} } as unknown as Parameters<typeof heldEdit>[1];
  const held = { place: "x", mode: "arguments" as const, arguments: "{}", came: "{}", answer: "" };
  expect(heldEdit(held, point)).toEqual({ ok: true, edit: undefined });
  expect(heldEdit({ ...held, arguments: '{"x":1}' }, point)).toEqual({ ok: true, edit: { input: { x: 1 } } });
  expect(heldEdit({ ...held, arguments: '{"x":' }, point).ok).toBe(false);
  expect(heldEdit({ ...held, mode: "answer" }, point).ok).toBe(false);
  expect(heldEdit({ ...held, mode: "answer", answer: "7" }, point)).toEqual({ ok: true, edit: { output: 7 } });
});

test("V22: steps are added, connected, renamed and removed, and what named them still does", () => {
  const base = plan(
    sum("a"),
    { id: "d", kind: "decide", needs: ["a"], branches: [{ when: "true", take: ["b"] }] },
    sum("b", ["d"], { input: { x: { $from: "a" } } }),
    sum("c", ["b"]),
  );
  const { plan: added, id } = addAfter(base, "a");
  expect(planChanges(base, added)).toEqual({ added: [id], changed: [], removed: [] });
  const renamed = renameStep(base, "b", "bee");
  expect(renamed.steps.map(({ id: name, needs }) => [name, needs])).toEqual([
    ["a", []],
    ["d", ["a"]],
    ["bee", ["d"]],
    ["c", ["bee"]],
  ]);
  expect(renamed.steps[1]).toMatchObject({ branches: [{ take: ["bee"] }] });
  expect(renameStep(base, "a", "start").steps[2]).toMatchObject({ input: { x: { $from: "start" } } });
  const removed = removeStep(base, "b");
  expect(removed.steps.map(({ id: name, needs }) => [name, needs])).toEqual([
    ["a", []],
    ["d", ["a"]],
    ["c", ["d"]],
  ]);
  expect(removed.steps[1]).toMatchObject({ branches: [{ take: [] }] });
  expect(disconnectSteps(connectSteps(base, "a", "c"), "a", "c")).toEqual(base);
  const draft = structuredClone(base);
  applyPatch(draft, createPatch(base, removed));
  expect(draft).toEqual(removed);
});

test("V23: forks and replays of a day stand under what they came from; one of another day stands by itself", () => {
  const noon = new Date("2026-11-24T12:00:00").getTime();
  const run = (id: string, firstSeq: number, parent?: string, startedAt = noon) =>
    ({ id, firstSeq, startedAt, origin: parent ? { kind: "fork", run: parent, at: 1 } : null }) as unknown as RunSummary;
  const rows = inFamilies([
    run("late", 60, "old"),
    run("fork2", 50, "one"),
    run("two", 40),
    run("inner", 30, "fork1"),
    run("fork1", 20, "one"),
    run("one", 10),
    run("old", 1, undefined, noon - 2 * 86_400_000),
  ]);
  expect(rows.map(({ run: { id }, depth, more }) => [id, depth, more])).toEqual([
    ["late", 0, false],
    ["one", 0, true],
    ["fork1", 1, true],
    ["inner", 2, true],
    ["fork2", 1, false],
    ["two", 0, false],
    ["old", 0, false],
  ]);
});

test("V24: bodies lie inside their group, one turn below the other, and nothing overlaps", () => {
  const { steps } = plan(
    sum("a"),
    { id: "each", kind: "map", needs: ["a"], over: [1, 2, 3], steps: [sum("one"), sum("two", ["one"])] },
    sum("b", ["a"]),
    sum("end", ["each", "b"], { when: "true" }),
  );
  const closed = pictureOf({ steps, open: new Set(), turns: () => 0, drawn: () => [] });
  expect(closed.boxes.map(({ id, is }) => [id, is])).toEqual([
    ["a", "step"],
    ["each", "step"],
    ["b", "step"],
    ["end", "step"],
  ]);
  expect(closed.lines.find(({ to }) => to === "end")).toMatchObject({ guard: "if true", wide: true });
  const open = pictureOf({ steps, open: new Set(["each"]), turns: () => 3, drawn: () => [0, 1] });
  const inside = open.boxes.filter(({ parent }) => parent === "each");
  expect(inside.map(({ id }) => id)).toEqual(["each/0", "each/0/one", "each/0/two", "each/1", "each/1/one", "each/1/two", "each/more"]);
  const group = open.boxes.find(({ id }) => id === "each");
  for (const box of inside) {
    expect(box.x + box.width).toBeLessThanOrEqual(group?.width ?? 0);
    expect(box.y + box.height).toBeLessThanOrEqual(group?.height ?? 0);
  }
  const top = open.boxes.filter(({ parent }) => parent === undefined);
  for (const one of [...top, ...inside]) {
    for (const other of [...top, ...inside]) {
      if (one === other || one.parent !== other.parent) continue;
      const apart =
        one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y;
      expect(apart, `${one.id} and ${other.id}`).toBe(true);
    }
  }
});

test("V25: a line not taken is quiet; the first turns of a group are drawn, and the one looked into", () => {
  const step = (id: string, status: LineEnd["status"]): LineEnd & { id: string } => ({ id, status, output: undefined });
  expect(turnsToDraw("each", 3, {}, undefined)).toEqual([0, 1, 2]);
  expect(turnsToDraw("each", 100, {}, "each/40/one")).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 40]);
  expect(turnsToDraw("each", 100, { each: 2 }, "each/1/one")).toEqual([0, 1]);
  expect(turnsToDraw("each", 3, {}, "each/40/one")).toEqual([0, 1, 2]);
  const line = { id: "d→b", from: "d", to: "b", wide: true, guard: "if x", guardedBy: "decide" as const };
  const decided = { ...step("d", "completed"), output: { take: ["c"] } };
  expect(lookOf(line, decided, step("b", "waiting"))).toBe("not-taken");
  expect(lookOf({ ...line, to: "c" }, decided, step("c", "running"))).toBe("live");
  expect(lookOf(line, step("d", "waiting"), step("b", "waiting"))).toBe("ahead");
});

test("V26: a box that needs more room pushes its neighbours, and words on a line their column", () => {
  const sizes = { width: 100, height: 50, gapX: 20, gapY: 10 };
  const placed = new Map(
    layoutPlan(
      [
        { id: "a", needs: [] },
        { id: "wide", needs: ["a"], room: { width: 300, height: 200 } },
        { id: "b", needs: ["a"] },
        { id: "c", needs: ["wide"], lead: 60 },
      ],
      sizes,
    ).map((place) => [place.id, place]),
  );
  expect(placed.get("c")?.x).toBe(100 + 20 + 300 + 20 + 60);
  expect((placed.get("b")?.y ?? 0) - (placed.get("wide")?.y ?? 0)).toBe(210);
});

test("V27: a fork leaves the line of time at its event; a comparison has every step of either run", async () => {
  const { client } = openTestCore();
  const { events, summary } = await runGoal(client, "paid 5 EUR for bread, remember Tom hates rain");
  const at = events[6]?.seq ?? 0;
  const { run: id } = await client.runs.fork({ run: summary.id, at });
  const fork = await client.runs.get({ run: id });
  const line = { places: new Map(events.map(({ seq }, index) => [seq, index])), total: events.length };
  const whole = readMoment(await client.runs.at({ run: summary.id }), []);
  expect(markedEvents(whole, [fork])).toEqual([at]);
  expect(marksOf(whole, [fork], line).map(({ index, run, tone }) => [index, run, tone])).toEqual([[6, id, "fork"]]);
  const held = { ...whole, holds: [{ seq: at, breakpoint: "tool:x" }] };
  expect(marksOf(held, [], line).map(({ index, text }) => [index, text])).toEqual([[6, "Break: tool:x"]]);
  const forked = readMoment(await client.runs.at({ run: id }), []);
  expect(marksOf(forked, [], line)).toMatchObject([{ index: 7, text: "Left its original", run: summary.id }]);
  const [left, right] = [foldEvents(events), foldEvents(events.slice(0, 8))];
  if (!left || !right) throw new Error("the run has no events");
  const aligned = alignSteps(left, right, diffRuns(left, right));
  expect(aligned.map(({ step }) => step).sort()).toEqual(left.steps.map(({ id: step }) => step).sort());
});
