// Which format a request is in, by where it is sent.
import { anthropicMessages } from "./anthropic-messages.ts";
import { openaiChat } from "./openai-chat.ts";
import { openaiResponses } from "./openai-responses.ts";
import type { Wire } from "./wire.ts";

const wires: readonly [RegExp, Wire][] = [
  [/\/chat\/completions$/, openaiChat],
  [/\/responses$/, openaiResponses],
  [/\/messages$/, anthropicMessages],
];

/** Undefined for a request that asks no model, such as a list of models. */
export function wireOf(method: string, path: string): Wire | undefined {
  const bare = path.replace(/\?.*$/s, "");
  return method === "POST" ? wires.find(([ending]) => ending.test(bare))?.[1] : undefined;
}
