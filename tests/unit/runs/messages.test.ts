// Messages and the steps that wait for them: each message is taken once, by the step that has waited longest, and kept
// while nobody waits.
import { join } from "node:path";
import { expect, test } from "vitest";
import { foldEvents, type RunId, type RunState } from "../../../core/contract/index.ts";
import { temporaryFolder } from "../../support/core.ts";
import { openEngine } from "../../support/engine.ts";
import { appendTo } from "../../support/log.ts";

const wait = (id: string, more: object = {}) => ({ id, kind: "wait", message: "go", ...more });
const outputsOf = (state: RunState) => Object.fromEntries(state.steps.map(({ id, status, output }) => [id, output ?? status]));
const waits = ({ status }: RunState) => status === "waiting";
const ended = ({ status }: RunState) => status === "completed" || status === "failed";
const waiting = (count: number) => (state: RunState) =>
  waits(state) && state.steps.filter(({ step, status }) => step.kind === "wait" && status === "running").length === count;

test("M1: a message wakes one step, the one that has waited longest; the next message the next", async () => {
  const { engine, start, when, stateOf } = openEngine();
  const run = await start([wait("late", { needs: ["early"] }), { id: "early", kind: "wait", message: "first" }, wait("b"), wait("c")]);
  await when(run, waiting(3));
  await engine.tell(run, { name: "go", data: 1 });
  await when(run, (state) => waits(state) && outputsOf(state)["b"] === 1);
  expect(outputsOf(stateOf(run))).toEqual({ late: "waiting", early: "running", b: 1, c: "running" });
  // Now `late` begins to wait, after `c`.
  await engine.tell(run, { name: "first", data: 0 });
  await when(run, waiting(2));
  await engine.tell(run, { name: "go", data: 2 });
  await engine.tell(run, { name: "go", data: 3 });
  expect(outputsOf(await when(run, ended))).toEqual({ late: 3, early: 0, b: 1, c: 2 });
});

test("M2: a message that nobody waits for yet is kept, in order, for those who will; the run goes on waiting meanwhile", async () => {
  const { engine, start, when } = openEngine();
  const run = await start([
    { id: "ask", kind: "wait", message: "begin" },
    { id: "turns", kind: "loop", limit: 3, needs: ["ask"], steps: [wait("word")] },
  ]);
  await when(run, waits);
  for (const data of ["a", "b", "c", "d"]) await engine.tell(run, { name: "go", data });
  await when(run, waits);
  await engine.tell(run, { name: "begin", data: null });
  const state = await when(run, ended);
  expect(outputsOf(state)).toMatchObject({ "turns/0/word": "a", "turns/1/word": "b", "turns/2/word": "c", turns: { last: "c" } });
});

test("M3: who takes what is the same after a restart, be the message kept, taken or come in between", async () => {
  const file = join(temporaryFolder(), "botmojo.db");
  const first = openEngine({ file });
  const run = await first.start([wait("a"), wait("b"), wait("c", { needs: ["b"] })]);
  await first.when(run, waiting(2));
  await first.close();
  const message = (data: unknown) => ({ run, actor: "person" as const, type: "message.received" as const, data: { name: "go", data } });
  await appendTo(join(file, ".."), [message(1), message(2), message(3)]);
  const second = openEngine({ file });
  const told = foldEvents(second.log.read({ run, since: 0, limit: 1000 }));
  expect(told?.steps.map(({ id, message: seq }) => [id, told.received.find((one) => one.seq === seq)?.data ?? null])).toEqual([
    ["a", 1],
    ["b", 2],
    ["c", null],
  ]);
  await second.engine.resumeAll("again");
  await second.engine.tell(run, { name: "other", data: null });
  expect(outputsOf(await second.when(run, ended))).toEqual({ a: 1, b: 2, c: 3 });
});

test("M4: what a step gave up waiting for goes to another: after a time limit, a lost race, a body that failed", async () => {
  const { engine, start, when } = openEngine();
  const failing = { id: "bad", kind: "tool", tool: "calculator", input: { expression: "1/" } };
  const run = await start([
    wait("short", { timeoutMs: 20, onError: "continue" }),
    { id: "race", kind: "race", steps: [wait("slow"), { id: "fast", kind: "wait", forMs: 30 }] },
    { id: "body", kind: "plan", onError: "continue", steps: [wait("inner"), failing] },
    wait("end", { needs: ["short", "race", "body"] }),
  ]);
  await when(run, ({ steps }) => steps.find(({ id }) => id === "end")?.status === "running");
  await engine.tell(run, { name: "go", data: "mine" });
  const state = await when(run, ended);
  expect(outputsOf(state)).toMatchObject({ end: "mine", short: "failed", "race/slow": "skipped", body: "failed" });
});

test("M5: in a fork a wait that is done keeps its message, and one that is done anew takes it again", async () => {
  const { engine, log, start, when } = openEngine();
  const sum = (id: string, needs: string[]) => ({ id, kind: "tool", tool: "calculator", needs, input: { expression: "1+1" } });
  const run = await start([wait("a"), sum("s", ["a"]), wait("b", { needs: ["s"] })]);
  for (const data of [1, 2]) await engine.tell(run, { name: "go", data });
  await when(run, ended);
  const fold = async (forked: RunId) => {
    await when(run, ended);
    return (await whole(forked)).steps.map(({ id, output }) => [id, output]);
  };
  const whole = async (forked: RunId): Promise<RunState> => {
    for (;;) {
      const state = foldEvents([...log.read({ run, since: 0, limit: 1000 }), ...log.read({ run: forked, since: 0, limit: 1000 })]);
      if (state && state.id === forked && ended(state)) return state;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const s = (await when(run, ended)).steps.find(({ id }) => id === "s")?.step.id;
  if (!s) throw new Error("no s");
  const forked = await engine.fork({ run, edits: [{ step: s, output: { value: 5 } }], breakpoints: [] });
  expect(await fold(forked)).toEqual([
    ["a", 1],
    ["s", { value: 5 }],
    ["b", 2],
  ]);
});
