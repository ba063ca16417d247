// A call that must not happen twice and may have happened already: a person says what to do, nothing is done silently.
import type { EffectKind, NewEvent } from "../contract/events.ts";
import type { Failure } from "../contract/failure.ts";
import type { EffectState } from "../contract/run-state.ts";
import type { ToolOutcome } from "../models/model.ts";
import { stepOf } from "./active-run.ts";
import { askPerson } from "./ask.ts";
import { effectOf, type StepSite } from "./scope.ts";

interface Doubt {
  readonly question: string;
  /** Decisions made before this event were about an earlier call. */
  readonly since: number;
}

/** Why a call that must not happen twice may have happened already; undefined when it can't have. */
export function doubtOf(
  { world, id }: StepSite,
  { key, name, earlier }: { key: string; name: string; earlier: EffectState | undefined },
): Doubt | undefined {
  if (earlier) {
    const question = `${name} was under way when the host stopped, so it may have happened already (${key}). Make the call again?`;
    return { question, since: earlier.requestedSeq };
  }
  const { retries = 0, effects = [] } = stepOf(world.run, id) ?? {};
  if (retries === 0 || !effects.some((effect) => effect.name === name && effect.state.is !== "completed")) return undefined;
  const question = `An earlier call of ${name} failed or took too long, and may have happened all the same. Make it again (${key})?`;
  return { question, since: 0 };
}

/** Asks a person about a call that may or may not have happened. Undefined: make it. */
export async function settleUncertain(
  site: StepSite,
  call: { key: string; name: string; input: unknown; effect: EffectKind },
  { question, since }: Doubt,
): Promise<ToolOutcome | undefined> {
  const { world, id, actor } = site;
  const { name, key, input } = call;
  const item = { step: id, kind: "effect" as const, question, proposal: { key, name, input } };
  const { decision, answer, reason } = await askPerson(world, site, item, since);
  if (decision === "approve") return undefined;
  const about = { run: world.run.id, step: id, actor };
  const asked = { key, name, call: "tool" as const };
  const requested: NewEvent[] = effectOf(world.run, id, key)
    ? []
    : [{ ...about, type: "effect.requested", data: { ...asked, effect: call.effect, input } }];
  if (decision === "answer") {
    const data = { ...asked, output: answer ?? null, source: "edited" as const };
    await world.run.note([...requested, { ...about, type: "effect.completed", data }]);
    return { ok: true, output: answer ?? null };
  }
  const failure: Failure = { code: "conflict", message: reason || `${name} was not called again: it may have happened already.` };
  await world.run.note([...requested, { ...about, type: "effect.failed", data: { ...asked, failure } }]);
  return { ok: false, failure };
}
