// Questions that wait for a person.
import { z } from "zod";

/** `step`: the plan asks. `effect`: a call may have happened before the host stopped, and nobody knows. `call`: a tool may
 * not be called without leave. `question`: a call that is under way asks the person something. */
export const ReviewKind = z.enum(["step", "effect", "call", "question"]);
export type ReviewKind = z.infer<typeof ReviewKind>;

/** `approve` lets it go on (an uncertain call is made again; a call that asks is made with the arguments in the answer, if it
 * has some), `reject` fails it, `answer` goes on with the answer given. */
export const ReviewDecision = z.enum(["approve", "reject", "answer"]);
export type ReviewDecision = z.infer<typeof ReviewDecision>;

/** What a person is shown of a call that needs their leave. */
export const CallProposal = z.object({
  key: z.string(),
  tool: z.string(),
  agent: z.string(),
  input: z.unknown(),
  /** Files it would touch, links resolved; hosts it would reach; the shell's line it would run. */
  paths: z.array(z.string()),
  hosts: z.array(z.string()),
  command: z.string().nullable(),
  rule: z.string(),
  reason: z.string(),
  also: z.array(z.string()),
  /** Where the arguments may come from, other than from the person. */
  from: z.array(z.string()),
  /** SHA-256 over all that is shown; the leave is for this and nothing else. */
  hash: z.string(),
});
export type CallProposal = z.infer<typeof CallProposal>;
