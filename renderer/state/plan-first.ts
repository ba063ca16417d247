// "Plan first": a goal is triaged and then held, so that its plan can be changed before anything else begins.
import type { RunHead } from "../../core/contract/index.ts";

/** Holds once, before the second step to begin; the first of a goal is its triage. */
export const planFirstBreak = "step #2 once";

/** Whether a person froze the newest plan. */
export function planApproved({ approved, revisions }: RunHead): boolean {
  return approved !== null && approved.revision === revisions.at(-1)?.revision;
}

export function heldByPlanFirst(run: RunHead | undefined): boolean {
  return run?.status === "paused" && run.pause?.breakpoint === planFirstBreak;
}
