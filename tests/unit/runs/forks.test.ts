// Forks that edit a step inside a body: what came of it is done anew, in the body and beyond, and nothing else.
import { expect, test } from "vitest";
import { Plan, RunFold, type RunId, type RunState, type StepId } from "../../../core/contract/index.ts";
import type { CoreClient } from "../../../core/index.ts";
import { followToEnd, openTestCore } from "../../support/core.ts";
import { sum } from "../../support/steps.ts";

const value = (from: string) => ({ $from: from, path: "/value" });

async function run(client: CoreClient, steps: readonly object[]): Promise<RunId> {
  const plan = Plan.parse({ version: 1, goal: "test", steps });
  const { run: id } = await client.runs.start({ goal: "test", door: "core", plan });
  await followToEnd(client, id);
  return id;
}

async function stateOf(client: CoreClient, id: RunId): Promise<RunState> {
  const fold = new RunFold();
  for (const event of await client.events.list({ run: id, limit: 5000 })) fold.apply(event);
  if (!fold.state) throw new Error("no state");
  return fold.state;
}

async function forked(client: CoreClient, of: RunId, step: string, output: unknown, at?: number) {
  const { run: id } = await client.runs.fork({ run: of, edits: [{ step, output }], ...(at === undefined ? {} : { at }) });
  const { events } = await followToEnd(client, id);
  const state = await stateOf(client, id);
  const own = events.filter((event) => event.run === id);
  return {
    status: state.status,
    output: (name: string) => state.steps.find((one) => one.id === name)?.output,
    source: (name: string) => state.steps.find((one) => one.id === name)?.source,
    /** What was done in the fork itself. */
    done: own.flatMap((event) => (event.type === "step.completed" ? [event.step] : [])),
  };
}

test("K1: one element of a map is edited: its turn, the map's result and what needs that are done anew, no other turn", async () => {
  const { client } = openTestCore();
  const each = {
    id: "each",
    kind: "map",
    over: ["1", "2", "3"],
    steps: [sum("sum", { $from: "item" }), sum("more", "10*2", { needs: ["sum"] })],
  };
  const swapped = { ...each, steps: [sum("more", "10*2"), sum("sum", { $from: "item" }, { needs: ["more"] })] };
  const original = await run(client, [sum("before", "1+1"), swapped, sum("after", "7", { needs: ["each"] })]);
  const fork = await forked(client, original, "each/1/sum", { value: 99 });
  expect(fork.output("each")).toEqual([{ value: 1 }, { value: 99 }, { value: 3 }].map((one) => expect.objectContaining(one)));
  expect(fork.source("each/1/sum")).toBe("edited");
  expect(fork.done).toEqual(["each", "after"]);
  const deeper = await forked(client, original, "each/2/more", { value: 5 });
  expect(deeper.done).toEqual(["each/2/sum", "each", "after"]);
});

test("K2: a turn of a loop is edited: the turns after it are done anew, those before stand", async () => {
  const { client } = openTestCore();
  const loop = {
    id: "again",
    kind: "loop",
    limit: 4,
    until: "last.value > 50",
    steps: [sum("one", "1+1"), sum("two", value("one"), { needs: ["one"] })],
  };
  const original = await run(
    client,
    [loop].map((step) => ({ ...step, steps: [sum("one", "1+1"), sum("two", "2+2", { needs: ["one"] })] })),
  );
  expect((await forked(client, original, "again/1/one", { value: 3 })).done).toEqual([
    "again/1/two",
    "again/2/one",
    "again/2/two",
    "again/3/one",
    "again/3/two",
    "again",
  ]);
  const early = await forked(client, original, "again/1/two", { value: 60 });
  expect(early.output("again")).toEqual({ turns: 2, met: true, last: { value: 60 } });
  expect(early.done).toEqual(["again"]);
});

test("K3: bodies inside bodies, a nested plan, the winner of a race; and a fork while the body was under way", async () => {
  const { client } = openTestCore();
  const inner = { id: "inner", kind: "plan", steps: [sum("deep", "1+1"), sum("deeper", "2+2", { needs: ["deep"] })] };
  const original = await run(client, [
    { id: "each", kind: "map", over: [1, 2], concurrency: 1, steps: [inner, sum("after", "3", { needs: ["inner"] })] },
    { id: "first", kind: "race", steps: [{ id: "slow", kind: "wait", forMs: 60_000 }, sum("fast", "5")] },
  ]);
  const fork = await forked(client, original, "each/0/inner/deep", { value: 7 });
  expect(fork.done).toEqual(["each/0/inner/deeper", "each/0/inner", "each/0/after", "each"]);
  expect((await forked(client, original, "first/fast", { value: 8 })).output("first")).toEqual({ winner: "fast", output: { value: 8 } });
  const seq = (await client.events.list({ run: original, limit: 5000 })).find(
    (event) => event.type === "step.completed" && event.step === "each/0/inner",
  )?.seq;
  const early = await forked(client, original, "each/0/inner/deep", { value: 7 }, seq ?? 0);
  expect(early.done.slice(0, 3)).toEqual(expect.arrayContaining(["each/0/inner/deeper"]));
  expect(early.status).toBe("completed");
  expect(early.done).not.toContain("each/0/inner/deep");
});

test("K4: what can't be edited is refused with what to do", async () => {
  const { client } = openTestCore();
  const original = await run(client, [
    { id: "first", kind: "race", steps: [{ id: "slow", kind: "wait", forMs: 60_000 }, sum("fast", "5")] },
    { id: "each", kind: "map", over: [1, 2], steps: [sum("sum", "1+1")] },
  ]);
  const refused = (...steps: string[]) =>
    client.runs.fork({ run: original, edits: steps.map((step) => ({ step: step as StepId, output: 1 })) }).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
  expect(await refused("first/slow")).toMatch(
    /^first\/slow did not win the race first at event \d+, so its result would not be looked at\.$/,
  );
  expect(await refused("each/7/sum")).toMatch(/^run_\w+ has no step each\/7\/sum at event \d+\.$/);
  expect(await refused("each", "each/0/sum")).toBe("each/0/sum lies inside each, whose result is given too.");
});
