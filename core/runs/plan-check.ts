// What keeps a plan from being run here, beyond its shape: its graph, and names that nobody answers to.
import type { Agent } from "../agents/agent.ts";
import { planFaults, type Plan } from "../contract/plan.ts";
import type { Tool } from "../tools/tool.ts";
import { referredSteps } from "./references.ts";

/** One sentence a mistake; empty when the plan can run. */
export function planMistakes(plan: Plan, known: { agents: ReadonlyMap<string, Agent>; tools: ReadonlyMap<string, Tool> }): string[] {
  const mistakes = planFaults(plan);
  if (plan.steps.length === 0) mistakes.push("The plan has no steps.");
  for (const step of plan.steps) {
    if (step.kind === "agent" && !known.agents.has(step.agent)) {
      mistakes.push(`Step "${step.id}" is for the agent "${step.agent}", which there is not.`);
    }
    if (step.kind === "tool" && !known.tools.has(step.tool)) {
      mistakes.push(`Step "${step.id}" calls the tool "${step.tool}", which there is not.`);
    }
    const needs = new Set<string>(step.needs);
    for (const source of referredSteps(step.input)) {
      if (!needs.has(source)) mistakes.push(`Step "${step.id}" uses the result of "${source}" without needing it.`);
    }
  }
  return mistakes;
}
