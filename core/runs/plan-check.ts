// What keeps a plan from being run here, beyond its shape: its graph, its conditions, and names nobody answers to.
import type { Agent } from "../agents/agent.ts";
import { bodyOf, type Plan, type Step } from "../contract/plan.ts";
import { planFaults } from "../contract/plan-faults.ts";
import { conditionFaultsAmong } from "../security/conditions.ts";
import { inputFault } from "../tools/call-facts.ts";
import type { Tool } from "../tools/tool.ts";
import { referenceFaults, referencesIn } from "./references.ts";

interface Known {
  readonly agents: ReadonlyMap<string, Agent>;
  readonly tools: ReadonlyMap<string, Tool>;
}

/** One sentence a mistake; empty when the plan can run. */
export function planMistakes(plan: Plan, known: Known): string[] {
  const faults = planFaults(plan);
  if (plan.steps.length === 0) faults.push("The plan has no steps.");
  return faults.length > 0
    ? faults
    : scopeMistakes(plan.steps, known, { prefix: "", locals: new Set(), outer: new Set(["goal", "steps"]) });
}

/** Where steps stand: `locals` are what references may name besides steps, `outer` what conditions may. */
interface Place {
  readonly prefix: string;
  readonly locals: ReadonlySet<string>;
  readonly outer: ReadonlySet<string>;
}

const bodyNames: Readonly<Partial<Record<Step["kind"], readonly string[]>>> = {
  map: ["item", "index"],
  loop: ["last", "index"],
  plan: ["input"],
};

function scopeMistakes(steps: readonly Step[], known: Known, { prefix, locals, outer }: Place): string[] {
  const names = new Set([...outer, ...steps.map(({ id }) => id)]);
  const faultOf = conditionFaultsAmong(names);
  return steps.flatMap((step) => {
    const name = `Step "${prefix}${step.id}"`;
    const mistakes: string[] = [];
    if (step.kind === "agent" && step.agent !== undefined && !known.agents.has(step.agent)) {
      mistakes.push(`${name} is for the agent "${step.agent}", which there is not.`);
    }
    if (
      step.kind === "agent" &&
      step.capability &&
      !step.agent &&
      ![...known.agents.values()].some((agent) => agent.capabilities.includes(step.capability ?? ""))
    ) {
      mistakes.push(`${name} wants the capability "${step.capability}", which no agent has.`);
    }
    if (step.kind === "program") mistakes.push(`${name} follows a program, which only botmojo record starts.`);
    if (step.kind === "tool" && !known.tools.has(step.tool)) mistakes.push(`${name} calls the tool "${step.tool}", which there is not.`);
    const needs = new Set<string>(step.needs);
    const used = "over" in step ? step.over : "input" in step ? step.input : undefined;
    mistakes.push(...referenceFaults(used, "over" in step ? "over" : "input").map((fault) => `${name}: ${fault}`));
    for (const { $from } of referencesIn(used)) {
      if (!needs.has($from) && !locals.has($from)) mistakes.push(`${name} uses the result of "${$from}" without needing it.`);
    }
    const tool = step.kind === "tool" ? known.tools.get(step.tool) : undefined;
    const fault = tool && referencesIn(used).length === 0 ? inputFault(tool, used) : undefined;
    if (fault) mistakes.push(`${name}: ${fault}`);
    for (const condition of conditionsOf(step)) {
      const fault = faultOf(condition);
      if (fault) mistakes.push(`${name}: ${fault}`);
    }
    const body = bodyOf(step);
    // Of 20,000 steps without one, none is to copy the names of all the others.
    if (body.length === 0) return mistakes;
    const own = bodyNames[step.kind] ?? [];
    const inside = { prefix: `${prefix}${step.id}/`, locals: new Set([...locals, ...own, ...needs]), outer: new Set([...names, ...own]) };
    if (step.kind === "loop" && step.until !== undefined) {
      const fault = conditionFaultsAmong([...inside.outer, ...body.map(({ id }) => id)])(step.until);
      if (fault) mistakes.push(`${name}: ${fault}`);
    }
    return [...mistakes, ...scopeMistakes(body, known, inside)];
  });
}

/** Those that are asked before its body, if it has one. */
function conditionsOf(step: Step): string[] {
  return [...(step.when === undefined ? [] : [step.when]), ...(step.kind === "decide" ? step.branches.map(({ when }) => when) : [])];
}
