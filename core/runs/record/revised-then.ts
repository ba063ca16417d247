// In a replay, what calls made of the plan then: nobody asks for it again, so it comes with their recorded answers.
import type { NewEvent } from "../../contract/events.ts";
import { stateOf, type ActiveRun } from "../active-run.ts";
import { approvalEvent } from "../revise.ts";

/** What a call made of the plan then; without a key, what is left of such changes when the plan has come to its end. */
export function revisedThen(run: ActiveRun, key?: string): NewEvent[] {
  const newest = stateOf(run).revisions.at(-1)?.revision ?? 0;
  const then = key === undefined ? run.replay?.revisionsLeft(newest) : run.replay?.revisionsBy(key, newest);
  return (then ?? []).flatMap(({ plan, reason, actor, approved }, index): NewEvent[] => {
    const revision = newest + index + 1;
    const revised: NewEvent = { run: run.id, actor, type: "plan.revised", data: { revision, plan, reason } };
    return approved ? [revised, approvalEvent(run, "person", { revision, plan })] : [revised];
  });
}
