// Changing a plan while it runs: an RFC 6902 patch, checked against the shape, the graph and what is already done.
import { applyPatch, type Operation } from "rfc6902";
import { canonicalJson } from "../contract/canonical-json.ts";
import { fail } from "../contract/failure.ts";
import { Plan } from "../contract/plan.ts";
import type { StepState } from "../contract/run-state.ts";

/** The plan after the patch. What has begun can't be changed or taken out.
 * @throws FailureError `input.invalid` for a patch that does not apply or makes no plan, `conflict` for one that
 * touches a step that has begun */
export function patchPlan(plan: Plan, patch: readonly Record<string, unknown>[], steps: readonly StepState[]): Plan {
  const draft: unknown = structuredClone(plan);
  let problems: readonly (Error | null)[];
  try {
    problems = applyPatch(draft, patch as unknown as Operation[]);
  } catch (error) {
    throw fail("input.invalid", `The patch is not RFC 6902: ${error instanceof Error ? error.message : String(error)}`);
  }
  for (const [index, problem] of problems.entries()) {
    const operation = patch[index];
    if (problem)
      throw fail(
        "input.invalid",
        `Operation ${index + 1} (${String(operation?.["op"])} ${String(operation?.["path"])}) does not apply: ${problem.name}.`,
      );
  }
  const read = Plan.safeParse(draft);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw fail("input.invalid", `The patched plan is not a plan: /${issue?.path.join("/") ?? ""} ${issue?.message ?? ""}.`);
  }
  const after = new Map(read.data.steps.map((step) => [step.id as string, step]));
  for (const { id, step, status } of steps) {
    if (status === "waiting" || id.includes("/")) continue;
    const now = after.get(id);
    if (!now || canonicalJson(now) !== canonicalJson(step)) {
      throw fail(
        "conflict",
        `Step "${id}" has begun (${status}), so it can't be ${now ? "changed" : "removed"}.`,
        "Fork the run before that step instead.",
      );
    }
  }
  return read.data;
}
