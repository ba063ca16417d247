// From settings to a model: the built-in rules, or a provider's language model, loaded when first asked.
import { fail } from "../contract/failure.ts";
import type { FallbackModel, Settings } from "../contract/settings.ts";
import type { ModelState } from "../contract/views.ts";
import type { Chance } from "../system/chance.ts";
import type { Clock } from "../system/clock.ts";
import { remembering } from "./answers.ts";
import { fallback } from "./fallback.ts";
import { isLoopback } from "./loopback.ts";
import { languageModel } from "./language-model.ts";
import type { Model, ModelRequest } from "./model.ts";
import { pooled, type ModelPool } from "./pool.ts";
import { pricesOf } from "./prices.ts";
import { retrying } from "./retrying.ts";

type ModelSettings = Settings["model"];

const endpoints = {
  openai: { url: "https://api.openai.com/v1", keyEnv: "OPENAI_API_KEY" },
  anthropic: { url: "https://api.anthropic.com/v1", keyEnv: "ANTHROPIC_API_KEY" },
  "openai-compatible": { url: "", keyEnv: "" },
} as const;

/** What the settings name, without asking anybody whether it is there. */
export function modelState(settings: Pick<ModelSettings, "provider" | keyof FallbackModel>): ModelState {
  const { provider, name, baseUrl } = settings;
  if (provider === "rules") {
    return {
      id: "rules",
      kind: "rules",
      description: "Built-in rules. Not a language model: it reads everyday sentences by patterns, offline.",
      leavesMachine: false,
      price: { input: 0, output: 0 },
    };
  }
  const url = urlOf({ provider, baseUrl });
  const leavesMachine = !isLoopback(url);
  const { host, hostname } = URL.canParse(url) ? new URL(url) : { host: "an address that is not set", hostname: "" };
  const price = pricesOf(settings, { host: hostname, name, local: !leavesMachine });
  return {
    id: `${provider}/${name || "?"}`,
    kind: "language",
    description: `${name || "A model"} at ${host}${leavesMachine ? ", off this machine" : ", on this machine"}.`,
    leavesMachine,
    price: price ? { input: price.input, output: price.output } : null,
  };
}

/** What a host's models share. */
export interface ModelWorld {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly pool: ModelPool;
  /** An earlier answer to a request of this name. */
  readonly answerTo: Parameters<typeof remembering>[1]["find"];
}

/** The model that the settings name, with those that are asked when it can't answer.
 * @throws FailureError `config.invalid` when a name, an address or a key is missing, of those further down too */
export async function openModel(settings: ModelSettings, world: ModelWorld): Promise<Model> {
  const { provider, name } = settings;
  if (provider === "rules") {
    const { rulesModel } = await import("./rules/rules-model.ts");
    return rulesModel();
  }
  if (!name) throw fail("config.invalid", "No model is named.", "Set it: botmojo config set model.name NAME");
  const first = await openOne({ ...settings, provider, name }, settings, world);
  return fallback(first, await Promise.all(settings.fallback.map((other) => openOne(other, settings, world))));
}

/** One model, its calls limited, tried again, and answered from earlier ones where the settings say so. */
async function openOne(one: FallbackModel, settings: ModelSettings, world: ModelWorld): Promise<Model> {
  const { env, pool, answerTo } = world;
  const url = urlOf(one);
  const id = `${one.provider}/${one.name}`;
  if (!url) throw fail("config.invalid", `${id}: its address is not set.`, "Set model.baseUrl, or baseUrl beside it in model.fallback.");
  const local = isLoopback(url);
  const keyEnv = one.apiKeyEnv || endpoints[one.provider].keyEnv;
  const key = keyEnv ? env[keyEnv] : undefined;
  if (keyEnv && !key && !local) {
    throw fail(
      "config.invalid",
      `The key for ${one.provider} is not there: the environment variable ${keyEnv} is not set.`,
      "Set it in the shell that starts BotMojo, or name another with apiKeyEnv.",
    );
  }
  const { host, hostname, origin } = new URL(url);
  const cached = settings.cache === "on";
  const model = languageModel({
    id,
    endpoint: host,
    provider: await openProvider(one, url, key),
    silenceMs: settings.timeoutSeconds * 1000,
    prices: pricesOf(one, { host: hostname, name: one.name, local }),
    tellsTime: !cached,
  });
  const sizeOf = (request: ModelRequest) => JSON.stringify(model.sent(request)).length;
  const asked = retrying(pooled(model, pool.gate(origin, settings), sizeOf), world);
  return cached ? remembering(asked, { endpoint: url, sent: model.sent, find: answerTo }) : asked;
}

async function openProvider({ provider, name }: FallbackModel, url: string, key: string | undefined) {
  if (provider === "anthropic") {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    return createAnthropic({ baseURL: url, apiKey: key ?? "none" })(name);
  }
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const options = { name: provider, baseURL: url, includeUsage: true };
  return createOpenAICompatible(key ? { ...options, apiKey: key } : options)(name);
}

function urlOf({ provider, baseUrl }: Pick<FallbackModel, "provider" | "baseUrl">): string {
  return (baseUrl || endpoints[provider].url).replace(/\/+$/, "");
}
