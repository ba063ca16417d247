// Questions that wait for a person.
import { z } from "zod";

/** `step`: the plan asks. `effect`: a call may have happened before the host stopped, and nobody knows. */
export const ReviewKind = z.enum(["step", "effect"]);
export type ReviewKind = z.infer<typeof ReviewKind>;

/** `approve` lets it go on (an uncertain call is made again), `reject` fails it, `answer` goes on with the answer given. */
export const ReviewDecision = z.enum(["approve", "reject", "answer"]);
export type ReviewDecision = z.infer<typeof ReviewDecision>;
