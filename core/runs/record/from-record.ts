// Answers that do not come from the world: from a record, from a person, or simulated. They are written as any other,
// with their source.
import type { NewEvent } from "../../contract/events.ts";
import type { Failure } from "../../contract/failure.ts";
import type { ModelAnswer } from "../../agents/loop.ts";
import type { ToolOutcome } from "../../models/model.ts";
import { fit } from "../../tools/call-facts.ts";
import { pass } from "../hold.ts";
import { waitForEnd } from "./as-then.ts";
import type { Replay } from "./replay.ts";
import { revisedThen } from "./revised-then.ts";
import type { StepSite, World } from "../scope.ts";

/** What a tool answered, refused or was denied then; nothing is called. */
export async function toolFromRecord(
  site: StepSite,
  call: { name: string; input: unknown; key: string },
  replay: Replay,
  simulated: boolean,
): Promise<ToolOutcome> {
  const { world, id, actor } = site;
  const { name, key } = call;
  const fitting = fit(world.deps.tools, name, call.input);
  const input = fitting.ok ? fitting.input : call.input;
  if (simulated) return replayEffect(site, { key, name, call: "tool", input }, latestResult(world, name), "simulated");
  const denial = replay.denial(id, key, name);
  if (denial) {
    const { rule, reason } = denial;
    const data = { tool: name, rule, reason, input: call.input ?? null, key };
    await world.run.note([{ run: world.run.id, step: id, actor, type: "tool.denied", data }]);
    return { ok: false, failure: { code: "denied", message: reason } };
  }
  if (!fitting.ok && !replay.holds(id, key)) return fitting;
  if (replay.isOpen(id, key)) await waitForEnd(world, replay, { id, key, signal: site.signal });
  const given = await passReplayed(site, { key, name, input }, "tool");
  const answer = given.answer ?? replay.answer(id, key, given.input);
  return replayEffect(site, { key, name, call: "tool", input: given.input }, answer, given.answer ? "edited" : "recorded");
}

/** Writes an answer that did not come from the world, just as one that did. */
export async function replayEffect(
  { world, id, actor }: StepSite,
  asked: { key: string; name: string; call: "model" | "tool" | "server"; input: unknown },
  answer: { readonly state: { readonly is: string; readonly output?: unknown; readonly failure?: Failure } } | undefined,
  source: "recorded" | "edited" | "simulated",
): Promise<ToolOutcome> {
  const about = { run: world.run.id, step: id, actor };
  const { input, ...effect } = asked;
  const requested: NewEvent = { ...about, type: "effect.requested", data: { ...effect, effect: "pure", input: input ?? null } };
  if (answer?.state.is === "completed") {
    const output = answer.state.output ?? null;
    const revised = source === "recorded" ? revisedThen(world.run, effect.key) : [];
    await world.run.note([requested, ...revised, { ...about, type: "effect.completed", data: { ...effect, output, source } }]);
    return { ok: true, output };
  }
  const failure = answer?.state.failure ?? { code: "not.found" as const, message: `There is no earlier result of ${asked.name} to go by.` };
  await world.run.note([requested, { ...about, type: "effect.failed", data: { ...effect, failure } }]);
  return { ok: false, failure };
}

/** A replayed call can be held too, such as where it is not what was recorded; a person may change or answer it. */
export async function passReplayed(
  { world: { run }, id, signal }: StepSite,
  { key, name, input }: { key: string; name: string; input: unknown },
  on: "tool" | "model",
): Promise<{ input: unknown; answer?: { state: { is: "completed"; output: unknown } } }> {
  const differs = run.replay?.differs(id, key, input) ?? false;
  const edit = await pass(run, { on, step: id, name, key, input, differs }, signal);
  if ("output" in edit)
    return { input, answer: { state: { is: "completed", output: on === "model" ? answerOf(edit.output) : edit.output } } };
  return { input: "input" in edit ? edit.input : input };
}

/** The newest result of a tool in any run, for simulation. */
function latestResult({ deps }: World, name: string) {
  const row = deps.log.reader.get<{ seq: number }>(
    "SELECT seq FROM events WHERE type = 'effect.completed' AND json_extract(data, '$.name') = ? ORDER BY seq DESC LIMIT 1",
    name,
  );
  const [event] = row ? deps.log.read({ since: row.seq - 1, limit: 1 }) : [];
  return event?.type === "effect.completed" ? { state: { is: "completed", output: event.data.output } } : undefined;
}

/** A person may give a model's answer as bare words. */
export function answerOf(output: unknown): ModelAnswer {
  if (typeof output === "object" && output !== null && "text" in output) return { calls: [], ...output, text: String(output.text) };
  return { text: typeof output === "string" ? output : JSON.stringify(output), calls: [] };
}
