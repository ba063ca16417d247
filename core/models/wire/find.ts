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

/** Whether a request that may go to any host is one to a model: others call paths of theirs `messages` too. */
export function asksModel(method: string, path: string): boolean {
  return method === "POST" && /\/chat\/completions(\?|$)|\/v\d+\w*\/(responses|messages)(\?|$)/.test(path);
}

/** Undefined for a request that asks no model, such as a list of models. */
export function wireOf(method: string, path: string): Wire | undefined {
  const bare = path.replace(/\?.*$/s, "");
  return method === "POST" ? wires.find(([ending]) => ending.test(bare))?.[1] : undefined;
}
