import { expect, test } from "vitest";
import { addUsage, Settings } from "../../../core/contract/index.ts";
import { costOf, pricesOf } from "../../../core/models/prices.ts";
import { modelState } from "../../../core/models/providers.ts";
import { askOnce, finishOf } from "../../support/model-request.ts";
import { anthropicAnswer, openAiAnswer, serveModel, streamTo } from "../../support/model-server.ts";

const none = { inputPrice: 0, cachedPrice: 0, cacheWritePrice: 0, outputPrice: 0 };
const openai = (name: string) => ({ host: "api.openai.com", name, local: false });

test("PR1: a model of the table has its price, whichever edition is named; one that is not in it has none, and one on this machine costs nothing", () => {
  expect(pricesOf(none, openai("gpt-4.1-mini"))).toEqual({ input: 0.4, cacheRead: 0.1, cacheWrite: 0.4, output: 1.6 });
  expect(pricesOf(none, openai("gpt-4.1-mini-2025-04-14"))).toEqual(pricesOf(none, openai("gpt-4.1-mini")));
  const haiku = { host: "api.anthropic.com", name: "claude-haiku-4-5-20251001", local: false };
  expect(pricesOf(none, haiku)).toEqual({ input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 5 });
  expect(pricesOf(none, openai("gpt-4.1-mini-of-tomorrow"))).toBeUndefined();
  expect(pricesOf(none, { ...openai("gpt-4.1-mini"), host: "elsewhere.example" })).toBeUndefined();
  expect(pricesOf(none, { host: "127.0.0.1", name: "llama3.2", local: true })).toEqual({
    input: 0,
    cacheRead: 0,
    cacheWrite: 0,
    output: 0,
  });
});

test("PR2: what a person sets goes before the table; reads and writes of the provider's cache are priced apart", () => {
  const set = { ...none, inputPrice: 4, outputPrice: 8 };
  expect(pricesOf(set, openai("gpt-4.1-mini"))).toEqual({ input: 4, cacheRead: 4, cacheWrite: 4, output: 8 });
  const all = pricesOf({ ...set, cachedPrice: 1, cacheWritePrice: 5 }, openai("gpt-4.1-mini"));
  expect(all).toEqual({ input: 4, cacheRead: 1, cacheWrite: 5, output: 8 });
  const usage = { inputTokens: 1000, cachedTokens: 300, cacheWriteTokens: 200, outputTokens: 100 };
  expect(all && costOf(usage, all)).toBe(500 * 4 + 300 * 1 + 200 * 5 + 100 * 8);
});

test("PR3: an answer carries its cost: with cache reads and writes of both kinds of provider, and 0 only where it is free", async () => {
  const priced = { inputPrice: 10, cachedPrice: 1, cacheWritePrice: 20, outputPrice: 100 };
  const a = await serveModel((response) =>
    streamTo(
      response,
      anthropicAnswer("x", { input_tokens: 50, cache_read_input_tokens: 30, cache_creation_input_tokens: 20, output_tokens: 1 }),
    ),
  );
  const anthropic = Settings.parse({ model: { provider: "anthropic", name: "m", baseUrl: a.url, ...priced } }).model;
  expect(finishOf(await askOnce(anthropic))).toMatchObject({
    usage: { inputTokens: 100, cachedTokens: 30, cacheWriteTokens: 20, outputTokens: 10, microUsd: 50 * 10 + 30 + 20 * 20 + 10 * 100 },
  });
  const o = await serveModel((response) =>
    streamTo(
      response,
      openAiAnswer("x", { prompt_tokens: 100, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 40 } } as never),
    ),
  );
  const compatible = (more: object) =>
    Settings.parse({ model: { provider: "openai-compatible", name: "m", baseUrl: o.url, ...more } }).model;
  expect(finishOf(await askOnce(compatible(priced)))).toMatchObject({ usage: { microUsd: 60 * 10 + 40 + 10 * 100 } });
  expect(finishOf(await askOnce(compatible({})))).toMatchObject({ usage: { microUsd: 0 } });
});

test("PR4: an unknown price is said to be unknown, and stays so in a sum", () => {
  const of = (model: object) => modelState(Settings.parse({ model }).model).price;
  expect(of({ provider: "openai", name: "gpt-of-tomorrow" })).toBeNull();
  expect(of({ provider: "openai", name: "gpt-4.1" })).toEqual({ input: 2, output: 8 });
  expect(of({ provider: "openai-compatible", name: "x", baseUrl: "http://127.0.0.1:1/v1" })).toEqual({ input: 0, output: 0 });
  const priced = { inputTokens: 1, outputTokens: 1, cachedTokens: 0, microUsd: 5 };
  const unpriced = { inputTokens: 3, outputTokens: 4, cachedTokens: 0, unpricedTokens: 7 };
  expect(addUsage(addUsage(priced, unpriced), priced)).toEqual({
    inputTokens: 5,
    outputTokens: 6,
    cachedTokens: 0,
    microUsd: 10,
    unpricedTokens: 7,
  });
  expect(addUsage(unpriced, unpriced)).not.toHaveProperty("microUsd");
});
