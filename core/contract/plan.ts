// Plans are data: a graph of typed steps that people and agents can read, draw and revise.
import { z } from "zod";
import { StepId } from "./ids.ts";

/** Where in the goal a step's words stand: UTF-16 offsets, end exclusive. */
export const Span = z.object({ start: z.int().nonnegative(), end: z.int().nonnegative() });
export type Span = z.infer<typeof Span>;

/** A reference into an earlier step's output: `{ "$from": "s1", "path": "/value" }` (RFC 6901 pointer). */
export const Reference = z.object({
  $from: StepId,
  path: z
    .string()
    .regex(/^(\/.*)?$/)
    .default(""),
});
export type Reference = z.infer<typeof Reference>;

const stepBase = {
  id: StepId,
  needs: z.array(StepId).max(1000).default([]),
  /** The words of the goal that this step answers to. */
  words: z.array(Span).optional(),
  timeoutMs: z.int().positive().max(86_400_000).optional(),
  /** `fail` ends the run; `continue` hands the failure to the steps that need this one. */
  onError: z.enum(["fail", "continue"]).default("fail"),
};

export const AgentStep = z.object({
  ...stepBase,
  kind: z.literal("agent"),
  agent: z.string().min(1).max(64),
  /** What this agent is to do, in words. */
  input: z.object({ part: z.string().max(200_000) }).default({ part: "" }),
});
export type AgentStep = z.infer<typeof AgentStep>;

export const ToolStep = z.object({
  ...stepBase,
  kind: z.literal("tool"),
  tool: z.string().min(1).max(128),
  /** The tool's arguments; any value in it may be a `Reference`. */
  input: z.record(z.string(), z.unknown()).default({}),
});
export type ToolStep = z.infer<typeof ToolStep>;

export const Step = z.discriminatedUnion("kind", [AgentStep, ToolStep]);
export type Step = z.infer<typeof Step>;

export const Plan = z.object({
  version: z.literal(1),
  goal: z.string().max(200_000),
  steps: z.array(Step).max(10_000),
});
export type Plan = z.infer<typeof Plan>;

/** What is wrong with a plan's graph, one sentence a fault; empty when it can run. Shape is `Plan`'s business. */
export function planFaults(plan: Plan): string[] {
  const faults: string[] = [];
  const byId = new Map<string, Step>();
  for (const step of plan.steps) {
    if (byId.has(step.id)) faults.push(`Step "${step.id}" stands twice.`);
    byId.set(step.id, step);
  }
  for (const step of plan.steps) {
    for (const need of step.needs) {
      if (!byId.has(need)) faults.push(`Step "${step.id}" needs "${need}", which is not in the plan.`);
    }
  }
  const circle = findCircle(plan.steps, byId);
  if (circle) faults.push(`Steps wait for each other in a circle: ${circle.join(" → ")}.`);
  return faults;
}

function findCircle(steps: readonly Step[], byId: ReadonlyMap<string, Step>): string[] | undefined {
  const waiting = new Map(steps.map((step) => [step.id as string, step.needs.filter((need) => byId.has(need)).length]));
  const users = new Map<string, string[]>();
  for (const step of steps) for (const need of step.needs) users.set(need, [...(users.get(need) ?? []), step.id]);
  const ready = steps.filter((step) => waiting.get(step.id) === 0).map((step) => step.id as string);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    waiting.delete(id);
    for (const user of users.get(id) ?? []) {
      const left = (waiting.get(user) ?? 0) - 1;
      waiting.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  const [first] = waiting.keys();
  if (first === undefined) return undefined;
  const path = [first];
  for (;;) {
    const next = byId.get(path.at(-1) ?? "")?.needs.find((need) => waiting.has(need));
    if (next === undefined) return path;
    const seen = path.indexOf(next);
    path.push(next);
    if (seen >= 0) return path.slice(seen);
  }
}
