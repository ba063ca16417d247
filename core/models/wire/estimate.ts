// Tokens of an answer whose server did not count them: reckoned from the texts, so that a limit holds all the same.
import type { Usage } from "../../contract/usage.ts";
import { argumentText, object } from "./fields.ts";
import type { WireAnswer } from "./wire.ts";

/** English and code come to three to four bytes a token with the tokenizers in use; a limit is rather met early. */
const bytesPerToken = 3.5;
/** What a picture is reckoned at, whatever its size: a few hundred to fifteen hundred with the providers there are. */
const tokensPerPicture = 1000;
/** Base64 this long is a picture or a sound, not words. */
const longestWord = 4096;

/** @param body the request's, parsed */
export function estimatedUsage(body: unknown, { text, calls }: Pick<WireAnswer, "text" | "calls">): Usage {
  const { messages, input, system, instructions, tools } = object(body);
  const inputTokens = tokensIn([messages, input, system, instructions, tools]);
  const said = [text, ...calls.map((call) => call.name + argumentText(call.input))];
  const outputTokens = said.reduce((sum, words) => sum + tokensOf(words), 0);
  return { inputTokens, outputTokens, cachedTokens: 0, estimatedTokens: inputTokens + outputTokens };
}

/** In all texts and fields' names of a value. */
function tokensIn(value: unknown): number {
  if (typeof value === "string") return tokensOf(value);
  if (typeof value === "number" || typeof value === "boolean") return 1;
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + tokensIn(part), 0);
  return Object.entries(value).reduce((sum, [name, part]) => sum + tokensOf(name) + tokensIn(part), 0);
}

function tokensOf(text: string): number {
  if (text.length > longestWord && (text.startsWith("data:") || /^[A-Za-z0-9+/_-]{4096}/.test(text))) return tokensPerPicture;
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}
