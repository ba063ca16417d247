// Changing the plan of a run under way: by a person, or within bounds by an agent. An approved plan stays as it was
// approved; what an agent adds to it asks before it is done.
import { hash } from "node:crypto";
import { canonicalJson } from "../contract/canonical-json.ts";
import type { NewEvent } from "../contract/events.ts";
import { fail, type FailureError } from "../contract/failure.ts";
import type { RunId, StepId } from "../contract/ids.ts";
import { bodyOf, doerOf, type Plan, type Step } from "../contract/plan.ts";
import type { RunState } from "../contract/run-state.ts";
import { patchPlan } from "../planning/patch-plan.ts";
import { planAfterTriage, triageStep } from "../planning/triage-plan.ts";
import { stateOf, type ActiveRun, type EngineDeps } from "./active-run.ts";
import { askPerson } from "./ask.ts";
import { planMistakes } from "./plan-check.ts";
import type { Scope, World } from "./scope.ts";

export interface Revision {
  readonly patch: readonly Record<string, unknown>[];
  readonly reason: string;
  readonly actor: string;
  /** The tools that the agent has; undefined for a person, who may use all. */
  readonly granted?: readonly string[] | undefined;
}

/** The events of a change, checked against shape, graph, policy and what has begun.
 * @throws FailureError `input.invalid`, `conflict` for a step that has begun, `denied` for what an agent may not do */
export function revisionEvents(deps: EngineDeps, run: ActiveRun, { patch, reason, actor, granted }: Revision): NewEvent[] {
  const { steps, revisions } = stateOf(run);
  const newest = revisions.at(-1);
  if (!newest) throw fail("conflict", "The run has no plan yet.");
  const plan = patchPlan(newest.plan, patch, steps);
  const [mistake] = planMistakes(plan, deps);
  if (mistake) throw fail("input.invalid", mistake);
  keepHeld(run, plan);
  if (granted) keepWithin(run, newest.plan, plan, { granted, agents: deps.agents });
  const revision = newest.revision + 1;
  const revised: NewEvent = { run: run.id, actor, type: "plan.revised", data: { revision, plan, reason, patch: [...patch] } };
  return granted || !stateOf(run).approved ? [revised] : [revised, approvalEvent(run, actor, { revision, plan })];
}

/** What the triage found becomes the plan, once; the first plan holds nothing but the triage. */
export function triageRevision(state: RunState, run: RunId, step: { id: string; output: unknown }): NewEvent[] {
  const newest = state.revisions.at(-1);
  if (step.id !== triageStep || newest?.plan.steps.length !== 1) return [];
  return [revisedByTriage(run, newest, step.output)];
}

/** For a fork: where its past ends between the triage and the plan made of it, or a person has changed what the triage
 * found, the plan is made anew of it. */
export function revisionOfFork(past: RunState, run: RunId, edits: readonly { step: string; output: unknown }[]): NewEvent[] {
  const [first] = past.revisions;
  const newest = past.revisions.at(-1);
  const triage = past.steps.find(({ id }) => id === triageStep);
  if (!first || !newest || !triage || first.plan.steps.length !== 1 || first.plan.steps[0]?.id !== triageStep) return [];
  const edit = edits.find(({ step }) => step === triageStep);
  if (edit) return [revisedByTriage(run, { revision: newest.revision, plan: first.plan }, edit.output)];
  return triage.status === "completed" ? triageRevision(past, run, triage) : [];
}

function revisedByTriage(run: RunId, { revision, plan: first }: { revision: number; plan: Plan }, output: unknown): NewEvent {
  const text = typeof output === "object" && output !== null && "text" in output ? String(output.text) : "";
  const { plan, reason } = planAfterTriage(first, text);
  return { run, actor: "agent:triage", type: "plan.revised", data: { revision: revision + 1, plan, reason } };
}

