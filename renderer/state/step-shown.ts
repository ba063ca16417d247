// Which step of the run on show is looked into, and what is known of it.
import { bodyOf, definitionOf, freshStep, type Moment, type Step, type StepState } from "../../core/contract/index.ts";
import type { WholeSteps } from "./run-reader.ts";

/** The step to look into: the chosen one, or else the one that is held, runs or failed, or else the last. */
export function stepShown(run: Moment, chosen: string | undefined): string | undefined {
  if (chosen !== undefined && has(run, chosen)) return chosen;
  if (!mattering.has(run)) mattering.set(run, stepThatMatters(run));
  return mattering.get(run);
}

/** Asked for at each change of the window, and a plan may have 20,000 steps. */
const mattering = new WeakMap<Moment, string | undefined>();

function stepThatMatters(run: Moment): string | undefined {
  const held = run.pause?.at?.step;
  if (held !== undefined && has(run, held)) return held;
  let failed: string | undefined;
  for (const [id, status] of run.statuses) {
    if (status === "running") return id;
    if (status === "failed") failed ??= id;
  }
  return failed ?? run.revisions.at(-1)?.plan.steps.at(-1)?.id;
}

/** Of the steps inside others only those looked at are told, so the plan says which there are. */
function has(run: Moment, id: string): boolean {
  return run.statuses.has(id) || (id.includes("/") && definition(run, id) !== undefined);
}

function definition({ revisions }: Moment, id: string): Step | undefined {
  const plan = revisions.at(-1)?.plan;
  return plan && definitionOf(plan, id);
}

interface OnShow {
  readonly shown: Moment | undefined;
  readonly steps: WholeSteps;
  readonly step: string | undefined;
}

/** That step in whole; undefined until it is read. One that has not begun is as the plan has it. */
export function wholeStep({ shown, steps, step: chosen }: OnShow): StepState | undefined {
  const id = shown && stepShown(shown, chosen);
  if (!shown || id === undefined) return undefined;
  const whole = steps.get(id);
  if (whole || (shown.statuses.get(id) ?? "waiting") !== "waiting") return whole;
  const step = definition(shown, id);
  return step && unbegun(id, step);
}

const unbegunSteps = new WeakMap<Step, StepState>();

/** The same value each time it is asked for. */
function unbegun(id: string, step: Step): StepState {
  const known = unbegunSteps.get(step);
  if (known?.id === id) return known;
  const made = freshStep(step, id);
  unbegunSteps.set(step, made);
  return made;
}

/** Whether a step has others inside it, by its id at run time. */
export function isGroup(run: Moment, id: string): boolean {
  const step = definition(run, id);
  return step !== undefined && bodyOf(step).length > 0;
}
