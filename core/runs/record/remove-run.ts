// Removing a run: its texts, its row and what it had kept go; its events keep their place in the chain.
import { fail } from "../../contract/failure.ts";
import type { RunId } from "../../contract/ids.ts";
import { isOver } from "../../contract/run-state.ts";
import { countItemsOf } from "../../memory/items.ts";
import type { EventLog } from "../../store/event-log.ts";
import { settleForgotten } from "../../store/forgetting.ts";
import { getRun, runsRestingOn } from "../tables/run-index.ts";

/** @throws FailureError `not.found`, or `conflict` while it is under way or others rest on it */
export async function removeRun(log: EventLog, run: RunId): Promise<{ run: RunId; events: number; kept: number }> {
  const { reader } = log;
  const summary = getRun(reader, run);
  if (!summary) throw fail("not.found", `There is no run ${run}.`, "botmojo runs ls lists them.");
  if (!isOver(summary.status)) {
    throw fail("conflict", `${run} is under way (${summary.status}), so it can't be removed.`, `botmojo runs cancel ${run} ends it.`);
  }
  const [fork] = runsRestingOn(reader, run);
  if (fork) throw fail("conflict", `${fork} rests on the past of ${run}, so it can't be removed.`, `botmojo runs rm ${fork} first.`);
  const events = reader.get<{ count: number }>("SELECT count(*) AS count FROM events WHERE run = ?", run)?.count ?? 0;
  const kept = countItemsOf(reader, run);
  await log.append([{ run, type: "run.removed", actor: "person", data: { events } }]);
  settleForgotten(reader);
  return { run, events, kept };
}
