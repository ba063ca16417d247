import { expect, test } from "vitest";
import { foldEvents, foldRun, type LogLine, type RunSummary } from "../../../core/contract/index.ts";
import { commands, commandOf } from "../../../renderer/commands/commands.ts";
import { passes, readFilter } from "../../../renderer/state/log.ts";
import { place } from "../../../renderer/state/runs.ts";
import { dayGroup, duration, shortAgo } from "../../../renderer/ui/times.ts";
import { commonStart } from "../../../renderer/views/console/line-editor.ts";
import { layoutPlan } from "../../../renderer/views/run/plan-layout.ts";
import { openTestCore, runGoal } from "../../support/core.ts";

const sizes = { width: 100, height: 50, gapX: 20, gapY: 10 };

test("V1: a step stands right of all it needs, and no two steps overlap", () => {
  const steps = [
    { id: "triage", needs: [] },
    { id: "a", needs: ["triage"] },
    { id: "b", needs: ["triage"] },
    { id: "c", needs: ["triage"] },
    { id: "answer", needs: ["a", "b", "c"] },
  ];
  const at = new Map(layoutPlan(steps, sizes).map((placed) => [placed.id, placed]));
  for (const { id, needs } of steps) for (const need of needs) expect(at.get(id)?.x).toBeGreaterThan(at.get(need)?.x ?? Infinity);
  expect(new Set([...at.values()].map(({ x, y }) => `${x},${y}`)).size).toBe(steps.length);
  expect(at.get("answer")?.y).toBe(at.get("triage")?.y);
});

test("V2: no two commands share a key, and each key finds its command", () => {
  const keys = commands.flatMap((command) => command.keys ?? []);
  expect(new Set(keys).size).toBe(keys.length);
  const press = (key: string, mod = false) => ({ key, ctrlKey: mod, metaKey: false, altKey: false });
  expect(commandOf(press("k", true), true)?.id).toBe("palette");
  expect(commandOf(press("k"), false)?.id).toBe("previous");
  expect(commandOf(press("k"), true)).toBeUndefined();
});

test("V3: the log's filter reads level, run, step, room and words", () => {
  const line: LogLine = { id: 1, at: 0, level: "warn", room: "tools", message: "files.read denied", run: "run_abc", step: "files" };
  const ok = (text: string) => passes(line, readFilter(text));
  expect([ok(""), ok("level:warn"), ok("run:abc denied"), ok("room:tools step:fil")]).toEqual([true, true, true, true]);
  expect([ok("level:error"), ok("run:xyz"), ok("allowed")]).toEqual([false, false, false]);
});

test("V4: a summary takes its place by when its run began, and replaces itself", () => {
  const run = (id: string, firstSeq: number, status = "running") => ({ id, firstSeq, status }) as unknown as RunSummary;
  const one = place({ runs: [run("c", 30), run("a", 10)], total: 2 }, run("b", 20));
  expect(one.runs.map(({ id }) => id)).toEqual(["c", "b", "a"]);
  const two = place(one, run("b", 20, "completed"));
  expect([two.total, two.runs[1]?.status]).toEqual([3, "completed"]);
});

test("V5: times are short and true", () => {
  const now = new Date("2026-11-24T15:00:00").getTime();
  expect([shortAgo(now - 5000, now), shortAgo(now - 300_000, now), shortAgo(now - 7_200_000, now)]).toEqual(["5 s", "5 m", "2 h"]);
  expect([dayGroup(now, now), dayGroup(now - 86_400_000, now), dayGroup(now - 5 * 86_400_000, now)]).toEqual([
    "Today",
    "Yesterday",
    "Earlier",
  ]);
  expect([duration(80), duration(12_400), duration(200_000)]).toEqual(["0.08 s", "12.4 s", "3 m 20 s"]);
  expect(commonStart(["runs", "run", "rules"])).toBe("ru");
});

test("V6: a run folded to any event is the run as it was then", async () => {
  const { client } = openTestCore();
  const { events } = await runGoal(client, "paid 5 EUR for bread, remember Tom hates rain");
  const whole = foldEvents(events);
  let before: ReturnType<typeof foldEvents>;
  for (const [index, event] of events.entries()) {
    const then = foldEvents(events.slice(0, index + 1));
    before = foldRun(before, event);
    expect(before).toEqual(then);
    expect(then?.lastSeq).toBe(event.seq);
    if (event.type === "step.started") expect(then?.steps.find(({ step }) => step.id === event.step)?.status).toBe("running");
  }
  expect(whole?.steps.every(({ status }) => status === "completed")).toBe(true);
});
