// Names of things, branded so that a step's id can't be passed where a run's is wanted.
import { z } from "zod";

export const RunId = z
  .string()
  .regex(/^run_[0-9a-z]{8,32}$/, "a run id looks like run_0mf3k2a9x7q1")
  .brand<"RunId">();
export type RunId = z.infer<typeof RunId>;

/** Unique within its plan or body: `triage`, `finance`, `answer`. */
const planStepId = z
  .string()
  .regex(/^[A-Za-z][\w.-]{0,63}$/, "a step id is a letter, then letters, digits, dot, dash or underscore, 64 at most");

/** A step of a run: its id in the plan; inside a body the way to it, such as `each/3/read`. */
export const StepId = z
  .string()
  .regex(/^[A-Za-z][\w.-]{0,63}(\/[\w.-]{1,64})*$/)
  .brand<"StepId">();
export type StepId = z.infer<typeof StepId>;

export const PlanStepId = planStepId.brand<"StepId">();

/** A conversation; runs of one thread share its messages. */
export const ThreadId = z
  .string()
  .regex(/^[\w.-]{1,64}$/, "a thread is letters, digits, dot, dash or underscore, 64 at most")
  .brand<"ThreadId">();
export type ThreadId = z.infer<typeof ThreadId>;

/** A memory item: an agenda entry, an expense, a fact or a note. */
export const ItemId = z
  .string()
  .regex(/^item_[0-9a-z]{8,32}$/)
  .brand<"ItemId">();
export type ItemId = z.infer<typeof ItemId>;

/** A question that waits for a person. */
export const ReviewId = z
  .string()
  .regex(/^review_[0-9a-z]{8,32}$/, "a review id looks like review_0mf3k2a9x7q1")
  .brand<"ReviewId">();
export type ReviewId = z.infer<typeof ReviewId>;

/** A blob's name: the lower-case hex SHA-256 of its bytes. */
export const BlobHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<"BlobHash">();
export type BlobHash = z.infer<typeof BlobHash>;

/** Position in the one global order of events; 0 is before the first. */
export const Seq = z.int().nonnegative();
export type Seq = z.infer<typeof Seq>;

/** Milliseconds since 1970-01-01T00:00Z. */
export const Instant = z.int();
export type Instant = z.infer<typeof Instant>;
