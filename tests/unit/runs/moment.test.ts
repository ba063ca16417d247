import { expect, test } from "vitest";
import {
  foldEvents,
  outlineAfter,
  readMoment,
  RunId,
  type Event,
  type NewEvent,
  type RunState,
  type Seq,
  type StepId,
} from "../../../core/contract/index.ts";
import { checkInvariants } from "../../../core/runs/invariants.ts";
import { lineage } from "../../../core/runs/tables/lineage.ts";
import { outlineOf } from "../../../core/runs/tables/outline.ts";
import { openMoments, type Moments } from "../../../core/runs/tables/moment.ts";
import type { EventLog } from "../../../core/store/event-log.ts";
import type { CoreClient } from "../../../core/index.ts";
import { followToEnd, openTestCore, runGoal } from "../../support/core.ts";
import { z } from "zod";
import { defineTool } from "../../../core/tools/tool.ts";
import { openEngine } from "../../support/engine.ts";
import { writeLongRun } from "../../support/long-run.ts";
import { randomOf } from "../../support/random.ts";

const run = "run_0000000000000a" as RunId;
const other = "run_0000000000000b" as RunId;
const seed = Number(process.env["BOTMOJO_SEED"] ?? Date.now() % 1_000_000);

/** What a moment must be, from the whole fold. */
function wholeMoment({ steps, ...head }: RunState, bodies: readonly string[]) {
  const inside = (id: string) => bodies.includes(id.slice(0, id.lastIndexOf("/")));
  const shown = steps.filter(({ id }) => !id.includes("/") || inside(id));
  const counts: Record<string, Record<string, Set<string>>> = {};
  for (const { id, status } of steps) {
    const [group = "", member = ""] = id.split("/");
    if (member === "") continue;
    const how = status === "running" || status === "waiting" ? "open" : status === "failed" ? "failed" : "";
    const found = (counts[group] ??= { all: new Set(), open: new Set(), failed: new Set(), running: new Set() });
    found["all"]?.add(member);
    found[how]?.add(member);
    if (status === "running") found["running"]?.add(member);
  }
  const groups = Object.entries(counts).map(([group, { all, open, failed, running }]) => {
    const [total = 0, left] = [all?.size, new Set([...(open ?? []), ...(failed ?? [])]).size];
    return [group, { total, done: total - left, failed: failed?.size, running: running?.size }] as const;
  });
  return { head, statuses: new Map(shown.map(({ id, status }) => [id, status])), groups: new Map(groups) };
}

function expectSame(
  log: EventLog,
  id: RunId,
  seq: Seq,
  { bodies = [], moments = openMoments(log) }: { bodies?: string[]; moments?: Moments } = {},
): void {
  const events = [...lineage(log, id)];
  const before = events.filter((event) => event.seq <= seq);
  const whole = foldEvents(before);
  if (!whole) throw new Error(`there is no run at ${seq}`);
  const asked = moments.at({ run: id, seq, bodies });
  const { statuses, groups, place, ...head } = readMoment(asked, []);
  const counted = Object.entries(groups).flatMap(([group, { turns: _, ...count }]) =>
    group.includes("/") ? [] : ([[group, count]] as const),
  );
  expect({ head, statuses, groups: new Map(counted) }).toEqual(wholeMoment(whole, bodies));
  expect([place.index, place.total]).toEqual([before.length - 1, events.length]);
  const some = whole.steps.filter((_, index) => index % 97 === 0).slice(0, 30);
  expect(moments.steps({ run: id, place: place.index, steps: some.map((step) => step.id) })).toEqual({ seq: place.seq, steps: some });
}

test(`RM1: a run as of any event is what folding all of its events gives (seed ${seed})`, async () => {
  const { log } = openEngine();
  await writeLongRun(log, { run, shape: "loop", events: 9_000 });
  await writeLongRun(log, { run: other, shape: "wide", events: 9_000 });
  const random = randomOf(seed);
  for (let count = 0; count < 12; count += 1) {
    expectSame(log, run, 1 + random.below(18_000), { bodies: ["turns/7", "turns/20"] });
    expectSame(log, other, 9_001 + random.below(9_000));
  }
  for (const seq of [4_096, 4_097, 8_192, 9_000])
    expectSame(log, run, seq, { bodies: Array.from({ length: 30 }, (_, turn) => `turns/${turn}`) });
  const moments = openMoments(log);
  for (const seq of [100, 4_000, 5_000, 8_192, 8_193, 3_000, 9_000]) expectSame(log, run, seq, { moments });
  expect(() => moments.at({ run: other, seq: 9_000 })).toThrow(/had not begun/);
});

