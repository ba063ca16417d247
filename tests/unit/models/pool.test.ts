import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { Settings } from "../../../core/contract/index.ts";
import { createModelPool } from "../../../core/models/pool.ts";
import { openModel } from "../../../core/models/providers.ts";
import { waitFor } from "../../../core/models/rate.ts";
import { handClock } from "../../support/hasty-clock.ts";
import { noticesIn, partsOf, textOf } from "../../support/model-request.ts";
import { anthropicAnswer, openAiAnswer, serveModel, streamTo } from "../../support/model-server.ts";
import { modelWorld } from "../../support/model-world.ts";

const free = { concurrency: 0, requestsPerMinute: 0, tokensPerMinute: 0 };
const never = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A model server that answers only when told to. */
async function heldServer() {
  const held: ServerResponse[] = [];
  const server = await serveModel((response) => held.push(response));
  return { ...server, held, answer: (index: number) => streamTo(held[index] as ServerResponse, openAiAnswer(`answer ${index}`)) };
}

test("P1: a provider is sent so many calls at once, of all models that answer there; the rest wait their turn and say so", async () => {
  const server = await heldServer();
  const world = modelWorld({ clock: handClock() });
  const open = (name: string) =>
    openModel(Settings.parse({ model: { provider: "openai-compatible", name, baseUrl: server.url, concurrency: 2 } }).model, world);
  const [a, b] = await Promise.all([open("a"), open("b")]);
  const answers = [partsOf(a), partsOf(b), partsOf(a, { caller: "other" })];
  await expect.poll(() => server.held.length).toBe(2);
  expect(world.pool.state()).toMatchObject([{ inFlight: 2, queued: 1, concurrency: 2 }]);
  server.answer(0);
  await expect.poll(() => server.held.length).toBe(3);
  server.answer(1);
  server.answer(2);
  const ended = await Promise.all(answers);
  expect(ended.map(textOf).toSorted()).toEqual(["answer 0", "answer 1", "answer 2"]);
  expect(ended.flatMap(noticesIn)).toEqual([expect.stringContaining("has 2 calls under way, the most it is sent at once")]);
  expect(world.pool.state()).toMatchObject([{ inFlight: 0, queued: 0 }]);
});

test("P2: runs take turns: one that asks ten things does not keep another waiting for all of them", async () => {
  const gate = createModelPool(handClock()).gate("there", { ...free, concurrency: 1 });
  const order: string[] = [];
  const ends: ((tokens: number) => void)[] = [];
  const call = async (caller: string) => {
    const end = await gate.enter({ caller, tokens: 1 }, never);
    order.push(caller);
    ends.push(end);
  };
  const all = [...Array.from({ length: 4 }, () => call("many")), call("one"), call("two")];
  for (let ended = 0; ended < 6; ended += 1) {
    await turn();
    ends[ended]?.(1);
  }
  await Promise.all(all);
  expect(order).toEqual(["many", "many", "one", "two", "many", "many"]);
});

test("P3: calls in a minute are no more than the limit, and the next goes as soon as one is a minute old", async () => {
  const clock = handClock();
  const gate = createModelPool(clock).gate("there", { ...free, requestsPerMinute: 2 });
  let entered = 0;
  const call = () => void gate.enter({ caller: "run", tokens: 1 }, never).then(() => (entered += 1));
  call();
  clock.pass(10_000);
  call();
  call();
  call();
  await turn();
  expect(entered).toBe(2);
  clock.pass(49_999);
  await turn();
  expect(entered).toBe(2);
  clock.pass(1);
  await turn();
  expect(entered).toBe(3);
  clock.pass(10_000);
  await turn();
  expect(entered).toBe(4);
});

test("P4: tokens in a minute: expected ones until the call has ended, then those it used; one larger than the limit goes alone", () => {
  const limits = { ...free, tokensPerMinute: 1000 };
  const made = (...calls: [at: number, tokens: number][]) => calls.map(([at, tokens]) => ({ at, tokens }));
  expect(waitFor(made([0, 600], [1000, 300]), limits, 100, 2000)).toBe(0);
  expect(waitFor(made([0, 600], [1000, 300]), limits, 101, 2000)).toBe(58_000);
  expect(waitFor(made([0, 600], [1000, 300]), limits, 800, 2000)).toBe(59_000);
  expect(waitFor([], limits, 5000, 2000)).toBe(0);
  expect(waitFor(made([0, 10]), limits, 5000, 2000)).toBe(58_000);
  expect(waitFor(made([0, 600]), limits, 5000, 60_000)).toBe(0);
});

test("P5: a call that is cancelled while it waits leaves the queue, and those behind it go on", async () => {
  const gate = createModelPool(handClock());
  const there = gate.gate("there", { ...free, concurrency: 1 });
  const end = await there.enter({ caller: "a", tokens: 1 }, never);
  const controller = new AbortController();
  const cancelled = there.enter({ caller: "b", tokens: 1 }, controller.signal);
  const behind = there.enter({ caller: "b", tokens: 1 }, never);
  controller.abort(new Error("enough"));
  await expect(cancelled).rejects.toThrow("enough");
  expect(gate.state()).toMatchObject([{ inFlight: 1, queued: 1 }]);
  end(1);
  await expect(behind).resolves.toBeTypeOf("function");
});

test("P6: a provider that asks to be left alone is, by all; limits that a person raises hold at once", async () => {
  const clock = handClock();
  const pool = createModelPool(clock);
  const gate = pool.gate("there", { ...free, concurrency: 1 });
  gate.hold(5000);
  let entered = 0;
  const call = () => void gate.enter({ caller: "a", tokens: 1 }, never).then(() => (entered += 1));
  call();
  call();
  expect(gate.waitsFor(1)).toContain("left alone for 5.0 s");
  clock.pass(5000);
  await turn();
  expect(entered).toBe(1);
  pool.gate("there", { ...free, concurrency: 2 });
  await turn();
  expect(entered).toBe(2);
});

test("P7: calls one after the other go over the same connections, also where the last bytes come after the answer's end", async () => {
  const bodies = { "openai-compatible": openAiAnswer("Sunny."), anthropic: anthropicAnswer("Sunny.") };
  for (const provider of ["openai-compatible", "anthropic"] as const) {
    const server = await serveModel((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" }).write(bodies[provider]);
      setTimeout(() => response.end(), 20);
    });
    const model = await openModel(Settings.parse({ model: { provider, name: "m", baseUrl: server.url } }).model, modelWorld());
    for (let asked = 0; asked < 10; asked += 1) expect(textOf(await partsOf(model))).toBe("Sunny.");
    expect(server.asked).toHaveLength(10);
    // Node's fetch opens a second one when the first has not come to rest yet.
    expect(server.connections()).toBeLessThanOrEqual(2);
  }
});
