import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LLMock } from "@copilotkit/aimock";
import { expect, onTestFinished, test } from "vitest";
import { Settings } from "../../../core/contract/index.ts";
import type { ModelPart, ModelRequest } from "../../../core/models/model.ts";
import { modelState, openModel } from "../../../core/models/providers.ts";
import { findModels } from "../../../core/models/find.ts";
import { openTestCore, runGoal } from "../../support/core.ts";
import { playCassette, serveModel } from "../../support/model-server.ts";
import { modelWorld } from "../../support/model-world.ts";

const brief = { goal: "What is the weather?", part: "What is the weather?", results: [] };
const place = { now: Date.parse("2026-11-24T10:00:00Z"), timeZone: "Europe/Tallinn", locale: "en-GB" };
const weather = {
  name: "get_weather",
  description: "Weather",
  inputSchema: { type: "object", properties: { location: { type: "string" } } },
};
const time = { name: "get_time", description: "Time", inputSchema: { type: "object", properties: { timezone: { type: "string" } } } };
const request: ModelRequest = {
  agent: "generalist",
  instructions: "Help.",
  brief,
  thread: [],
  turns: [],
  tools: [weather, time],
  ...place,
};

function settings(provider: "openai-compatible" | "anthropic", baseUrl: string, timeoutSeconds = 10) {
  return Settings.parse({ model: { provider, name: "test-model", baseUrl, timeoutSeconds } }).model;
}

async function ask(model: Parameters<typeof openModel>[0], asked = request, signal = new AbortController().signal): Promise<ModelPart[]> {
  const opened = await openModel(model, modelWorld());
  const parts: ModelPart[] = [];
  for await (const part of opened.stream(asked, signal)) parts.push(part);
  return parts;
}

const textOf = (parts: readonly ModelPart[]) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
const callsOf = (parts: readonly ModelPart[]) => parts.flatMap((part) => (part.type === "call" ? [[part.call.name, part.call.input]] : []));

test("O1: OpenAI's recorded stream comes as pieces of text and one finish with its tokens", async () => {
  const server = await playCassette("openai-streaming");
  const parts = await ask(settings("openai-compatible", server.url));
  expect(textOf(parts)).toMatch(/^Why couldn.t the bicycle stand up by itself\? It was two tired\.$/);
  expect(parts.filter(({ type }) => type === "text").length).toBeGreaterThan(5);
  expect(parts.at(-1)).toEqual({ type: "finish", usage: expect.objectContaining({ inputTokens: expect.any(Number) }) });
  expect(server.asked[0]?.body).toMatchObject({ model: "test-model", stream: true });
});

test("O2: OpenAI's recorded tool call, and the answer after its result", async () => {
  const server = await playCassette("openai-agent-loop");
  const first = await ask(settings("openai-compatible", server.url));
  expect(callsOf(first)).toEqual([["get_weather", { location: "London" }]]);
  const [call] = first.flatMap((part) => (part.type === "call" ? [part.call] : []));
  if (!call) throw new Error("no call");
  const turns = [{ text: "", calls: [{ ...call, outcome: { ok: true as const, output: "sunny" } }] }];
  const second = await ask(settings("openai-compatible", server.url), { ...request, turns });
  expect(textOf(second)).toContain("sunny");
  expect(JSON.stringify(server.asked[1]?.body)).toContain(call.id);
});

test("O3: Anthropic's recorded streams: text, and two tool calls at once", async () => {
  const text = await playCassette("anthropic-streaming");
  expect(textOf(await ask(settings("anthropic", text.url))).length).toBeGreaterThan(5);
  const tools = await playCassette("anthropic-tools-streaming");
  const calls = callsOf(await ask(settings("anthropic", tools.url)));
  expect(calls.map(([name]) => name)).toEqual(["get_weather", "get_time"]);
});

test("O4: a third party's mock server: text, a tool call, and a whole run through every agent", async () => {
  const mock = new LLMock({ port: 0 });
  mock.onMessage(/Your part of it|The person said/, { content: "It is sunny." });
  await mock.start();
  onTestFinished(async () => {
    await mock.stop();
  });
  expect(textOf(await ask(settings("openai-compatible", `${mock.url}/v1`)))).toBe("It is sunny.");
  const core = openTestCore({ flags: { "model.provider": "openai-compatible", "model.name": "mock", "model.baseUrl": `${mock.url}/v1` } });
  const { summary, events } = await runGoal(core.client, "How is the weather?");
  expect(summary).toMatchObject({ status: "completed", answer: "It is sunny.", model: "openai-compatible/mock" });
  expect(events.some((event) => event.type === "plan.revised" && /generalist takes it whole/.test(event.data.reason))).toBe(true);
});

