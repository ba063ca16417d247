// Reminders: when they are due, that the person is told once, and that what is taken back is not told.
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ItemId, ReminderView } from "../../../core/contract/index.ts";
import { listReminders, startTeller } from "../../../core/memory/reminders.ts";
import { createUndo } from "../../../core/runs/undo.ts";
import { systemClock, type Clock } from "../../../core/system/clock.ts";
import { instantOf, localTime } from "../../../core/system/day.ts";
import { openTestCore, runGoal, temporaryFolder } from "../../support/core.ts";
import { openEngine } from "../../support/engine.ts";

/** Moved on by hand alone; what has waited long enough is called. */
function movable(): Clock & { move(ms: number): void } {
  const began = Date.now();
  let ahead = 0;
  const waiting = new Set<{ at: number; work: () => void }>();
  const now = () => began + ahead;
  return {
    ...systemClock,
    now,
    after(ms, work) {
      if (ms <= 0) return systemClock.after(0, work);
      const entry = { at: now() + ms, work };
      waiting.add(entry);
      return () => void waiting.delete(entry);
    },
    move(ms) {
      ahead += ms;
      for (const entry of waiting) {
        if (entry.at > now()) continue;
        waiting.delete(entry);
        entry.work();
      }
    },
  };
}

const minute = 60_000;
const iso = (at: number) => new Date(Math.ceil(at / 1000) * 1000).toISOString();
const adding = (id: string, at: number) => ({
  id,
  kind: "tool",
  tool: "reminders.add",
  input: { text: `Do ${id}`, when: iso(at), words: `remind me to do ${id}` },
});

async function withReminders(steps: (now: number) => readonly object[], { file, now = Date.now() }: { file?: string; now?: number } = {}) {
  const opened = openEngine(file === undefined ? {} : { file });
  const run = await opened.start(steps(now));
  await opened.when(run, ({ status }) => status === "completed");
  return { ...opened, run };
}

