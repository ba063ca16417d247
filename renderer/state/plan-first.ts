// "Plan first": a goal is triaged and then held, so that its plan can be changed before anything else begins.
import type { RunState } from "../../core/contract/index.ts";

/** Holds before the second step to begin; the first of a goal is its triage. */
export const planFirstBreak = "step #2";

export function heldByPlanFirst(run: RunState | undefined): boolean {
  return run?.status === "paused" && run.pause?.breakpoint === planFirstBreak;
}