/** Freezes a plan: only what it holds is done without asking. */
export function approvalEvent(run: ActiveRun, actor: string, { revision, plan }: { revision: number; plan: Plan }): NewEvent {
  return { run: run.id, actor, type: "plan.approved", data: { revision, hash: planHash(plan) } };
}

/** Asks a person before a step that is not in the plan they approved.
 * @throws FailureError `denied` */
export async function askOutsideApproved(world: World, scope: Scope, step: Step, id: StepId): Promise<void> {
  const frozen = approvedSteps(world.run);
  const question = `Step ${id} (${step.kind} ${doerOf(step)}) is not in the plan that was approved. Do it?`;
  // What was asked is answered, also where the plan was approved with this step meanwhile.
  const asked = stateOf(world.run).reviews.some((review) => review.step === id && review.question === question);
  if (!asked && (!frozen || frozen.get(step.id) === canonicalJson(step))) return;
  const { decision, reason } = await askPerson(world, scope, { step: id, kind: "step", question, proposal: step });
  if (decision === "reject") throw refused(reason);
}

export function refused(reason: string): FailureError {
  return fail("denied", reason || "A person did not want this step.");
}

/** A call that is held is edited itself; its step has been read already. */
function keepHeld(run: ActiveRun, after: Plan): void {
  const { pause, steps } = stateOf(run);
  if (!pause?.at || pause.at.on === "step") return;
  const [top = ""] = pause.at.step.split("/");
  const held = steps.find(({ id }) => id === top)?.step;
  const now = after.steps.find(({ id }) => id === top);
  if (held && canonicalJson(held) === canonicalJson(now ?? null)) return;
  throw fail(
    "conflict",
    `Step "${top}" is held before a call, so it can't be changed.`,
    "Change the call's arguments, or give its answer.",
  );
}

/** An agent adds no step that calls a tool it was not given, and leaves an approved plan's own steps as they are. */
function keepWithin(
  run: ActiveRun,
  before: Plan,
  after: Plan,
  { granted, agents }: { granted: readonly string[]; agents: EngineDeps["agents"] },
): void {
  const known = new Map(before.steps.map((step) => [step.id as string, canonicalJson(step)]));
  const stray = after.steps
    .filter((step) => known.get(step.id) !== canonicalJson(step))
    .flatMap((step) => toolsOf(step, agents))
    .find((tool) => !granted.includes(tool));
  if (stray) throw fail("denied", `A step with the tool ${stray} can't be added by an agent that was not given it.`);
  const kept = new Map(after.steps.map((step) => [step.id as string, canonicalJson(step)]));
  for (const [id, text] of approvedSteps(run) ?? []) {
    if (kept.get(id) !== text) throw fail("denied", `Step "${id}" is part of the approved plan; only a person may change it.`);
  }
}

/** The approved plan's steps, as texts, by id; undefined when none was approved. */
function approvedSteps(run: ActiveRun): ReadonlyMap<string, string> | undefined {
  const { approved, revisions } = stateOf(run);
  if (!approved) return undefined;
  const plan = revisions.find(({ revision }) => revision === approved.revision)?.plan;
  if (!plan || planHash(plan) !== approved.hash) throw fail("storage.damaged", "The approved plan is not the one in the log.");
  return new Map(plan.steps.map((step) => [step.id as string, canonicalJson(step)]));
}

/** What a step may call: its own tool, or those of every agent that could do it. */
function toolsOf(step: Step, agents: EngineDeps["agents"]): readonly string[] {
  const inner = bodyOf(step).flatMap((one) => toolsOf(one, agents));
  if (step.kind === "tool") return [step.tool];
  if (step.kind !== "agent") return inner;
  const able = [...agents.values()].filter(({ name, capabilities }) =>
    step.agent ? name === step.agent : capabilities.includes(step.capability ?? ""),
  );
  return able.flatMap(({ tools }) => tools);
}

/** SHA-256 of a plan, as its approval names it. */
export function planHash(plan: Plan): string {
  return hash("sha256", canonicalJson(plan));
}
