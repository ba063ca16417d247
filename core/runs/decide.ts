// What a run does next, decided from its state alone; the engine only obeys.
import type { Failure } from "../contract/failure.ts";
import type { StepId } from "../contract/ids.ts";
import type { RunState, StepState } from "../contract/run-state.ts";

export type Decision =
  | { readonly do: "start"; readonly steps: readonly StepState[] }
  | { readonly do: "skip"; readonly step: StepId; readonly reason: string }
  | { readonly do: "complete"; readonly answer: string }
  | { readonly do: "fail"; readonly failure: Failure }
  | { readonly do: "wait" };

/** `busy` holds the steps that the engine has in hand. Decides one kind of thing at a time; ask again after it. */
export function decide(state: RunState, busy: ReadonlySet<string>): Decision {
  if (state.status !== "running") return { do: "wait" };
  const fatal = state.steps.find((step) => step.status === "failed" && step.step.onError === "fail");
  if (fatal?.failure) return busy.size > 0 ? { do: "wait" } : { do: "fail", failure: fatal.failure };

  const byId = new Map(state.steps.map((step) => [step.step.id as string, step]));
  const open = state.steps.filter(({ step, status }) => (status === "waiting" || status === "running") && !busy.has(step.id));
  for (const { step } of open) {
    const lost = step.needs.find((need) => byId.get(need)?.status === "skipped");
    if (lost !== undefined) return { do: "skip", step: step.id, reason: `It needs ${lost}, which was skipped.` };
  }
  const ready = open.filter(({ step }) => step.needs.every((need) => isSettled(byId.get(need))));
  if (ready.length > 0) return { do: "start", steps: ready };
  if (busy.size > 0) return { do: "wait" };
  const failed = state.steps.filter((step) => step.status === "failed");
  const last = lastOutput(state);
  if (last === undefined && failed[0]?.failure) return { do: "fail", failure: failed[0].failure };
  return { do: "complete", answer: last ?? "" };
}

function isSettled(step: StepState | undefined): boolean {
  return step?.status === "completed" || step?.status === "failed";
}

/** The text of the last step that nobody waits for. */
function lastOutput(state: RunState): string | undefined {
  const needed = new Set(state.steps.flatMap(({ step }) => step.needs as readonly string[]));
  const ends = state.steps.filter(({ step, status }) => !needed.has(step.id) && status === "completed");
  const output = ends.at(-1)?.output;
  if (output === undefined) return undefined;
  return typeof output === "object" && output !== null && "text" in output ? String(output.text) : JSON.stringify(output);
}
