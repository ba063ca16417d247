// From a goal to a graph: first only a triage, then one step a part, side by side, and where there are several an
// answer that waits for all.
import { ExactTriage, Triage } from "../agents/built-in.ts";
import { faultSentences } from "../contract/faults.ts";
import type { StepId } from "../contract/ids.ts";
import type { AgentStep, Plan, Span } from "../contract/plan.ts";

export const triageStep = "triage" as StepId;

export function firstPlan(goal: string): Plan {
  const step: AgentStep = {
    id: triageStep,
    kind: "agent",
    agent: "triage",
    needs: [],
    input: { part: goal },
    onError: "fail",
  };
  return { version: 1, goal, steps: [step] };
}

/** The plan once triage has spoken, and why it is so. What is not a triage goes to the generalist whole. */
export function planAfterTriage(plan: Plan, text: string): { plan: Plan; reason: string } {
  const read = readTriage(text);
  const parts: Triage["parts"] = read?.triage.parts ?? [{ agent: "generalist", part: plan.goal, words: [] }];
  const names = new Map<string, number>();
  const several = parts.length > 1;
  const steps = parts.map(({ agent, part, words }): AgentStep => {
    const count = (names.get(agent) ?? 0) + 1;
    names.set(agent, count);
    const spans = groundedSpans(plan.goal, part, words);
    return {
      id: (count === 1 ? agent : `${agent}-${count}`) as StepId,
      kind: "agent",
      agent,
      needs: [triageStep],
      input: { part },
      onError: several ? "continue" : "fail",
      ...(spans.length > 0 ? { words: spans } : {}),
    };
  });
  const answer: AgentStep = {
    id: "answer" as StepId,
    kind: "agent",
    agent: "answer",
    onError: "fail",
    needs: steps.map(({ id }) => id),
    input: { part: plan.goal },
  };
  const found = several
    ? `Triage found ${parts.length} parts: ${steps.map(({ id }) => id).join(", ")}, side by side, then an answer.`
    : `Triage gave it to ${parts[0]?.agent ?? "generalist"}.`;
  const reason = read ? [found, ...read.leftOut].join(" ") : "Triage did not answer with parts, so the generalist takes it whole.";
  return { plan: { ...plan, steps: [...plan.steps, ...steps, ...(several ? [answer] : [])] }, reason };
}

/** `leftOut`: what it said besides, a sentence each, for the plan's reason. */
function readTriage(text: string): { triage: Triage; leftOut: string[] } | undefined {
  const from = text.indexOf("{");
  const to = text.lastIndexOf("}");
  if (from < 0 || to <= from) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(text.slice(from, to + 1));
  } catch {
    return undefined;
  }
  const read = Triage.safeParse(said);
  if (!read.success) return undefined;
  const strange = faultSentences(ExactTriage.safeParse(said).error?.issues ?? [], said, "it");
  return { triage: read.data, leftOut: strange.slice(0, 3).map((says) => `Left out of its answer: ${says}`) };
}

/** The spans that lie inside the goal; else where the part's words stand in it; else none. */
function groundedSpans(goal: string, part: string, words: readonly Span[]): Span[] {
  const inside = words.filter(({ start, end }) => start < end && end <= goal.length);
  if (inside.length > 0) return inside;
  const start = goal.indexOf(part);
  return start < 0 ? [] : [{ start, end: start + part.length }];
}
