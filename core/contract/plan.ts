// Plans are data: a graph of typed steps that people and agents can read, draw and revise.
import { z } from "zod";
import { closed } from "./faults.ts";
import { PlanStepId } from "./ids.ts";
import { RetryPolicy } from "./retry.ts";

/** Where in the goal a step's words stand: UTF-16 offsets, end exclusive. */
export const Span = closed("span of words", { start: z.int().nonnegative(), end: z.int().nonnegative() });
export type Span = z.infer<typeof Span>;

/** A reference into an earlier step's output: `{ "$from": "s1", "path": "/value" }` (RFC 6901 pointer).
 * Inside the body of a map, loop or plan `$from` may also be `item`, `index`, `last` or `input`.
 * `default` stands where the step was skipped or has nothing there. */
export const Reference = closed("reference", {
  $from: z.string().min(1).max(600),
  path: z
    .string()
    .regex(/^(\/.*)?$/)
    .default(""),
  default: z.unknown().optional(),
});
export type Reference = z.infer<typeof Reference>;

/** A condition in CEL, the Common Expression Language (https://cel.dev): no loops, no globals, always ends. */
export const Condition = z.string().min(1).max(10_000);

/** What a step may use up, its body included. It is looked at before each call: going over it fails the step with
 * `budget.exceeded`. What ends a call that is under way, or a step that only waits, is `timeoutMs`. */
export const Budget = closed("budget", {
  tokens: z.int().positive().optional(),
  /** Tool calls. */
  calls: z.int().nonnegative().optional(),
  timeMs: z.int().positive().optional(),
  /** Millionths of a US dollar, where the model's prices are set (`model.inputPrice`, `model.outputPrice`). */
  microUsd: z.int().positive().optional(),
});
export type Budget = z.infer<typeof Budget>;

const longestMs = 366 * 86_400_000;

const stepBase = {
  id: PlanStepId,
  needs: z.array(PlanStepId).max(1000).default([]),
  /** The words of the goal that this step answers to. */
  words: z.array(Span).optional(),
  /** Skipped when this does not hold. */
  when: Condition.optional(),
  retry: RetryPolicy.optional(),
  timeoutMs: z.int().positive().max(longestMs).optional(),
  budget: Budget.optional(),
  /** `fail` ends the run; `continue` hands the failure to the steps that need this one; `take` names steps that run
   * only if this one fails, and the run goes on. */
  onError: z.union([z.enum(["fail", "continue"]), closed("way around a failure", { take: z.array(PlanStepId).min(1) })]).default("fail"),
};

export const AgentStep = closed("agent step", {
  ...stepBase,
  kind: z.literal("agent"),
  /** Who does it. Without a name, whoever has the `capability` and is free and has done well, chosen when it is ready. */
  agent: z.string().min(1).max(64).optional(),
  capability: z.string().min(1).max(64).optional(),
  /** What this agent is to do, in words. */
  input: closed("agent step's input", { part: z.union([z.string().max(200_000), Reference]).default("") }).default({ part: "" }),
});
export type AgentStep = z.infer<typeof AgentStep>;

export const ToolStep = closed("tool step", {
  ...stepBase,
  kind: z.literal("tool"),
  tool: z.string().min(1).max(128),
  /** The tool's arguments; any value in it may be a `Reference`. */
  input: z.record(z.string(), z.unknown()).default({}),
});
export type ToolStep = z.infer<typeof ToolStep>;

/** Takes the first branch whose condition holds. Steps named in branches that were not taken are skipped. */
export const DecideStep = closed("decide step", {
  ...stepBase,
  kind: z.literal("decide"),
  branches: z
    .array(closed("branch", { when: Condition, take: z.array(PlanStepId) }))
    .min(1)
    .max(100),
  otherwise: z.array(PlanStepId).default([]),
});
export type DecideStep = z.infer<typeof DecideStep>;

const body = {
  steps: z
    .array(z.lazy((): z.ZodType<Step> => Step))
    .min(1)
    .max(100_000),
};

/** Runs its steps once for each element; its output is the list of what the last of them gave, in order. */
export const MapStep = closed("map step", {
  ...stepBase,
  kind: z.literal("map"),
  over: z.union([Reference, z.array(z.unknown()).max(100_000)]),
  concurrency: z.int().min(1).max(1000).default(8),
  ...body,
});

/** Runs its steps again and again until the condition holds or the limit is reached. Output: `{ turns, met, last }`. */
export const LoopStep = closed("loop step", {
  ...stepBase,
  kind: z.literal("loop"),
  until: Condition.optional(),
  limit: z.int().min(1).max(1_000_000),
  ...body,
});

/** Asks a person and sleeps until the answer. Output: `{ decision, answer }`; a rejection fails the step with `denied`. */
export const ReviewStep = closed("review step", {
  ...stepBase,
  kind: z.literal("review"),
  question: z.string().min(1).max(10_000),
  /** What the person is shown; may hold references. */
  input: z.unknown().optional(),
});
export type ReviewStep = z.infer<typeof ReviewStep>;

