// A run as it is to be replayed: its end state, the plan that a replay begins with, and which calls changed the plan.
import type { RunId, Seq } from "../../contract/ids.ts";
import { RunFold, type PlanRevision, type RunState } from "../../contract/run-state.ts";
import type { EventLog } from "../../store/event-log.ts";
import { lineage } from "../tables/lineage.ts";

export interface RecordedRun {
  readonly state: RunState;
  /** The newest revision that a call made, by the call's key. */
  readonly revisedBy: ReadonlyMap<string, number>;
  /** The event that each step failed by in the end. */
  readonly failedBy: ReadonlyMap<string, Seq>;
}

/** Undefined when there is no such run. */
export function readRecorded(log: EventLog, run: RunId): RecordedRun | undefined {
  const fold = new RunFold();
  const revisedBy = new Map<string, number>();
  const failedBy = new Map<string, Seq>();
  let revision: number | undefined;
  for (const event of lineage(log, run)) {
    fold.apply(event);
    if (event.type === "step.failed" && event.step) failedBy.set(event.step, event.seq);
    // A call's changes are in the log right before its answer.
    if (event.type === "plan.revised" && !event.actor.startsWith("person")) revision = event.data.revision;
    else if (event.type === "effect.completed" && revision !== undefined) {
      revisedBy.set(event.data.key, revision);
      revision = undefined;
    } else if (event.type !== "plan.revised" && event.type !== "item.learned") revision = undefined;
  }
  return fold.state && { state: fold.state, revisedBy, failedBy };
}

/** What a person made of the plan is there from the beginning; what calls made of it comes with their answers. */
export function planToReplay({ revisions }: RunState): PlanRevision | undefined {
  const byPerson = revisions.findLast(({ actor, revision }) => revision > 1 && actor.startsWith("person"));
  return byPerson ?? revisions[0];
}
