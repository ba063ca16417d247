// What tokens cost, in one table: US dollars for a million. A model that is not in it is of unknown price, not free.
import type { FallbackModel } from "../contract/settings.ts";
import type { Usage } from "../contract/usage.ts";

/** US dollars for a million tokens. */
export interface Prices {
  /** That go in, and are neither read from the provider's cache nor written into it. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

const free: Prices = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

/** OpenAI asks nothing for writing into its cache, so a token written costs what one that goes in does. */
const openai = (input: number, cacheRead: number, output: number): Prices => ({ input, cacheRead, cacheWrite: input, output });

/** Anthropic: what is written into the five-minute cache costs a quarter more, what is read from it a tenth. */
const anthropic = (input: number, output: number): Prices => {
  const at = (times: number) => Math.round(input * times * 1000) / 1000;
  return { input, cacheRead: at(0.1), cacheWrite: at(1.25), output };
};

const known: Readonly<Record<string, Readonly<Record<string, Prices>>>> = {
  // platform.openai.com/docs/pricing, standard tier, as pydantic/genai-prices had checked it (4.x and o: 2025-07-04,
  // 5.x: 2025-11-13).
  "api.openai.com": {
    "gpt-4o": openai(2.5, 1.25, 10),
    "gpt-4o-mini": openai(0.15, 0.075, 0.6),
    "gpt-4.1": openai(2, 0.5, 8),
    "gpt-4.1-mini": openai(0.4, 0.1, 1.6),
    "gpt-4.1-nano": openai(0.1, 0.025, 0.4),
    "gpt-5": openai(1.25, 0.125, 10),
    "gpt-5-mini": openai(0.25, 0.025, 2),
    "gpt-5-nano": openai(0.05, 0.005, 0.4),
    "gpt-5.1": openai(1.25, 0.125, 10),
  },
  // docs.anthropic.com/en/docs/about-claude/pricing; the 4.5 and 4.6 models as listed 2026-03-21. `claude-opus-4` and
  // `claude-opus-4-1` are dearer than what came after them.
  "api.anthropic.com": {
    "claude-haiku-4-5": anthropic(1, 5),
    "claude-sonnet-4": anthropic(3, 15),
    "claude-sonnet-4-0": anthropic(3, 15),
    "claude-sonnet-4-5": anthropic(3, 15),
    "claude-sonnet-4-6": anthropic(3, 15),
    "claude-opus-4": anthropic(15, 75),
    "claude-opus-4-0": anthropic(15, 75),
    "claude-opus-4-1": anthropic(15, 75),
    "claude-opus-4-5": anthropic(5, 25),
    "claude-opus-4-6": anthropic(5, 25),
    "claude-3-7-sonnet": anthropic(3, 15),
    "claude-3-5-haiku": anthropic(0.8, 4),
  },
  // api-docs.deepseek.com/quick_start/pricing, checked 2026-05-12 and 2026-06-02.
  "api.deepseek.com": {
    "deepseek-v4-flash": { input: 0.14, cacheRead: 0.0028, cacheWrite: 0.14, output: 0.28 },
    "deepseek-v4-pro": { input: 0.435, cacheRead: 0.003625, cacheWrite: 0.435, output: 0.87 },
  },
  // mistral.ai/pricing, checked 2026-06-09 and 2026-08-24.
  "api.mistral.ai": {
    "mistral-large-2512": openai(0.5, 0.05, 1.5),
    "mistral-medium-3-5": openai(1.5, 0.15, 7.5),
    "mistral-small-2603": openai(0.15, 0.015, 0.6),
  },
};

/** The dated name of a model, or the newest of its line: `gpt-4o-2024-08-06`, `claude-haiku-4-5-20251001`. */
const edition = /-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/;

type Priced = Pick<FallbackModel, "inputPrice" | "cachedPrice" | "cacheWritePrice" | "outputPrice">;

interface Where {
  readonly host: string;
  readonly name: string;
  readonly local: boolean;
}

/** What the settings say, else the table; nothing on this machine. Undefined where nobody has said. */
export function pricesOf(settings: Priced, at: Where): Prices | undefined {
  const { inputPrice: input, cachedPrice, cacheWritePrice, outputPrice: output } = settings;
  if (input > 0 || output > 0) return { input, cacheRead: cachedPrice || input, cacheWrite: cacheWritePrice || input, output };
  return pricesAt(at);
}

/** What a model costs where nobody has set it. */
export function pricesAt({ host, name, local }: Where): Prices | undefined {
  if (local) return free;
  const table = known[host] ?? {};
  return table[name] ?? table[name.replace(edition, "")];
}

/** In millionths of a dollar: a dollar for a million tokens is one of them for a token. */
export function costOf(usage: Usage, { input, cacheRead, cacheWrite, output }: Prices): number {
  const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens = 0 } = usage;
  const plain = Math.max(0, inputTokens - cachedTokens - cacheWriteTokens);
  return Math.round(plain * input + cachedTokens * cacheRead + cacheWriteTokens * cacheWrite + outputTokens * output);
}

/** With what it cost, or how much of it is of unknown price. */
export function priced(usage: Usage, prices: Prices | undefined): Usage {
  return prices ? { ...usage, microUsd: costOf(usage, prices) } : { ...usage, unpricedTokens: usage.inputTokens + usage.outputTokens };
}