test("RM2: new plans, retries, other runs beside it and an end are in it", async () => {
  const { log } = openEngine();
  await writeLongRun(log, { run, shape: "wide", events: 3_000 });
  const [started] = log.read({ run, since: 0, limit: 1 });
  if (started?.type !== "run.started" || !started.data.planned) throw new Error("no plan");
  const { plan } = started.data.planned;
  const revise = (revision: number, steps: typeof plan.steps): NewEvent => ({
    type: "plan.revised",
    run,
    actor: "person",
    data: { revision, plan: { ...plan, steps }, reason: "other" },
  });
  const about = { run, actor: "host", step: "s5" as StepId };
  const failure = { code: "internal" as const, message: "no" };
  await log.append([revise(2, plan.steps.slice(0, 5))]);
  await log.append([revise(3, plan.steps), { ...about, type: "step.started", data: { attempt: 1 } }]);
  await log.append([{ ...about, type: "step.retried", data: { failure, tries: 1, at: 5_000 } }]);
  await writeLongRun(log, { run: other, shape: "loop", events: 2_000 });
  await log.append([{ ...about, type: "step.started", data: { attempt: 2, agent: "finance" } }]);
  await log.append([{ type: "run.failed", run, actor: "host", data: { failure } }]);
  for (const seq of [2_999, 3_001, 3_002, 3_003, 3_004, 4_100, 5_005, 5_006]) expectSame(log, run, seq);
  await writeLongRun(log, { run: "run_0000000000000c" as RunId, shape: "loop", events: 4_000 });
  for (const seq of [3_001, 3_004, 8_500]) expectSame(log, run, seq);
  expect(checkInvariants(log).flatMap(({ breach }) => breach ?? [])).toEqual([]);
});

async function expectSameEverywhere(client: CoreClient, id: RunId): Promise<readonly Event[]> {
  const all = await client.events.list({ run: id, limit: 5000 });
  for (const [place, { seq }] of all.entries()) {
    const moment = readMoment(await client.runs.at({ run: id, place }), []);
    const { head, statuses } = wholeMoment(foldEvents(all.slice(0, place + 1)) ?? expect.fail(), []);
    expect([moment, moment.place.index]).toEqual([expect.objectContaining({ ...head, statuses }), place]);
    expect(await client.events.list({ run: id, place, limit: 1 })).toEqual(all.slice(place, place + 1));
    expect(await client.runs.places({ run: id, seqs: [seq] })).toEqual([place + 1]);
  }
  return all;
}

test("RM3: a fork's moment has its parent's past, at whichever event of either", async () => {
  const { client } = openTestCore();
  const { summary, events } = await runGoal(client, "paid 5 EUR for bread");
  const { run: forked } = await client.runs.fork({ run: summary.id, at: events[3]?.seq });
  await followToEnd(client, forked);
  const all = await expectSameEverywhere(client, forked);
  const rest = { knows: 1, place: all.length - 1 };
  expect((await client.runs.at({ run: forked, ...rest })).newRevisions.map(({ revision }) => revision)).toEqual([2]);
  await expect(client.runs.at({ run: RunId.parse("run_0000000000000z") })).rejects.toThrow(/no run/);

  // A recording has the fork's past in it.
  const { client: other } = openTestCore();
  const { run: imported } = await other.runs.import(await client.runs.export({ run: forked }));
  expect(await expectSameEverywhere(other, imported)).toHaveLength(all.length + 1);
});

test("RM4: a fork of a long run, with results edited, begins what came of them anew", async () => {
  const { log, engine } = openEngine();
  await writeLongRun(log, { run, shape: "wide", events: 9_000 });
  await log.append([{ type: "run.failed", run, actor: "host", data: { failure: { code: "internal", message: "no" } } }]);
  for (const at of [4_096, 4_099, 5_003, 9_001]) {
    const forked = await engine.fork({ run, at, edits: [{ step: "s700" as StepId, output: 7 }], breakpoints: ["step"] });
    const { lastSeq = 0 } = log.reader.get<{ lastSeq: Seq }>("SELECT max(seq) AS lastSeq FROM events WHERE run = ?", forked) ?? {};
    for (const seq of [at - 1, at, lastSeq]) expectSame(log, forked, seq);
    await engine.cancel(forked);
  }
});

