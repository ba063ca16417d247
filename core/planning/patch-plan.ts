// Changing a plan while it runs: an RFC 6902 patch, checked against the shape, the graph and what is already done.
import { applyPatch } from "rfc6902";
import { canonicalJson } from "../contract/canonical-json.ts";
import { fail } from "../contract/failure.ts";
import { faultSentence } from "../contract/faults.ts";
import { Patch } from "../contract/patch.ts";
import { Plan } from "../contract/plan.ts";
import type { StepState } from "../contract/run-state.ts";

/** The plan after the patch. What has begun can't be changed or taken out.
 * @throws FailureError `input.invalid` for a patch that does not apply or makes no plan, `conflict` for one that
 * touches a step that has begun */
export function patchPlan(plan: Plan, patch: readonly Record<string, unknown>[], steps: readonly StepState[]): Plan {
  const draft: unknown = structuredClone(plan);
  const shaped = Patch.safeParse(patch);
  if (!shaped.success) throw fail("input.invalid", `The patch is not RFC 6902: ${faultSentence(shaped.error.issues, patch, "it")}`);
  const problems = applyPatch(draft, shaped.data);
  for (const [index, problem] of problems.entries()) {
    const operation = shaped.data[index];
    if (problem)
      throw fail("input.invalid", `Operation ${index + 1} (${operation?.op} ${operation?.path}) does not apply: ${problem.name}.`);
  }
  const read = Plan.safeParse(draft);
  if (!read.success) throw fail("input.invalid", `The patched plan is not a plan: ${faultSentence(read.error.issues, draft, "it")}`);
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
