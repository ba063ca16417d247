// Every setting: its type, its default, and what it is for. The file, the environment and the window all follow.
import { z } from "zod";

export const ModelProvider = z.enum(["rules", "openai", "anthropic", "openai-compatible"]);
export type ModelProvider = z.infer<typeof ModelProvider>;

export const HttpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https address" })
  .refine((value) => !/^https?:\/\/[^/]*@/i.test(value), "must not have a user name or password in it");

export const Settings = z.strictObject({
  model: z
    .strictObject({
      provider: ModelProvider.default("rules").describe(
        "Who thinks: the built-in rules (not a language model), or a language model's provider",
      ),
      name: z.string().max(200).default("").describe("The model's name at its provider, such as llama3.2"),
      baseUrl: HttpUrl.or(z.literal("")).default("").describe("Where an OpenAI-compatible or own endpoint answers"),
      apiKeyEnv: z
        .string()
        .regex(/^([A-Z_][A-Z0-9_]*)?$/, "must be the NAME of an environment variable, never a key itself")
        .default("")
        .describe("The environment variable that holds the key; the provider's usual one when empty"),
      inputPrice: z.number().min(0).max(10_000).default(0).describe("US dollars for a million tokens that go in; 0 when unknown"),
      cachedPrice: z.number().min(0).max(10_000).default(0).describe("US dollars for a million tokens served from the provider's cache"),
      outputPrice: z.number().min(0).max(10_000).default(0).describe("US dollars for a million tokens that come out"),
      timeoutSeconds: z.number().min(1).max(3600).default(120).describe("How long a model may be silent, in seconds"),
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
  person: z
    .strictObject({
      timeZone: z.string().max(64).default("").describe("IANA time zone, such as Europe/Tallinn; the system's when empty"),
      locale: z.string().max(35).default("").describe("Language tag, such as en-GB: decides 3/4 and 1,50; the system's when empty"),
    })
    .prefault({}),
});
export type Settings = z.infer<typeof Settings>;

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
