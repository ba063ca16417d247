// Running a run again with a source chosen for each step, and what came of it.
import { z } from "zod";

/** Where a step's answers come from. `recorded` and `deny` never touch the world; `live` does. */
export const StepSource = z.discriminatedUnion("is", [
  z.object({ is: z.literal("recorded") }),
  /** The step's output is this. `edited` when it stands for a recorded one, `static` when it stands alone. */
  z.object({ is: z.enum(["edited", "static"]), output: z.unknown() }),
  /** Agents answer by the built-in rules model; tools by their latest recorded result. */
  z.object({ is: z.literal("simulated") }),
  z.object({ is: z.literal("live") }),
  z.object({ is: z.literal("deny") }),
]);
export type StepSource = z.infer<typeof StepSource>;

export const ReplayOptions = z.object({
  otherwise: StepSource.default({ is: "recorded" }),
  steps: z.record(z.string(), StepSource).default({}),
  /** What to do when a call is not the one recorded: stop there, or use the recorded answer all the same. */
  onDivergence: z.enum(["stop", "use"]).default("stop"),
});
export type ReplayOptions = z.infer<typeof ReplayOptions>;

export const DivergenceCause = z.enum(["prompt", "memory", "tool result", "model", "arguments", "code"]);
export type DivergenceCause = z.infer<typeof DivergenceCause>;

export const ReplayReport = z.object({
  /** Answers taken from the record. */
  reused: z.int(),
  /** Of these, calls that were asked for just as recorded. */
  exact: z.int(),
  divergent: z.int(),
  /** Calls that the record does not hold. */
  unmatched: z.int(),
  live: z.int(),
  edited: z.int(),
  firstDivergence: z.object({ step: z.string(), key: z.string(), cause: DivergenceCause, says: z.string() }).nullable(),
});
export type ReplayReport = z.infer<typeof ReplayReport>;