test("RM5: only what changed of a step since an event is told again", async () => {
  const { log } = openEngine();
  await writeLongRun(log, { run, shape: "wide", events: 1_000 });
  const moments = openMoments(log);
  const changed = (since: Seq) => moments.steps({ run, seq: 503, steps: ["s98", "s99", "s100"], since }).steps.map(({ id }) => id);
  expect([changed(0), changed(495), changed(496), changed(501), changed(503)]).toEqual([
    ["s98", "s99", "s100"],
    ["s98", "s99", "s100"],
    ["s99", "s100"],
    ["s100"],
    [],
  ]);
});

test("RM6: a run's outline has each event's sort and each step's bar, and draws short bars of a long run together", async () => {
  const { log } = openEngine();
  await writeLongRun(log, { run, shape: "wide", events: 9_000 });
  const few = await outlineOf(log, run, 7);
  expect(few).toEqual({
    sorts: "5042200",
    bars: [
      { step: "s0", from: 1, to: 5, state: "done", lane: 0 },
      { step: "s1", from: 6, to: 6, state: "running", lane: 0 },
    ],
  });
  const { sorts, bars } = await outlineOf(log, run, 9_000);
  expect([sorts.length, bars.length < 1_010, bars[0]?.from, bars.at(-1)?.to]).toEqual([9_000, true, 1, 8_999]);
  const events = log
    .read({ run, since: 7, limit: 93 })
    .map((event) => ({ ...event, call: "call" in event.data ? event.data.call : undefined }));
  expect(outlineAfter(few, events)).toEqual(await outlineOf(log, run, 100));
});

test("RM7: a body that was tried again, and a fork with a result inside it edited, stand as the whole fold says", async () => {
  let failures = 0;
  const flaky = defineTool({
    name: "flaky",
    description: "Fails the first times.",
    effect: "pure",
    input: z.object({ n: z.number() }),
    run({ n }) {
      if (n === 60 && (failures += 1) <= 2) throw new Error("not yet");
      return { n };
    },
  });
  const { log, engine, start, when } = openEngine({ tools: [flaky] });
  await writeLongRun(log, { run, shape: "loop", events: 3_800 });
  const step = (id: string, needs: string[]) => ({ id, kind: "tool", tool: "flaky", input: { n: { $from: "item" } }, needs });
  const over = Array.from({ length: 100 }, (_, index) => index);
  const retry = { attempts: 5, delayMs: 1 };
  const each = { id: "each", kind: "map", over, concurrency: 3, retry, steps: [step("a", []), step("b", ["a"])] };
  const id = await start([each, { id: "end", kind: "tool", tool: "calculator", input: { expression: "1+1" }, needs: ["each"] }]);
  const ended = await when(id, ({ status }) => status === "completed" || status === "failed");
  expect([ended.status, failures]).toEqual(["completed", 4]);
  await writeLongRun(log, { run: other, shape: "loop", events: 4_000 });
  const events = log.read({ run: id, since: 0, limit: 1000 });
  const retried = events.filter(({ type }) => type === "step.retried").map(({ seq }) => seq);
  expect(retried).toHaveLength(2);
  const bodies = Array.from({ length: 100 }, (_, turn) => `each/${turn}`);
  const seqs = [...retried.flatMap((seq) => [seq - 1, seq, seq + 1]), 4_095, 4_096, 4_097, ended.lastSeq];
  for (const seq of seqs.filter((one) => one <= ended.lastSeq)) expectSame(log, id, seq, { bodies });
  for (const at of [retried[0] ?? 0, 4_096, ended.lastSeq].filter((one) => events.some(({ seq }) => seq === one))) {
    const done = foldEvents(events.filter(({ seq }) => seq <= at))?.steps.find(
      (one) => one.id.endsWith("/a") && one.status === "completed",
    );
    const forked = await engine.fork({ run: id, at, edits: [{ step: done?.id as StepId, output: { n: 7 } }], breakpoints: ["step"] });
    const { lastSeq = 0 } = log.reader.get<{ lastSeq: Seq }>("SELECT max(seq) AS lastSeq FROM events WHERE run = ?", forked) ?? {};
    expectSame(log, forked, lastSeq, { bodies });
    await engine.cancel(forked);
  }
});
