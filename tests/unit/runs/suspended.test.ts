// Hosts that close in good order, however often: a run that waits sleeps through them.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Plan, type RunId } from "../../../core/contract/index.ts";
import { followToEnd, openTestCore, temporaryFolder } from "../../support/core.ts";

const planOf = (...steps: object[]) => Plan.parse({ version: 1, goal: "wait", steps });
const sum = { id: "sum", kind: "tool", tool: "calculator", input: { expression: "1+1" } };
const ask = { id: "ask", kind: "review", question: "Go on?" };
const hosts = 8;

async function sleepThrough(dataDir: string, run: RunId, status: string): Promise<void> {
  for (let host = 0; host < hosts; host += 1) {
    const core = openTestCore({ dataDir });
    await core.resume();
    await sleep(20);
    expect((await core.client.runs.get({ run })).status).toBe(status);
    await core.close();
  }
}

test.each<[string, object[], string]>([
  ["a person, in the plan", [sum, { ...ask, needs: ["sum"] }], "waiting"],
  ["a person, inside a map's turn", [{ id: "each", kind: "map", over: [1, 2], steps: [ask] }], "waiting"],
  [
    "a person, before a tool's call",
    [{ id: "call", kind: "tool", tool: "http.fetch", input: { url: "https://example.com", method: "POST" } }],
    "waiting",
  ],
  ["a message", [{ id: "word", kind: "wait", message: "go" }], "waiting"],
  ["a time", [{ id: "later", kind: "wait", forMs: 86_400_000 }], "running"],
])("SU1: a run that waits for %s waits on through eight hosts", async (_, steps, status) => {
  const dataDir = temporaryFolder();
  const first = openTestCore({ dataDir });
  const { run } = await first.client.runs.start({ goal: "", door: "core", plan: planOf(...steps) });
  while ((await first.client.runs.get({ run })).status !== status) await sleep(5);
  await sleep(20);
  await first.close();
  await sleepThrough(dataDir, run, status);
});

test("SU2: what it waited for then comes, and it ends as it would have; each close is said, and counts as no try", async () => {
  const dataDir = temporaryFolder();
  const first = openTestCore({ dataDir });
  const { run } = await first.client.runs.start({ goal: "", door: "core", plan: planOf(ask, { ...sum, needs: ["ask"] }) });
  while ((await first.client.runs.get({ run })).status !== "waiting") await sleep(5);
  await first.close();
  await sleepThrough(dataDir, run, "waiting");
  const core = openTestCore({ dataDir });
  await core.resume();
  const [waiting] = await core.client.review.list();
  await core.client.review.decide({ review: waiting?.id ?? "", decision: "approve" });
  const { summary, events } = await followToEnd(core.client, run);
  expect(summary.status).toBe("completed");
  expect(events.filter(({ type }) => type === "run.suspended")).toHaveLength(hosts + 1);
  const attempts = events.flatMap((event) => (event.type === "step.started" ? [event.data.attempt] : []));
  expect(new Set(attempts)).toEqual(new Set([1]));
  expect(core.invariants().filter(({ breach }) => breach)).toEqual([]);
});
