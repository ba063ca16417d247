// What a model call cost: tokens, and money where the price is known.
import { z } from "zod";

export const Usage = z.object({
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  /** Part of `inputTokens` that the provider served from its cache. */
  cachedTokens: z.int().nonnegative(),
  /** Part of `inputTokens` that the provider wrote into its cache. */
  cacheWriteTokens: z.int().nonnegative().optional(),
  /** Millionths of a US dollar; absent where nobody has said what a token costs, 0 where it costs nothing. */
  microUsd: z.int().nonnegative().optional(),
  /** Tokens, in and out, that `microUsd` leaves out because nobody has said what they cost. */
  unpricedTokens: z.int().nonnegative().optional(),
  /** Part of the tokens, in and out, that the server did not count: reckoned from the texts. */
  estimatedTokens: z.int().nonnegative().optional(),
});
export type Usage = z.infer<typeof Usage>;

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  const written = sumOf(a.cacheWriteTokens, b.cacheWriteTokens);
  const microUsd = sumOf(a.microUsd, b.microUsd);
  const unpriced = sumOf(a.unpricedTokens, b.unpricedTokens);
  const estimated = sumOf(a.estimatedTokens, b.estimatedTokens);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    ...(written === undefined ? {} : { cacheWriteTokens: written }),
    ...(microUsd === undefined ? {} : { microUsd }),
    ...(unpriced === undefined ? {} : { unpricedTokens: unpriced }),
    ...(estimated === undefined ? {} : { estimatedTokens: estimated }),
  };
}

/** Undefined where neither is known. */
function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}