function teller(log: Parameters<typeof startTeller>[0]["log"], clock: Clock) {
  const told: ReminderView[] = [];
  const stop = startTeller({ log, clock, told: (reminder) => void told.push(reminder) });
  onTestFinished(stop);
  return { told, stop };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("RM1: each is told once, at its time and not before, the soonest first; those added later too", async () => {
  const clock = movable();
  const { log, start, when } = await withReminders((now) => [adding("b", now + 20 * minute), adding("a", now + 10 * minute)], {
    now: clock.now(),
  });
  const { told } = teller(log, clock);
  clock.move(9 * minute);
  const later = await start([adding("c", clock.now() + 30 * minute)]);
  await when(later, ({ status }) => status === "completed");
  expect(told).toEqual([]);
  clock.move(1.5 * minute);
  await until(() => told.length === 1);
  clock.move(60 * minute);
  await until(() => told.length === 3);
  expect(told.map(({ text, late }) => [text, late])).toEqual([
    ["Do a", false],
    ["Do b", true],
    ["Do c", true],
  ]);
  clock.move(600 * minute);
  expect(log.read({ since: 0, limit: 10_000 }).filter(({ type }) => type === "reminder.due")).toHaveLength(3);
  expect(listReminders(log.reader).map(({ text, toldAt }) => [text, toldAt !== null])).toEqual([
    ["Do a", true],
    ["Do b", true],
    ["Do c", true],
  ]);
});

test("RM2: what was due while no host was there is told at the next start, as late, and then never again", async () => {
  const file = join(temporaryFolder(), "botmojo.db");
  const first = await withReminders((now) => [adding("a", now + 10 * minute)], { file });
  await first.close();
  const clock = movable();
  clock.move(15 * minute);
  const second = openEngine({ file });
  const { told, stop } = teller(second.log, clock);
  await until(() => told.length === 1);
  expect(told[0]).toMatchObject({ text: "Do a", late: true, over: false });
  stop();
  await second.close();
  const third = openEngine({ file });
  const again = teller(third.log, clock);
  clock.move(minute);
  await third.log.append([{ run: null, actor: "person", type: "reminder.over", data: { item: told[0]?.id as ItemId, how: "done" } }]);
  expect([again.told, listReminders(third.log.reader)]).toEqual([[], []]);
  expect(listReminders(third.log.reader, { all: true })).toMatchObject([{ text: "Do a", late: true, over: true }]);
});

test("RM3: an undone run's reminders are not told, brought back they are; so too one that was removed", async () => {
  const clock = movable();
  const { log, run, start, when, stateOf } = await withReminders((now) => [adding("a", now + 10 * minute)]);
  const undo = createUndo(log);
  const { told } = teller(log, clock);
  await undo.apply(run, "undo");
  clock.move(20 * minute);
  expect([told, listReminders(log.reader)]).toEqual([[], []]);
  await undo.apply(run, "redo");
  await until(() => told.length === 1);

  const more = await start([adding("b", clock.now() + 10 * minute)]);
  await when(more, ({ status }) => status === "completed");
  const id = listReminders(log.reader).find(({ text }) => text === "Do b")?.id;
  const ending = await start([
    { id: "rm", kind: "tool", tool: "reminders.remove", input: { id } },
    { id: "ls", kind: "tool", tool: "reminders.list", input: {}, needs: ["rm"] },
  ]);
  await when(ending, ({ status }) => status === "completed");
  expect(stateOf(ending).steps.find((step) => step.id === "ls")?.output).toMatchObject({ reminders: [{ text: "Do a", told: true }] });
  clock.move(20 * minute);
  expect(told).toHaveLength(1);
  const tables = () => log.reader.all("SELECT * FROM reminders ORDER BY item");
  const before = tables();
  log.rebuild();
  expect(tables()).toEqual(before);
});

test.each([
  ["2026-02-30T09:00", "There is no 2026-02-30T09:00"],
  ["2026-02-30T09:00Z", "There is no 2026-02-30T09:00Z"],
  ["2020-01-01T09:00", "has passed already"],
  ["9999-01-01T09:00", "more than a hundred years"],
  ["tomorrow", "must be a date and time"],
])("RM4: a reminder for %s is refused", async (when, says) => {
  const { start, when: wait } = openEngine();
  const run = await start([{ id: "a", kind: "tool", tool: "reminders.add", input: { text: "x", when, words: "x" } }]).catch(
    (error: unknown) => String(error),
  );
  if (run.startsWith("run_")) {
    const { failure } = await wait(run as Parameters<typeof wait>[0], ({ status }) => status === "failed");
    expect(failure?.message).toContain(says);
  } else expect(run).toContain(says);
});

test("RM5: times are those of the person's clock, over the days on which clocks change too", () => {
  const read = (local: string, zone: string) => new Date(instantOf(local, zone)).toISOString();
  expect(read("2026-12-01T09:00", "Europe/Tallinn")).toBe("2026-12-01T07:00:00.000Z");
  expect(read("2026-07-01T09:00", "Europe/Tallinn")).toBe("2026-07-01T06:00:00.000Z");
  expect(read("2026-10-25T12:00", "Europe/Tallinn")).toBe("2026-10-25T10:00:00.000Z");
  expect(read("2026-03-29T12:00", "Europe/Tallinn")).toBe("2026-03-29T09:00:00.000Z");
  expect(read("2026-06-01T00:30", "America/St_Johns")).toBe("2026-06-01T03:00:00.000Z");
  expect(localTime(Date.parse("2026-06-01T03:00:00Z"), "America/St_Johns")).toBe("2026-06-01T00:30-02:30");
});

test("RM6: a sentence sets one without any model, and every door says what there is", async () => {
  const core = openTestCore();
  const { summary } = await runGoal(core.client, "remind me in 20 minutes to turn off the oven");
  expect(summary).toMatchObject({ status: "completed", answer: expect.stringContaining("I will remind you on") });
  const [set] = await core.client.reminders.list({});
  expect(set).toMatchObject({ text: "Turn off the oven", toldAt: null, over: false });
  expect((await runGoal(core.client, "what reminders do I have?")).summary.answer).toContain("Turn off the oven");
  if (!set) throw new Error("none was set");
  expect(await core.client.reminders.end({ id: set.id, how: "done" })).toEqual({ ended: true });
  expect(await core.client.reminders.end({ id: set.id, how: "done" })).toEqual({ ended: false });
  expect(await core.client.reminders.list({})).toEqual([]);
});