test("O5: a language model's triage and tool calls do the same job", async () => {
  const chunk = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const call = {
    index: 0,
    id: "call_1",
    type: "function",
    function: {
      name: "expenses_add",
      arguments: JSON.stringify({ amount: "5", currency: "EUR", date: "2026-11-24", words: "paid 5 EUR" }),
    },
  };
  const turns = [
    chunk({ role: "assistant", content: 'Here: {"parts":[{"agent":"finance","part":"paid 5 EUR","words":[]}]}' }) + chunk({}, "stop"),
    chunk({ role: "assistant", tool_calls: [call] }) + chunk({}, "tool_calls"),
    chunk({ role: "assistant", content: "Recorded." }) + chunk({}, "stop"),
  ];
  const server = await serveModel((response, turn) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.end(`${turns[turn - 1] ?? ""}data: [DONE]\n\n`);
  });
  const core = openTestCore({ flags: { "model.provider": "openai-compatible", "model.name": "m", "model.baseUrl": server.url } });
  const { summary } = await runGoal(core.client, "paid 5 EUR");
  expect(summary).toMatchObject({ status: "completed", answer: "Recorded." });
  expect((await core.client.memory.list({}))[0]?.body).toMatchObject({ kind: "expense", minor: 500, currency: "EUR" });
});

test("O6: an endpoint that is down, refuses, speaks nonsense or falls silent fails by name, with what to do", async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const dead = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/v1`;
  await new Promise((resolve) => closed.close(resolve));
  const answering = (status: number, type: string, body: string) =>
    serveModel((response) => {
      response.writeHead(status, { "Content-Type": type });
      response.end(body);
    });
  const failureOf = async (url: string, seconds = 10) => {
    const last = (await ask(settings("openai-compatible", url, seconds))).at(-1);
    return last?.type === "failure" ? last.failure : undefined;
  };
  expect(await failureOf(dead)).toMatchObject({
    code: "model.unreachable",
    message: expect.stringContaining("Nothing answers"),
    remedy: expect.any(String),
  });
  expect(await failureOf((await answering(401, "application/json", "{}")).url)).toMatchObject({ code: "model.refused" });
  expect(await failureOf((await answering(404, "application/json", "{}")).url)).toMatchObject({ code: "model.refused" });
  expect(await failureOf((await answering(500, "text/plain", "no")).url)).toMatchObject({ code: "model.unreachable" });
  expect(await failureOf((await answering(200, "text/html", "<h1>hello</h1>")).url)).toMatchObject({ code: "model.nonsense" });
  expect(await failureOf((await answering(200, "text/event-stream", 'data: {"id":\n\n')).url)).toMatchObject({ code: "model.nonsense" });
  const silent = await serveModel(
    (response) => void response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": waiting\n\n"),
  );
  expect(await failureOf(silent.url, 1)).toMatchObject({ code: "model.unreachable", message: expect.stringContaining("silent for 1 s") });
});

test("O7: cancelling reaches the connection", async () => {
  let closed = false;
  const server = await serveModel((response) => {
    response.on("close", () => (closed = true));
    response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": waiting\n\n");
  });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 200);
  expect((await ask(settings("openai-compatible", server.url), request, controller.signal)).at(-1)).toMatchObject({
    failure: { code: "cancelled" },
  });
  await expect.poll(() => closed).toBe(true);
});

test("O8: models are found in the environment and on loopback, and a key is never shown", async () => {
  const server = await serveModel((response) =>
    response.writeHead(200, { "Content-Type": "application/json" }).end('{"data":[{"id":"llama3.2"}]}'),
  );
  const found = await findModels({
    OLLAMA_HOST: server.url.replace("/v1", ""),
    OPENAI_API_KEY: "sk-secret-canary",
    ANTHROPIC_API_KEY: "canary-two",
  });
  expect(found.map(({ id }) => id)).toEqual(
    expect.arrayContaining(["openai-compatible/llama3.2", "openai/gpt-4.1-mini", "anthropic/claude-haiku-4-5"]),
  );
  expect(JSON.stringify(found)).not.toMatch(/canary/);
});

test("O9: a missing name, address or key is said before anything is sent", async () => {
  const open = (model: object, env = {}) => openModel(Settings.parse({ model }).model, modelWorld({ env }));
  await expect(open({ provider: "openai" })).rejects.toThrow("No model is named");
  await expect(open({ provider: "openai", name: "gpt-4.1-mini" })).rejects.toThrow("OPENAI_API_KEY is not set");
  await expect(open({ provider: "openai-compatible", name: "x" })).rejects.toThrow("address is not set");
  expect(modelState(Settings.parse({ model: { provider: "openai", name: "x" } }).model).leavesMachine).toBe(true);
  expect(modelState(Settings.parse({ model: { provider: "openai", name: "x", baseUrl: "http://localhost:1" } }).model).leavesMachine).toBe(
    false,
  );
});
