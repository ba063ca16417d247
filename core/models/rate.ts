// When the next call may be made under limits of calls and tokens in any minute, as a value.

export interface Limits {
  /** Calls at the same time; 0 for no limit, as for the others. */
  readonly concurrency: number;
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
}

/** A call that was made, with the tokens it used; until those are known, those it may be expected to. */
export interface Made {
  readonly at: number;
  tokens: number;
}

export const windowMs = 60_000;

/** Milliseconds until a call of so many tokens fits; 0 when it does. `made` are earlier calls, oldest first. A call that
 * is larger than the limit itself is let through alone. */
export function waitFor(made: readonly Made[], limits: Limits, tokens: number, now: number): number {
  const recent = made.filter(({ at }) => at > now - windowMs);
  const until = (index: number) => Math.max(0, (recent[index]?.at ?? now - windowMs) + windowMs - now);
  const { requestsPerMinute, tokensPerMinute } = limits;
  const crowded = requestsPerMinute > 0 && recent.length >= requestsPerMinute ? until(recent.length - requestsPerMinute) : 0;
  if (tokensPerMinute === 0) return crowded;
  let left = recent.reduce((sum, one) => sum + one.tokens, 0);
  let index = -1;
  while (left > 0 && left + tokens > tokensPerMinute) left -= recent[++index]?.tokens ?? left;
  return Math.max(crowded, index < 0 ? 0 : until(index));
}
