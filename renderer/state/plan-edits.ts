// Changes to a plan as values: each gives a new plan and leaves the old one as it was.
import { StepId, type Plan, type Step } from "../../core/contract/index.ts";
import { sameJson } from "./json-draft.ts";

export interface PlanChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What came between two plans, by the steps' ids. */
export function planChanges(before: Plan, after: Plan): PlanChanges {
  const was = new Map<string, Step>(before.steps.map((step) => [step.id, step]));
  const is = new Set(after.steps.map(({ id }) => id as string));
  return {
    added: after.steps.flatMap(({ id }) => (was.has(id) ? [] : [id])),
    changed: after.steps.flatMap((step) => (was.has(step.id) && !sameJson(was.get(step.id), step) ? [step.id] : [])),
    removed: before.steps.flatMap(({ id }) => (is.has(id) ? [] : [id])),
  };
}

/** "1 step changed, 2 added"; undefined when nothing is. */
export function changesInWords({ added, changed, removed }: PlanChanges): string | undefined {
  const parts = [
    [changed, "changed"],
    [added, "added"],
    [removed, "removed"],
  ] as const;
  const said = parts.filter(([ids]) => ids.length > 0).map(([ids, word]) => `${ids.length} ${word}`);
  return said.length === 0 ? undefined : said.join(", ");
}

/** A new step that waits for `after`, and its name. */
export function addAfter(plan: Plan, after: string): { plan: Plan; id: string } {
  const taken = new Set<string>(plan.steps.map(({ id }) => id));
  let number = plan.steps.length + 1;
  while (taken.has(`step-${number}`)) number += 1;
  const id = StepId.parse(`step-${number}`);
  const step: Step = { id, kind: "agent", agent: "generalist", needs: [StepId.parse(after)], input: { part: "" }, onError: "fail" };
  const at = plan.steps.findIndex((known) => known.id === after);
  return { plan: { ...plan, steps: plan.steps.toSpliced(at + 1, 0, step) }, id };
}

/** Without the step; what waited for it waits for what it waited for. */
export function removeStep(plan: Plan, id: string): Plan {
  const gone = plan.steps.find((step) => step.id === id);
  if (!gone) return plan;
  const steps = plan.steps
    .filter((step) => step !== gone)
    .map((step) => {
      const needs = step.needs.includes(gone.id) ? [...new Set([...step.needs.filter((need) => need !== id), ...gone.needs])] : step.needs;
      return withTargets({ ...step, needs }, (target) => (target === id ? [] : [target]));
    });
  return { ...plan, steps };
}

export function connectSteps(plan: Plan, from: string, to: string): Plan {
  return mapStep(plan, to, (step) =>
    step.needs.some((need) => need === from) ? step : { ...step, needs: [...step.needs, StepId.parse(from)] },
  );
}

export function disconnectSteps(plan: Plan, from: string, to: string): Plan {
  const apart = mapStep(plan, to, (step) => ({ ...step, needs: step.needs.filter((need) => need !== from) }));
  return mapStep(apart, from, (step) => withTargets(step, (target) => (target === to ? [] : [target])));
}

/** Under another name, wherever the plan names it; conditions are left to the person. */
export function renameStep(plan: Plan, id: string, name: string): Plan {
  const to = StepId.parse(name);
  const renamed = plan.steps.map((step) => {
    const moved = { ...step, id: step.id === id ? to : step.id, needs: step.needs.map((need) => (need === id ? to : need)) };
    return withTargets(withReferences(moved, id, name), (target) => (target === id ? [to] : [target]));
  });
  return { ...plan, steps: renamed };
}

export function mapStep(plan: Plan, id: string, change: (step: Step) => Step): Plan {
  return { ...plan, steps: plan.steps.map((step) => (step.id === id ? change(step) : step)) };
}

function withTargets(step: Step, to: (target: StepId) => StepId[]): Step {
  const onError = typeof step.onError === "object" ? step.onError.take.flatMap(to) : undefined;
  const changed: Step = onError ? { ...step, onError: onError.length > 0 ? { take: onError } : "fail" } : step;
  if (changed.kind !== "decide") return changed;
  const branches = changed.branches.map((branch) => ({ ...branch, take: branch.take.flatMap(to) }));
  return { ...changed, branches, otherwise: changed.otherwise.flatMap(to) };
}

function withReferences(step: Step, id: string, name: string): Step {
  const text = JSON.stringify(step, (key, value: unknown) => (key === "$from" && value === id ? name : value));
  return JSON.parse(text) as Step;
}

/** What a step is told, in words, where it is told words. */
export function wordsOf(step: Step): string | undefined {
  return step.kind === "agent" && typeof step.input.part === "string"
    ? step.input.part
    : step.kind === "review"
      ? step.question
      : undefined;
}

export function withWords(step: Step, words: string): Step {
  if (step.kind === "agent") return { ...step, input: { part: words } };
  return step.kind === "review" ? { ...step, question: words } : step;
}

export function withDoer(step: Step, doer: string): Step {
  if (step.kind === "agent") return { ...step, agent: doer };
  return step.kind === "tool" ? { ...step, tool: doer } : step;
}
