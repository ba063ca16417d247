// Holding a run: pause, breakpoints, one step at a time. Everything that is about to happen comes past here first.
import type { PausePoint } from "../contract/events.ts";
import { stateOf, until, type ActiveRun } from "./active-run.ts";
import { hitBreakpoint, placeOf } from "./breakpoints.ts";

/** Returns once the run may go on past this point, with what a person changed of it meanwhile.
 * @throws the signal's reason when the run is cancelled while it is held */
export async function pass(run: ActiveRun, point: PausePoint, signal: AbortSignal): Promise<{ input?: unknown; output?: unknown }> {
  const { hold } = run;
  const editOf = () => (point.key === undefined ? {} : (stateOf(run).edits[point.key] ?? {}));
  if (stateOf(run).status !== "paused") {
    if (hold.passed === placeOf(point)) {
      hold.passed = undefined;
      return editOf();
    }
    const hit = hitBreakpoint(hold.breakpoints, point, hold.hits);
    const stepped = hold.stepping === "into" || (hold.stepping === "over" && (point.on === "step" || point.on === "agent"));
    if (!hit && !stepped) return editOf();
    hold.stepping = undefined;
    const reason = hit ? `Breakpoint ${hit.text}.` : "Stepped to here.";
    const data = { reason, at: point, ...(hit ? { breakpoint: hit.text } : {}) };
    await run.note([{ run: run.id, step: point.step, actor: "host", type: "run.paused", data }]);
  }
  run.working.delete(point.step);
  await until(run, signal, () => (stateOf(run).status === "paused" ? undefined : true));
  run.working.add(point.step);
  if (hold.passed === placeOf(point)) hold.passed = undefined;
  return editOf();
}
