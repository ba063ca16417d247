// A call that needs a person's leave: asked once for exactly what is shown, good for that call alone, and not for ever.
import { hash } from "node:crypto";
import { canonicalJson } from "../contract/canonical-json.ts";
import type { ReviewId } from "../contract/ids.ts";
import { outerIds } from "../contract/plan.ts";
import { CallProposal } from "../contract/review.ts";
import type { ReviewState, StepState } from "../contract/run-state.ts";
import type { Answer, AskedCall } from "../tools/call.ts";
import { stateOf } from "./active-run.ts";
import { askPerson } from "./ask.ts";
import type { StepSite } from "./scope.ts";

/** Leave that was not used by then is asked for anew: the world has moved on. */
const leaveLastsMs = 60 * 60 * 1000;

/** Sleeps until a person has decided about exactly this call, over restarts too. */
export async function askLeave(site: StepSite, key: string, { name, input, facts, verdict }: AskedCall): Promise<Answer> {
  const { world, id } = site;
  const { agent, hosts, command = null, taint, workspace } = facts;
  const paths = facts.paths.map(({ path }) => path);
  const shown = { key, tool: name, agent, input, paths, hosts: [...hosts], command, from: [...taint] };
  const bound = hash("sha256", canonicalJson({ ...shown, run: world.run.id, workspace }));
  const { rule, reason, also } = verdict;
  const proposal: CallProposal = { ...shown, rule, reason, also: [...also], hash: bound };
  const by = agent === "plan" ? "The plan" : `The agent ${agent}`;
  const item = { step: id, kind: "call" as const, question: `${by} wants to call ${name}. ${reason} Let it?`, proposal };
  for (let since = 0; ;) {
    const decided = await askPerson(world, site, item, since, (asked) => hashOf(asked) === bound);
    const { decision, answer } = decided;
    const review = decided.review as ReviewId;
    if (decision === "reject") return { is: "refused", reason: decided.reason || "A person did not let it." };
    if (decision === "answer") return { is: "answered", output: answer ?? null, review };
    if (world.deps.clock.now() - decided.at <= leaveLastsMs) return { is: "allowed", input: answer ?? input, review };
    since = decided.askedSeq;
  }
}

function hashOf({ proposal }: ReviewState): string | undefined {
  const read = CallProposal.safeParse(proposal);
  return read.success ? read.data.hash : undefined;
}

/** Where what a step's calls gave it comes from, other than from the person. */
export function sourcesOf({ effects }: StepState): readonly string[] {
  return effects.flatMap(({ state }) => (state.is === "pending" ? [] : (state.from ?? [])));
}

/** Where what a step works on may come from, other than from the person: what its calls read, and what the steps that it
 * needs read, however far back, of the bodies around it too. */
export function taintOf({ world: { run }, id, heard }: StepSite): string[] {
  const sources = new Set(heard);
  const given = givenBy(stateOf(run).steps);
  const seen = new Set<string>();
  const open = [id, ...outerIds(id)].toReversed();
  for (let next = open.pop(); next !== undefined && given.size > 0; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    // Of a step around this one only what it needs counts: what is inside it beside this one does not lead here.
    const around = id.startsWith(`${next}/`);
    for (const { giver, from } of given.get(next) ?? []) if (!around || giver === next) for (const source of from) sources.add(source);
    const prefix = next.slice(0, next.lastIndexOf("/") + 1);
    open.push(...(run.fold.step(next)?.step.needs ?? []).map((need) => prefix + need));
  }
  return [...sources];
}

interface Given {
  readonly giver: string;
  readonly from: readonly string[];
}

/** What steps were given from elsewhere, by each of them and by each that they lie in. */
function givenBy(steps: readonly StepState[]): ReadonlyMap<string, readonly Given[]> {
  const given = new Map<string, Given[]>();
  for (const step of steps) {
    const from = sourcesOf(step);
    if (from.length === 0) continue;
    for (const id of [step.id, ...outerIds(step.id)]) {
      const its = given.get(id);
      if (its) its.push({ giver: step.id, from });
      else given.set(id, [{ giver: step.id, from }]);
    }
  }
  return given;
}
