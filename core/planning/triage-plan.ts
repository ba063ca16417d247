// From a goal to a graph: first only a triage, then one step a part, side by side, and where there are several an
// answer that waits for all.
import { Triage } from "../agents/built-in.ts";
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
  const parts: Triage["parts"] = read?.parts ?? [{ agent: "generalist", part: plan.goal, words: [] }];
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
  const reason = read
    ? several
      ? `Triage found ${parts.length} parts: ${steps.map(({ id }) => id).join(", ")}, side by side, then an answer.`
      : `Triage gave it to ${parts[0]?.agent ?? "generalist"}.`
    : "Triage did not answer with parts, so the generalist takes it whole.";
  return { plan: { ...plan, steps: [...plan.steps, ...steps, ...(several ? [answer] : [])] }, reason };
}

function readTriage(text: string): Triage | undefined {
  const from = text.indexOf("{");
  const to = text.lastIndexOf("}");
  if (from < 0 || to <= from) return undefined;
  try {
    const read = Triage.safeParse(JSON.parse(text.slice(from, to + 1)));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

/** The spans that lie inside the goal; else where the part's words stand in it; else none. */
function groundedSpans(goal: string, part: string, words: readonly Span[]): Span[] {
  const inside = words.filter(({ start, end }) => start < end && end <= goal.length);
  if (inside.length > 0) return inside;
  const start = goal.indexOf(part);
  return start < 0 ? [] : [{ start, end: start + part.length }];
}
