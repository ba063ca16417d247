// Holding a run: pause, breakpoints, one step at a time. Everything that is about to happen comes past here first.
import type { NewEvent, PausePoint } from "../contract/events.ts";
import { stateOf, until, type ActiveRun } from "./active-run.ts";
import { meetBreakpoints, placeOf, type Passing } from "./breakpoints.ts";

/** What a person changed of the call it was held before, if anything. */
interface Passed {
  readonly held: boolean;
  readonly input?: unknown;
  readonly output?: unknown;
}

/** Returns once the run may go on past this point, with what a person changed of it meanwhile. With `because` it is held
 * here in any case.
 * @throws the signal's reason when the run is cancelled while it is held */
export async function pass(run: ActiveRun, passing: Passing, signal: AbortSignal, because?: string): Promise<Passed> {
  const { hold } = run;
  const { differs: _, ...point } = passing;
  const after = (held: boolean): Passed => ({ ...(point.key === undefined ? {} : stateOf(run).edits[point.key]), held });
  for (;;) {
    if (stateOf(run).status !== "paused") {
      if (hold.passed === placeOf(point)) {
        hold.passed = undefined;
        return after(true);
      }
      const { events, holds } = meeting(run, passing, because);
      await run.note(events);
      if (!holds) return after(false);
    }
    const own = isHeldFor(stateOf(run).pause?.at, point);
    run.working.delete(point.step);
    await until(run, signal, () => (stateOf(run).status === "paused" ? undefined : true));
    run.working.add(point.step);
    if (hold.passed === placeOf(point)) hold.passed = undefined;
    // What only waited while another was held comes past its own breakpoints now.
    if (own) return after(true);
  }
}

/** A limit holds all that come to it, and is lifted for all. */
function isHeldFor(at: PausePoint | null | undefined, point: PausePoint): boolean {
  if (!at) return false;
  return placeOf(at) === placeOf(point) || (at.on === "budget" && point.on === "budget" && at.name === point.name);
}

/** What is to be written where a run comes past a point, and whether it is held there. */
function meeting(run: ActiveRun, passing: Passing, because: string | undefined): { events: NewEvent[]; holds: boolean } {
  const { hold } = run;
  const { differs: _, ...point } = passing;
  const about = { run: run.id, actor: "host" };
  const { hit, counted } = meetBreakpoints(hold.breakpoints, passing, stateOf(run).passed);
  const events = counted.map(({ text }): NewEvent => {
    return { ...about, step: point.step, type: "breakpoint.passed", data: { breakpoint: text, place: placeOf(point) } };
  });
  const stepped = hold.stepping === "into" || (hold.stepping === "over" && (point.on === "step" || point.on === "agent"));
  if (!hit && !stepped && because === undefined) return { events, holds: false };
  hold.stepping = undefined;
  const reason = because ?? (hit ? `Breakpoint ${hit.text}.` : "Stepped to here.");
  const data = { reason, at: point, ...(hit ? { breakpoint: hit.text } : {}) };
  events.push({ ...about, step: point.step, type: "run.paused", data });
  if (hit?.once) {
    hold.breakpoints = hold.breakpoints.filter((breakpoint) => breakpoint !== hit);
    events.push({ ...about, type: "breakpoints.set", data: { breakpoints: hold.breakpoints.map(({ text }) => text) } });
  }
  return { events, holds: true };
}
