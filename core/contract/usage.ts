// What a model call cost: tokens, and money where the price is known.
import { z } from "zod";

export const Usage = z.object({
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  /** Part of `inputTokens` that the provider served from its cache. */
  cachedTokens: z.int().nonnegative(),
  /** Millionths of a US dollar; absent where nobody has said what a token costs. */
  microUsd: z.int().nonnegative().optional(),
});
export type Usage = z.infer<typeof Usage>;

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  const microUsd = (a.microUsd ?? 0) + (b.microUsd ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    ...(microUsd > 0 ? { microUsd } : {}),
  };
}
