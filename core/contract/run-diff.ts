// Two runs side by side: aligned step by step, the first difference first.
import { canonicalJson } from "./canonical-json.ts";
import type { RunState, StepState } from "./run-state.ts";

export interface StepDifference {
  readonly step: string;
  /** What differs, earliest cause first. */
  readonly what: readonly ("missing" | "plan" | "request" | "answer" | "status" | "output")[];
  readonly left: StepState | null;
  readonly right: StepState | null;
}

export interface RunDiff {
  readonly same: boolean;
  readonly equalSteps: number;
  /** In the order in which the runs came to them. */
  readonly differences: readonly StepDifference[];
  readonly answers: { readonly left: string | null; readonly right: string | null; readonly same: boolean };
}

export function diffRuns(left: RunState, right: RunState): RunDiff {
  const others = new Map(right.steps.map((step) => [step.id, step]));
  const known = new Set(left.steps.map(({ id }) => id));
  const pairs = [
    ...left.steps.map((step): [StepState | null, StepState | null] => [step, others.get(step.id) ?? null]),
    ...right.steps.filter(({ id }) => !known.has(id)).map((step): [null, StepState] => [null, step]),
  ];
  const differences = pairs
    .map(([mine, theirs]) => ({ step: (mine ?? theirs)?.id ?? "", what: whatDiffers(mine, theirs), left: mine, right: theirs }))
    .filter(({ what }) => what.length > 0)
    .toSorted((a, b) => beganAt(a) - beganAt(b));
  const same = left.answer === right.answer;
  return {
    same: differences.length === 0 && same,
    equalSteps: pairs.length - differences.length,
    differences,
    answers: { left: left.answer, right: right.answer, same },
  };
}

/** Time into the run at which either came to the step; what never began comes last. */
function beganAt({ left, right }: StepDifference): number {
  return Math.min(left?.startedAt ?? Infinity, right?.startedAt ?? Infinity, Number.MAX_SAFE_INTEGER);
}

function whatDiffers(left: StepState | null, right: StepState | null): StepDifference["what"] {
  if (!left || !right) return ["missing"];
  const differs = (a: unknown, b: unknown) => canonicalJson(a) !== canonicalJson(b);
  const asked = ({ effects }: StepState) => effects.map(({ name, input }) => ({ name, input }));
  const answered = ({ effects }: StepState) => effects.map(({ state }) => (state.is === "completed" ? state.output : state.is));
  const what: StepDifference["what"][number][] = [];
  if (differs(left.step, right.step)) what.push("plan");
  if (differs(asked(left), asked(right))) what.push("request");
  if (differs(answered(left), answered(right))) what.push("answer");
  if (left.status !== right.status) what.push("status");
  if (differs(left.output, right.output)) what.push("output");
  return what;
}
