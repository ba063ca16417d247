import { expect, test } from "vitest";
import type { Core } from "../../../core/index.ts";
import { noUsage, type Event } from "../../../core/contract/index.ts";
import { answerTo } from "../../../core/models/answers.ts";
import type { Model } from "../../../core/models/model.ts";
import { openTestCore, temporaryFolder } from "../../support/core.ts";
import { openEngine } from "../../support/engine.ts";
import { exported, imported } from "../../support/recordings.ts";
import { openAiAnswer, serveModel, streamTo } from "../../support/model-server.ts";

const sources = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === "effect.completed" && event.data.call === "model" ? [event.data.source ?? "live"] : []));

async function cachingCore(more: Record<string, string> = {}) {
  const server = await serveModel((response, turn) => streamTo(response, openAiAnswer(`answer ${turn}`)));
  const [dataDir, workspace] = [temporaryFolder(), temporaryFolder()];
  const flags = { "model.provider": "openai-compatible", "model.name": "m", "model.baseUrl": server.url, "model.cache": "on", ...more };
  const open = (changed: Record<string, string> = {}) => openTestCore({ dataDir, workspace, flags: { ...flags, ...changed } });
  return { server, open };
}

/** In a conversation of its own, so that it hears the same. */
async function ask(core: Core, thread: string, goal = "How is the weather?") {
  const { run } = await core.client.runs.start({ goal, door: "core", thread });
  const events: Event[] = [];
  for await (const followed of await core.client.events.follow({ run, untilEnd: true })) {
    if (followed.is === "event") events.push(followed.event);
  }
  return { run, events, summary: await core.client.runs.get({ run }) };
}

test("CA1: off by default; on, the same request is answered from disk, costs nothing, and says so", async () => {
  const { server, open } = await cachingCore();
  const core = open();
  const first = await ask(core, "a");
  const asked = server.asked.length;
  const again = await ask(core, "b");
  expect(server.asked).toHaveLength(asked);
  expect(again.summary.answer).toBe(first.summary.answer);
  expect(sources(first.events).every((source) => source === "live")).toBe(true);
  expect(sources(again.events).every((source) => source === "cached")).toBe(true);
  const usages = again.events.flatMap((event) => (event.type === "effect.completed" && event.data.usage ? [event.data.usage] : []));
  expect(usages.every((usage) => usage.inputTokens === 0 && usage.microUsd === 0)).toBe(true);
  await core.close();
  const off = open({ "model.cache": "off" });
  await ask(off, "c");
  expect(server.asked.length).toBe(asked * 2);
});

test("CA2: another goal or another model is another request; the model is told the day, not the time of day", async () => {
  const { server, open } = await cachingCore();
  const core = open();
  await ask(core, "a");
  const asked = server.asked.length;
  await ask(core, "b", "How is the weather tomorrow?");
  expect(server.asked.length).toBeGreaterThan(asked);
  const before = server.asked.length;
  await core.close();
  await ask(open({ "model.name": "other" }), "c");
  expect(server.asked.length).toBe(before + asked);
  const words = JSON.stringify(server.asked[0]?.body);
  expect(words).toMatch(/It is \w+day,? \d+ \w+ \d{4} in Europe/);
  expect(words).not.toMatch(/\d\d:\d\d in Europe/);
});

test("CA3: it outlives the host and a rebuild, and is what the log makes of it", async () => {
  const { server, open } = await cachingCore();
  const core = open();
  await ask(core, "a");
  await core.close();
  const next = open();
  next.rebuild();
  const asked = server.asked.length;
  expect(sources((await ask(next, "b")).events)).not.toContain("live");
  expect(server.asked).toHaveLength(asked);
});

test("CA4: what a removed run was answered does not come back, also after a rebuild", async () => {
  const { server, open } = await cachingCore();
  const core = open();
  const { run } = await ask(core, "a");
  const asked = server.asked.length;
  // Was answered with the first run's words, which are not to be handed on from here either.
  await ask(core, "b");
  await core.client.runs.remove({ run });
  expect(sources((await ask(core, "c")).events)).not.toContain("cached");
  expect(server.asked).toHaveLength(asked * 2);
});

test("CA5: what a recording from elsewhere says that a model answered is never given as an answer", async () => {
  const there = await cachingCore();
  const other = there.open();
  const text = await exported(other.client, (await ask(other, "a")).run);
  const here = openTestCore({
    workspace: temporaryFolder(),
    flags: { "model.provider": "openai-compatible", "model.name": "m", "model.baseUrl": there.server.url, "model.cache": "on" },
  });
  await imported(here.client, text);
  expect(sources((await ask(here, "a")).events)).not.toContain("cached");
});

test("CA6: of several answers the newest counts; when its run is removed, the one before, and the table is what the log makes of it", async () => {
  let turn = 0;
  const model: Model = {
    id: "scripted",
    kind: "language",
    async *stream() {
      turn += 1;
      yield { type: "text", text: `answer ${turn}` };
      yield { type: "finish", usage: noUsage, request: "the same" };
    },
  };
  const worker = { name: "worker", description: "", instructions: "", tools: [], capabilities: [] };
  const { log, start, when } = openEngine({ agents: [worker], model });
  const step = { id: "a", kind: "agent", agent: "worker", input: { part: "x" } };
  const runs = [await start([step]), await start([step])];
  for (const run of runs) await when(run, ({ status }) => status === "completed");
  expect(answerTo(log, "the same")?.text).toBe("answer 2");
  await log.append([{ run: runs[1] ?? null, type: "run.removed", actor: "person", data: { events: 1 } }]);
  expect(answerTo(log, "the same")?.text).toBe("answer 1");
  expect(log.staleTable()).toBeUndefined();
});
