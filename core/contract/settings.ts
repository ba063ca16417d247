// Every setting: its type, its default, and what it is for. The file, the environment and the window all follow.
import { z } from "zod";

export const ModelProvider = z.enum(["rules", "openai", "anthropic", "openai-compatible"]);
export type ModelProvider = z.infer<typeof ModelProvider>;

export const HttpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https address" })
  .refine((value) => !/^https?:\/\/[^/]*@/i.test(value), "must not have a user name or password in it");

const ApiKeyEnv = z
  .string()
  .regex(/^([A-Z_][A-Z0-9_]*)?$/, "must be the NAME of an environment variable, never a key itself")
  .default("");
const Price = z.number().min(0).max(10_000).default(0);

/** Where a model answers and what it costs, in the first place and further down a chain alike. */
const place = {
  baseUrl: HttpUrl.or(z.literal("")).default("").describe("Where an OpenAI-compatible or own endpoint answers"),
  apiKeyEnv: ApiKeyEnv.describe("The environment variable that holds the key; the provider's usual one when empty"),
  inputPrice: Price.describe("US dollars for a million tokens that go in; 0 for the built-in table's"),
  cachedPrice: Price.describe("US dollars for a million tokens read from the provider's cache; 0 for the price of those that go in"),
  cacheWritePrice: Price.describe("US dollars for a million tokens written into the provider's cache; 0 for the price of those that go in"),
  outputPrice: Price.describe("US dollars for a million tokens that come out; 0 for the built-in table's"),
};

/** A model that is asked when those before it can't answer. In short `provider/name`. */
const FallbackModel = z.strictObject({
  provider: ModelProvider.exclude(["rules"]),
  name: z.string().min(1).max(200),
  ...place,
});
export type FallbackModel = z.infer<typeof FallbackModel>;

const shortModel = /^(openai|anthropic|openai-compatible)\/(.+)$/;
const ShortModel = z
  .string()
  .max(300)
  .regex(shortModel, "must be PROVIDER/NAME, such as anthropic/claude-haiku-4-5")
  .transform((text): FallbackModel => {
    const [, provider, name] = shortModel.exec(text) ?? [];
    return FallbackModel.parse({ provider, name });
  });

export const Settings = z.strictObject({
  model: z
    .strictObject({
      provider: ModelProvider.default("rules").describe(
        "Who thinks: the built-in rules (not a language model), or a language model's provider",
      ),
      name: z.string().max(200).default("").describe("The model's name at its provider, such as llama3.2"),
      ...place,
      timeoutSeconds: z.number().min(1).max(3600).default(120).describe("How long a model may be silent, in seconds"),
      fallback: z
        .array(z.union([ShortModel, FallbackModel]))
        .max(8)
        .default([])
        .describe("Models to ask in turn when the first can't answer: [PROVIDER/NAME, {provider, name, baseUrl, apiKeyEnv, …Price}]"),
      concurrency: z.int().min(0).max(1000).default(0).describe("Calls that each provider is sent at the same time; 0 for no limit"),
      requestsPerMinute: z.int().min(0).max(1_000_000).default(0).describe("Calls that each provider is sent in a minute; 0 for no limit"),
      tokensPerMinute: z
        .int()
        .min(0)
        .max(1e9)
        .default(0)
        .describe("Tokens that each provider is sent and sends in a minute; 0 for no limit"),
      cache: z
        .enum(["off", "on"])
        .default("off")
        .describe("Whether the same request is answered from earlier runs; models are then told the day, not the time of day"),
    })
    .prefault({}),
  budget: z
    .strictObject({
      dayTokens: z.int().min(0).max(1e12).default(0).describe("Tokens that the runs of a day may use together; 0 for no limit"),
      dayUsd: z.number().min(0).max(1_000_000).default(0).describe("US dollars that the runs of a day may spend together; 0 for no limit"),
      dayCalls: z.int().min(0).max(1e9).default(0).describe("Model calls that the runs of a day may make together; 0 for no limit"),
      whenReached: z
        .enum(["pause", "fail"])
        .default("pause")
        .describe("What a plan's own budget does to its run where the plan does not say; a day's budget always pauses"),
    })
    .prefault({}),
  files: z
    .strictObject({
      workspace: z.string().max(4096).default("").describe("The folder that file tools may read; where it starts when empty"),
    })
    .prefault({}),
  sandbox: z
    .strictObject({
      readable: z
        .string()
        .max(4096)
        .default("")
        .describe(
          "Folders beside the workspace and /usr that commands may read, such as where a language is installed; separated as in PATH",
        ),
    })
    .prefault({}),
  browser: z
    .strictObject({
      path: z
        .string()
        .max(4096)
        .default("")
        .describe("The browser's program that agents use, such as /opt/google/chrome/chrome; one at a usual place when empty"),
    })
    .prefault({}),
  person: z
    .strictObject({
      timeZone: z.string().max(64).default("").describe("IANA time zone, such as Europe/Tallinn; the system's when empty"),
      locale: z.string().max(35).default("").describe("Language tag, such as en-GB: decides 3/4 and 1,50; the system's when empty"),
    })
    .prefault({}),
});
export type Settings = z.infer<typeof Settings>;

/** A setting's value as text that sets it again. */
export function settingText(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** Every key in dots (`model.name`) with its schema, in the order of the table above. */
export function settingKeys(): { key: string; description: string }[] {
  const groups = Object.entries(Settings.shape).map(([group, schema]) => ({ group, shape: schema.unwrap().shape }));
  return groups.flatMap(({ group, shape }) =>
    Object.entries(shape).map(([name, schema]) => ({
      key: `${group}.${name}`,
      description: (schema as z.ZodType).description ?? "",
    })),
  );
}
