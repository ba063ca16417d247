// Where steps run, and what they see there: the plan itself, or one turn of a body inside it.
import type { NewEvent } from "../contract/events.ts";
import type { Step } from "../contract/plan.ts";
import { stateOf, stepOf, type ActiveRun, type EngineDeps } from "./active-run.ts";

export interface World {
  readonly deps: EngineDeps;
  readonly run: ActiveRun;
  /** Ends when every step of the scope has.
   * @throws FailureError of the first step that failed for good, or the signal's reason */
  readonly runScope: (world: World, scope: Scope) => Promise<void>;
}

/** Where steps run: the plan itself, or one turn of a body. */
export interface Scope {
  /** Empty for the plan; `each/3/` for the fourth turn of `each`. */
  readonly prefix: string;
  /** The steps as they are now; a patch changes them while they run. */
  readonly steps: () => readonly Step[];
  /** What references and conditions may name besides steps: `item`, `index`, `last`, `input`, and outer steps. */
  readonly locals: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** What conditions see: each step's output by its id, all of them under `steps`, the locals and the goal. */
export function valuesOf({ run }: World, scope: Scope): Record<string, unknown> {
  const outputs = Object.fromEntries(scope.steps().map(({ id }) => [id, stepOf(run, scope.prefix + id)?.output ?? null]));
  return { goal: stateOf(run).goal, ...scope.locals, ...outputs, steps: outputs };
}

/** What a reference's `$from` stands for. */
export function outputIn({ run }: World, scope: Scope): (name: string) => unknown {
  return (name) => stepOf(run, scope.prefix + name)?.output ?? scope.locals[name];
}

/** Sleeps until an instant of `now`'s clock, however far.
 * @throws the signal's reason */
export async function sleepUntil(now: () => number, at: number, signal: AbortSignal): Promise<void> {
  const longestTimerMs = 2 ** 30;
  for (let left = at - now(); left > 0; left = at - now()) {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, Math.min(left, longestTimerMs));
      function done() {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
      signal.addEventListener("abort", done, { once: true });
    });
  }
  signal.throwIfAborted();
}

const lookAgainMs = 10;

/** Lets a step wait that never had its answer, because something else ended the run: until that happens again, or until
 * nothing else is under way.
 * @throws the signal's reason */
export async function waitForOthers({ run, deps }: World, id: string, signal: AbortSignal): Promise<void> {
  run.working.delete(id);
  while (run.working.size > 0) await sleepUntil(deps.now, deps.now() + lookAgainMs, signal);
  signal.throwIfAborted();
}

export interface Done {
  readonly completed: Extract<NewEvent, { type: "step.completed" }>["data"];
  /** In the same commit. */
  readonly also?: readonly NewEvent[];
}
