// Whether the results that a fork is to go on with can stand where they are put.
import { fail } from "../contract/failure.ts";
import type { Seq } from "../contract/ids.ts";
import { outerIds } from "../contract/plan.ts";
import type { RunFold } from "../contract/run-state.ts";

/** @throws FailureError `input.invalid` for a step that there is not, or whose result nobody would look at */
export function checkEdits(past: RunFold, at: Seq, edits: readonly { readonly step: string }[]): void {
  const edited = new Set(edits.map(({ step }) => step));
  for (const { step } of edits) {
    if (!past.step(step)) throw fail("input.invalid", `${past.state?.id} has no step ${step} at event ${at}.`);
    let child = step;
    for (const outer of outerIds(step)) {
      if (edited.has(outer)) throw fail("input.invalid", `${step} lies inside ${outer}, whose result is given too.`, "Give one of them.");
      const state = past.step(outer);
      if (state?.step.kind === "race" && state.status === "completed" && winnerOf(state.output) !== child.slice(outer.length + 1)) {
        throw fail(
          "input.invalid",
          `${child} did not win the race ${outer} at event ${at}, so its result would not be looked at.`,
          `Give ${outer} its result, or fork at an event before the race was over.`,
        );
      }
      if (state) child = outer;
    }
  }
}

function winnerOf(output: unknown): string | undefined {
  return typeof output === "object" && output !== null && "winner" in output ? String(output.winner) : undefined;
}
