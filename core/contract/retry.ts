// How often a failed step is tried again, and how long is waited before.
import { z } from "zod";
import { closed } from "./faults.ts";
import { FailureCode, type Failure } from "./failure.ts";

export const RetryPolicy = closed("retry", {
  /** All tries, the first included. */
  attempts: z.int().min(1).max(100),
  delayMs: z.int().nonnegative().max(86_400_000).default(1000),
  /** Each wait is this many times the one before. */
  factor: z.number().min(1).max(10).default(2),
  maxDelayMs: z.int().nonnegative().max(86_400_000).default(60_000),
  /** Only for these failures; for all that may pass by themselves otherwise. */
  on: z.array(FailureCode).optional(),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;

/** Failures that trying again does not mend. */
const lasting: readonly Failure["code"][] = ["input.invalid", "denied", "cancelled", "not.found", "budget.exceeded", "conflict"];

/** Milliseconds to wait before the next try, or undefined when there is none. `tries` counts those made. */
export function nextTryIn(failure: Failure, tries: number, policy: RetryPolicy | undefined): number | undefined {
  if (!policy || tries >= policy.attempts) return undefined;
  if (policy.on ? !policy.on.includes(failure.code) : lasting.includes(failure.code)) return undefined;
  return Math.min(policy.maxDelayMs, policy.delayMs * policy.factor ** (tries - 1));
}
