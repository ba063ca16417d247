// From settings to a model: the built-in rules, or a provider's language model, loaded when first asked.
import { fail } from "../contract/failure.ts";
import type { Settings } from "../contract/settings.ts";
import type { ModelState } from "../contract/views.ts";
import { languageModel } from "./language-model.ts";
import type { Model } from "./model.ts";

type ModelSettings = Settings["model"];

const endpoints = {
  openai: { url: "https://api.openai.com/v1", keyEnv: "OPENAI_API_KEY" },
  anthropic: { url: "https://api.anthropic.com/v1", keyEnv: "ANTHROPIC_API_KEY" },
  "openai-compatible": { url: "", keyEnv: "" },
} as const;

/** What the settings name, without asking anybody whether it is there. */
export function modelState(settings: ModelSettings): ModelState {
  if (settings.provider === "rules") {
    return {
      id: "rules",
      kind: "rules",
      description: "Built-in rules. Not a language model: it reads everyday sentences by patterns, offline.",
      leavesMachine: false,
    };
  }
  const url = urlOf(settings);
  const leavesMachine = !isLoopback(url);
  const host = URL.canParse(url) ? new URL(url).host : "an address that is not set";
  return {
    id: `${settings.provider}/${settings.name || "?"}`,
    kind: "language",
    description: `${settings.name || "A model"} at ${host}${leavesMachine ? ", off this machine" : ", on this machine"}.`,
    leavesMachine,
  };
}

/** @throws FailureError `config.invalid` when a name, an address or a key is missing */
export async function openModel(settings: ModelSettings, env: NodeJS.ProcessEnv): Promise<Model> {
  if (settings.provider === "rules") {
    const { rulesModel } = await import("./rules/rules-model.ts");
    return rulesModel();
  }
  if (!settings.name) throw fail("config.invalid", "No model is named.", "Set it: botmojo config set model.name NAME");
  const url = urlOf(settings);
  if (!url) throw fail("config.invalid", "The model's address is not set.", "Set it: botmojo config set model.baseUrl URL");
  const keyEnv = settings.apiKeyEnv || endpoints[settings.provider].keyEnv;
  const key = keyEnv ? env[keyEnv] : undefined;
  if (keyEnv && !key && !isLoopback(url)) {
    throw fail(
      "config.invalid",
      `The key for ${settings.provider} is not there: the environment variable ${keyEnv} is not set.`,
      "Set it in the shell that starts BotMojo, or name another with model.apiKeyEnv.",
    );
  }
  const provider = await openProvider(settings, url, key);
  const { id } = modelState(settings);
  const prices = { input: settings.inputPrice, cached: settings.cachedPrice, output: settings.outputPrice };
  return languageModel({ id, endpoint: new URL(url).host, provider, silenceMs: settings.timeoutSeconds * 1000, prices });
}

async function openProvider(settings: ModelSettings, url: string, key: string | undefined) {
  if (settings.provider === "anthropic") {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    return createAnthropic({ baseURL: url, apiKey: key ?? "none" })(settings.name);
  }
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const options = { name: settings.provider, baseURL: url, includeUsage: true };
  return createOpenAICompatible(key ? { ...options, apiKey: key } : options)(settings.name);
}

function urlOf(settings: ModelSettings): string {
  if (settings.provider === "rules") return "";
  return (settings.baseUrl || endpoints[settings.provider].url).replace(/\/+$/, "");
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
