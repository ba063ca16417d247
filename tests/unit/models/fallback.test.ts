import { expect, test } from "vitest";
import { Settings } from "../../../core/contract/index.ts";
import { openModel } from "../../../core/models/providers.ts";
import { openTestCore, runGoal } from "../../support/core.ts";
import { finishOf, noticesIn, partsOf, textOf } from "../../support/model-request.ts";
import { anthropicAnswer, openAiAnswer, serveModel, streamTo } from "../../support/model-server.ts";
import { modelWorld } from "../../support/model-world.ts";

const answering = (status: number) =>
  serveModel((response) => void response.writeHead(status, { "Content-Type": "application/json" }).end('{"error":{"message":"no"}}'));

const chain = (baseUrl: string, fallback: unknown) =>
  Settings.parse({ model: { provider: "openai-compatible", name: "first", baseUrl, fallback } }).model;

test("FB1: when the first can't answer the next is asked, the answer says which, at that one's price, and a person is told", async () => {
  const backup = await serveModel((response) => streamTo(response, anthropicAnswer("Sunny.")));
  for (const status of [401, 403, 404, 500]) {
    const broken = await answering(status);
    const second = { provider: "anthropic", name: "second", baseUrl: backup.url, inputPrice: 2, outputPrice: 10 };
    const parts = await partsOf(await openModel(chain(broken.url, [second]), modelWorld()));
    expect(textOf(parts)).toBe("Sunny.");
    expect(finishOf(parts)).toMatchObject({ answeredBy: "anthropic/second", usage: { microUsd: 100 * 2 + 10 * 10 } });
    expect(noticesIn(parts).at(-1)).toContain("anthropic/second is asked instead of openai-compatible/first");
  }
  const nobody = chain("http://127.0.0.1:1/v1", [{ provider: "anthropic", name: "second", baseUrl: backup.url }]);
  expect(finishOf(await partsOf(await openModel(nobody, modelWorld())))).toMatchObject({ answeredBy: "anthropic/second" });
});

test("FB2: a bad request is not another's to mend, and neither is an answer that was begun", async () => {
  const other = await serveModel((response) => streamTo(response, openAiAnswer("Sunny.")));
  const others = [{ provider: "openai-compatible", name: "second", baseUrl: other.url }];
  const bad = await answering(400);
  const refused = await partsOf(await openModel(chain(bad.url, others), modelWorld()));
  expect(refused.at(-1)).toMatchObject({ failure: { code: "model.refused" } });
  const [head = ""] = openAiAnswer("Half").split("\n\n");
  const torn = await serveModel((response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(`${head}\n\n`, () => setTimeout(() => response.destroy(), 20));
  });
  const half = await partsOf(await openModel(chain(torn.url, others), modelWorld()));
  expect(half.at(-1)?.type).toBe("failure");
  expect(other.asked).toHaveLength(0);
});

test("FB3: a cancelled call is not handed on; when all fail, the failure tells of all", async () => {
  const [first, second, third] = [await answering(401), await answering(404), await answering(404)];
  const others = [second, third].map(({ url }, index) => ({ provider: "openai-compatible", name: `n${index}`, baseUrl: url }));
  const all = (await partsOf(await openModel(chain(first.url, others), modelWorld()))).at(-1);
  expect(all).toMatchObject({
    failure: { code: "model.refused", message: expect.stringMatching(/refused the key .*does not know that model.*does not know/) },
  });
  const controller = new AbortController();
  const silent = await serveModel(() => controller.abort());
  const untouched = await serveModel((response) => streamTo(response, openAiAnswer("Sunny.")));
  const model = await openModel(chain(silent.url, [{ provider: "openai-compatible", name: "x", baseUrl: untouched.url }]), modelWorld());
  expect((await partsOf(model, { signal: controller.signal })).at(-1)).toMatchObject({ failure: { code: "cancelled" } });
  expect(untouched.asked).toHaveLength(0);
});

test("FB4: the setting is a list, in short or in full, in the file and on the command line; a mistake is said by name", async () => {
  const core = openTestCore();
  const set = (value: string) => core.client.config.set({ key: "model.fallback", value });
  const short = await set("anthropic/claude-haiku-4-5, openai/gpt-4.1-mini");
  expect(short.value).toMatchObject([
    { provider: "anthropic", name: "claude-haiku-4-5", baseUrl: "" },
    { provider: "openai", name: "gpt-4.1-mini" },
  ]);
  const full = await set("[openai/gpt-5, {provider: openai-compatible, name: llama3.2, baseUrl: 'http://127.0.0.1:11434/v1'}]");
  expect(full.value).toMatchObject([{ name: "gpt-5" }, { name: "llama3.2", baseUrl: "http://127.0.0.1:11434/v1" }]);
  expect((await set(JSON.stringify(full.value))).value).toEqual(full.value);
  await expect(set("[rules/rules]")).rejects.toThrow("model.fallback");
  await expect(set("[unclosed")).rejects.toThrow("is a list");
  expect((await core.client.models.show()).fallback.map(({ id }) => id)).toEqual(["openai/gpt-5", "openai-compatible/llama3.2"]);
  expect((await set("")).value).toEqual([]);
});

test("FB5: in a run the event says who answered, and so do its line in the log and the run's state", async () => {
  const [broken, backup] = [await answering(401), await serveModel((response) => streamTo(response, openAiAnswer("Sunny.")))];
  const fallback = JSON.stringify([{ provider: "openai-compatible", name: "backup", baseUrl: backup.url }]);
  const core = openTestCore({
    flags: { "model.provider": "openai-compatible", "model.name": "first", "model.baseUrl": broken.url, "model.fallback": fallback },
  });
  const { summary, events } = await runGoal(core.client, "How is the weather?");
  expect(summary).toMatchObject({ status: "completed", answer: "Sunny.", model: "openai-compatible/first" });
  const answered = events.flatMap((event) => (event.type === "effect.completed" && event.data.call === "model" ? [event.data] : []));
  expect(answered.length).toBeGreaterThan(0);
  for (const one of answered) expect(one).toMatchObject({ name: "openai-compatible/first", answeredBy: "openai-compatible/backup" });
  const { steps } = await core.client.runs.steps({ run: summary.id, steps: ["triage"] });
  expect(steps[0]?.effects[0]?.state).toMatchObject({ is: "completed", answeredBy: "openai-compatible/backup" });
  const lines: string[] = [];
  for await (const page of await core.client.logs.follow({})) {
    lines.push(...page.map(({ message }) => message));
    if (lines.some((line) => line.startsWith("Completed"))) break;
  }
  expect(lines).toContainEqual(expect.stringContaining("openai-compatible/backup is asked instead of openai-compatible/first"));
  expect(lines).toContainEqual("openai-compatible/backup answered in place of openai-compatible/first");
});
