// What reads the world is asked for and answered in the log, and a replay is answered from there.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { foldEvents, Plan } from "../../../core/contract/index.ts";
import type { CoreClient } from "../../../core/index.ts";
import { followToEnd, openTestCore, temporaryFolder } from "../../support/core.ts";

const step = (id: string, tool: string, input: object, needs: string[] = []) => ({ id, kind: "tool", tool, input, needs });
const steps = [
  step("sum", "calculator", { expression: "1+1" }),
  step("note", "notes.add", { text: "boats", words: "boats" }),
  step("known", "memory.recall", { query: "boats" }, ["note"]),
  step("file", "files.read", { path: "a.txt" }),
  step("agenda", "calendar.list", { from: "2000-01-01", to: "2099-12-31" }),
];

async function ran(client: CoreClient) {
  const plan = Plan.parse({ version: 1, goal: "look", steps });
  const { run } = await client.runs.start({ goal: "look", door: "core", plan });
  return followToEnd(client, run);
}

test("E1: of the tools that come with it only the calculator depends on its arguments alone", async () => {
  const tools = await openTestCore().client.tools.list();
  expect(tools.flatMap(({ name, effect }) => (effect === "pure" ? [name] : []))).toEqual(["calculator"]);
});

test("E1: a step that reads is journaled; one that only reckons stays at one event", async () => {
  const { client } = openTestCore({ workspace: temporaryFolder({ "a.txt": "then" }) });
  const { events, summary } = await ran(client);
  expect(summary.status).toBe("completed");
  const of = (id: string) => events.filter((event) => event.step === id).map(({ type }) => type);
  expect(of("sum")).toEqual(["step.completed"]);
  for (const id of ["known", "file", "agenda"]) {
    expect(of(id)).toEqual(["step.started", "effect.requested", "effect.completed", "step.completed"]);
  }
});

test("E2: what the step before kept is there to be read", async () => {
  const { client } = openTestCore({ workspace: temporaryFolder({ "a.txt": "then" }) });
  for (let count = 1; count <= 5; count += 1) {
    const known = foldEvents((await ran(client)).events)?.steps.find(({ id }) => id === "known");
    expect(known?.output).toMatchObject({ items: Array.from({ length: count }, () => ({ text: "boats" })) });
  }
});

test("E3: a replay of steps that read is answered from the record, whatever the world is now", async () => {
  const workspace = temporaryFolder({ "a.txt": "then" });
  const { client } = openTestCore({ workspace });
  const { summary, events } = await ran(client);
  const outputs = (all: typeof events) => foldEvents(all)?.steps.map(({ id, output }) => [id, output]);
  for (const change of [() => writeFileSync(join(workspace, "a.txt"), "now"), () => rmSync(join(workspace, "a.txt"))]) {
    change();
    await client.runs.start({ goal: "note: more boats", door: "core" }).then(({ run }) => followToEnd(client, run));
    const { run } = await client.runs.replay({ run: summary.id, options: {} });
    const again = await followToEnd(client, run);
    expect(outputs(again.events)).toEqual(outputs(events));
    expect(foldEvents(again.events)?.replay).toMatchObject({ divergent: 0, unmatched: 0, live: 0, firstDivergence: null });
  }
});