/** Sleeps for a time, until an instant, or until a message of a name is sent to the run. Output: the message's data.
 * Each message is taken by one step, the one that has waited longest; while none waits for it, it is kept for the next. */
export const WaitStep = closed("wait step", {
  ...stepBase,
  kind: z.literal("wait"),
  forMs: z.int().nonnegative().max(longestMs).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  message: z.string().min(1).max(128).optional(),
});
export type WaitStep = z.infer<typeof WaitStep>;

/** A plan inside the plan; its steps see `input`. Output: what its last steps gave, by id. */
export const NestedStep = closed("plan step", { ...stepBase, kind: z.literal("plan"), input: z.unknown().optional(), ...body });

/** Starts all its steps; the first to complete wins and the others are cancelled. Output: `{ winner, output }`. */
export const RaceStep = closed("race step", { ...stepBase, kind: z.literal("race"), ...body });

/** One request of an outside program to its model, and the tools that the answer leads the program to.
 * Output: `{ text, calls }`. */
export const ExchangeStep = closed("exchange step", { ...stepBase, kind: z.literal("exchange") });
export type ExchangeStep = z.infer<typeof ExchangeStep>;

/** A program that was not written for BotMojo and runs outside it, its model's traffic led through here: a turn of its
 * body, which is one exchange, for each request. Output: `{ text, exitCode, turns }`. */
export const ProgramStep = closed("program step", {
  ...stepBase,
  kind: z.literal("program"),
  command: z.array(z.string().max(100_000)).min(1).max(1000),
  /** Where it was started. */
  folder: z.string().max(4096),
  ...body,
});

export const Step: z.ZodType<Step> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    AgentStep,
    ToolStep,
    DecideStep,
    MapStep,
    LoopStep,
    ReviewStep,
    WaitStep,
    NestedStep,
    RaceStep,
    ProgramStep,
    ExchangeStep,
  ]),
);

type Base = Omit<AgentStep, "kind" | "agent" | "capability" | "input">;
interface Body {
  readonly steps: Step[];
}
export interface MapStep extends Base, Body {
  kind: "map";
  over: Reference | unknown[];
  concurrency: number;
}
export interface LoopStep extends Base, Body {
  kind: "loop";
  until?: string | undefined;
  limit: number;
}
export interface NestedStep extends Base, Body {
  kind: "plan";
  input?: unknown;
}
export interface RaceStep extends Base, Body {
  kind: "race";
}
export interface ProgramStep extends Base, Body {
  kind: "program";
  command: string[];
  folder: string;
}
export type Step =
  | AgentStep
  | ToolStep
  | DecideStep
  | MapStep
  | LoopStep
  | ReviewStep
  | WaitStep
  | NestedStep
  | RaceStep
  | ProgramStep
  | ExchangeStep;

export const Plan = closed("plan", {
  version: z.literal(1),
  goal: z.string().max(200_000),
  steps: z.array(Step).max(100_000),
  budget: Budget.optional(),
});
export type Plan = z.infer<typeof Plan>;

/** The steps inside a step; none for a simple one. */
export function bodyOf(step: Step): readonly Step[] {
  return "steps" in step ? step.steps : [];
}

/** The step that follows a program outside, if the plan has one. Only the program itself can go on with it. */
export function programOf(plan: Plan | undefined): ProgramStep | undefined {
  return plan?.steps.find((step) => step.kind === "program");
}

/** Who does a step, in a word: the agent, the tool, or the kind of step. */
export function doerOf(step: Step): string {
  if (step.kind === "agent") return step.agent ?? step.capability ?? "agent";
  return step.kind === "tool" ? step.tool : step.kind;
}

/** The definition of a step by its id at run time: `each/3/read` is `read` in the body of `each`. */
export function definitionOf(plan: Plan, id: string): Step | undefined {
  let steps: readonly Step[] = plan.steps;
  let found: Step | undefined;
  for (const part of id.split("/")) {
    if (found && /^\d+$/.test(part)) continue;
    found = steps.find((step) => step.id === part);
    if (!found) return undefined;
    steps = bodyOf(found);
  }
  return found;
}

/** Whatever the id of a step goes through, the nearest first; a turn's number is among them and names no step. */
export function outerIds(id: string): string[] {
  const ids: string[] = [];
  for (let cut = id.lastIndexOf("/"); cut > 0; cut = id.lastIndexOf("/", cut - 1)) ids.push(id.slice(0, cut));
  return ids;
}

/** Whether a program outside is about to make the call itself, led to it by what its model answers: its arguments can be
 * changed, but nobody can answer in its place. What it asks a server of its tools comes by here. */
export function isProgramsCall(
  plan: Plan | undefined,
  { on, step, key = "" }: { readonly on: string; readonly step: string; readonly key?: string | undefined },
): boolean {
  return on === "tool" && plan !== undefined && definitionOf(plan, step)?.kind === "exchange" && !key.endsWith(".ask");
}
