// The closed list of ways in which things go wrong. The same code means the same thing behind every door.
import { z } from "zod";

export const FailureCode = z.enum([
  "input.invalid",
  "not.found",
  "conflict",
  "denied",
  "cancelled",
  "timeout",
  "budget.exceeded",
  "storage.unwritable",
  "storage.newer",
  "storage.damaged",
  "storage.full",
  "datadir.invalid",
  "host.busy",
  "host.unreachable",
  "config.invalid",
  "model.needed",
  "model.unreachable",
  "model.refused",
  "model.nonsense",
  "tool.failed",
  "internal",
]);
export type FailureCode = z.infer<typeof FailureCode>;

/** What happened, in a sentence a person can read, and what to do about it. Never holds a secret. */
export const Failure = z.object({
  code: FailureCode,
  message: z.string(),
  remedy: z.string().optional(),
});
export type Failure = z.infer<typeof Failure>;

/** A failure on its way up the stack. Crosses a door once, as the `Failure` it carries. */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = "FailureError";
    this.failure = failure;
  }
}

export function fail(code: FailureCode, message: string, remedy?: string): FailureError {
  return new FailureError(remedy === undefined ? { code, message } : { code, message, remedy });
}

/** The failure that any thrown value stands for, one that crossed a door included. An unknown error is a bug and says so. */
export function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  const carried = typeof error === "object" && error !== null && "data" in error ? Failure.safeParse(error.data) : undefined;
  if (carried?.success) return carried.data;
  if (error instanceof Error && error.name === "AbortError") return { code: "cancelled", message: "It was cancelled." };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "internal", message, remedy: "This is a bug in BotMojo; the log has the details." };
}
