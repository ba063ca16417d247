import { expect, test } from "vitest";
import { foldEvents, RunId, type NewEvent, type RunState, type Seq, type StepId } from "../../../core/contract/index.ts";
import { checkInvariants } from "../../../core/runs/invariants.ts";
import { momentOf } from "../../../core/runs/tables/moment.ts";
import type { EventLog } from "../../../core/store/event-log.ts";
import { followToEnd, openTestCore, runGoal } from "../../support/core.ts";
import { openEngine } from "../../support/engine.ts";
import { writeLongRun } from "../../support/long-run.ts";
import { randomOf } from "../../support/random.ts";

const run = "run_0000000000000a" as RunId;
const other = "run_0000000000000b" as RunId;
const seed = Number(process.env["BOTMOJO_SEED"] ?? Date.now() % 1_000_000);

/** What a moment must be, from the whole fold. */
function wholeMoment({ steps, ...state }: RunState, within?: string) {
  const inner: Record<string, Record<string, number>> = {};
  for (const { id, status } of steps) {
    const [top = "", ...rest] = id.split("/");
    if (rest.length > 0) (inner[top] ??= {})[status] = (inner[top][status] ?? 0) + 1;
  }
  const marks = steps
    .filter(({ id }) => !id.includes("/") || (within !== undefined && id.startsWith(within)))
    .filter(({ id, status, attempts, retries }) => id.includes("/") || status !== "waiting" || attempts + retries > 0)
    .map(({ id, status, attempts, retries, nextTryAt, agent, startedAt, endedAt }) => {
      return { id, status, attempts, retries, nextTryAt, agent, startedAt, endedAt };
    });
  return { state: { ...state, steps: [] }, marks, inner };
}

function expectSame(log: EventLog, id: RunId, seq: Seq, within?: string): void {
  const whole = foldEvents(log.read({ run: id, since: 0, limit: 100_000 }).filter((event) => event.seq <= seq));
  if (!whole) throw new Error(`there is no run at ${seq}`);
  expect(momentOf(log, { run: id, seq, within })).toEqual(wholeMoment(whole, within));
}

test(`RM1: a run as of any event is what folding all of its events gives (seed ${seed})`, async () => {
  const { log } = openEngine();
  await writeLongRun(log, { run, shape: "loop", events: 9_000 });
  await writeLongRun(log, { run: other, shape: "wide", events: 9_000 });
  const random = randomOf(seed);
  for (let count = 0; count < 12; count += 1) {
    expectSame(log, run, 1 + random.below(18_000), "turns/7/");
    expectSame(log, other, 9_001 + random.below(9_000));
  }
  for (const seq of [4_096, 4_097, 8_192, 9_000]) expectSame(log, run, seq, "");
  expect(() => momentOf(log, { run: other, seq: 9_000 })).toThrow(/had not begun/);
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

test("RM3: a fork's moment has its parent's past; a door asks for it by run and event", async () => {
  const { client } = openTestCore();
  const { summary, events } = await runGoal(client, "paid 5 EUR for bread");
  const { run: forked } = await client.runs.fork({ run: summary.id, at: events[3]?.seq });
  const { summary: end } = await followToEnd(client, forked);
  const moment = await client.runs.at({ run: forked, seq: end.lastSeq });
  const whole = foldEvents(await client.events.list({ run: forked, limit: 5000 }));
  expect(whole && wholeMoment(whole)).toEqual(moment);
  await expect(client.runs.at({ run: RunId.parse("run_0000000000000z") })).rejects.toThrow(/no run/);
});
