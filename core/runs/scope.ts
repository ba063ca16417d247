// Where steps run, and what they see there: the plan itself, or one turn of a body inside it.
import type { NewEvent } from "../contract/events.ts";
import type { StepId } from "../contract/ids.ts";
import type { Step } from "../contract/plan.ts";
import type { EffectState } from "../contract/run-state.ts";
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

/** What a reference's `$from` stands for. A step hides what has its name outside, also where it has no output. */
export function outputIn({ run }: World, scope: Scope): (name: string) => unknown {
  return (name) => {
    const own = stepOf(run, scope.prefix + name);
    return own ? own.output : scope.locals[name];
  };
}

export interface Done {
  readonly completed: Extract<NewEvent, { type: "step.completed" }>["data"];
  /** In the same commit. */
  readonly also?: readonly NewEvent[];
}

/** Where a step of an agent or a tool stands: whose calls it makes, and when it believes to be. */
export interface StepSite {
  readonly world: World;
  readonly scope: Scope;
  readonly id: StepId;
  readonly actor: string;
  readonly agent: string;
  readonly now: number;
  readonly signal: AbortSignal;
  /** Where the conversation that it was told comes from, other than from the person. */
  readonly heard: readonly string[];
}

/** The call of this key, if it has been asked for. */
export function effectOf(run: ActiveRun, id: string, key: string): EffectState | undefined {
  return stepOf(run, id)?.effects.find((effect) => effect.key === key);
}
