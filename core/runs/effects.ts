// Steps that touch the world: an agent's loop, a tool's call. Every effect is asked for and answered in the log.
import { runAgent, type LoopWorld, type ModelAnswer } from "../agents/loop.ts";
import { canonicalJson } from "../contract/canonical-json.ts";
import type { EffectKind } from "../contract/events.ts";
import { fail, type Failure } from "../contract/failure.ts";
import type { ItemId, StepId } from "../contract/ids.ts";
import { doerOf, type AgentStep, type ToolStep } from "../contract/plan.ts";
import { noUsage, type Usage } from "../contract/usage.ts";
import { recentMessages } from "../memory/messages.ts";
import type { ModelRequest, Provenance, StepResult, ToolOutcome } from "../models/model.ts";
import { triageStep } from "../planning/triage-plan.ts";
import { newId } from "../system/chance.ts";
import { fit } from "../tools/call-facts.ts";
import { callTool } from "../tools/call.ts";
import { toolCard, type Tool, type ToolContext } from "../tools/tool.ts";
import { stateOf, stepOf, type ActiveRun } from "./active-run.ts";
import { askPerson } from "./ask.ts";
import { isSpent, keepBudget } from "./budget.ts";
import { chooseAgent } from "./choose-agent.ts";
import { overDay } from "./day-budget.ts";
import { doubtOf, settleUncertain } from "./doubt.ts";
import { askLeave, taintOf } from "./leave.ts";
import { answerOf, passReplayed, replayEffect, toolFromRecord } from "./record/from-record.ts";
import { waitForEnd } from "./record/as-then.ts";
import { heardInTry } from "./record/replay.ts";
import { pass } from "./hold.ts";
import { editedRequest, modelInput } from "./model-input.ts";
import { resolveReferences } from "./references.ts";
import { revisionEvents, triageRevision } from "./revise.ts";
import { effectOf, outputIn, type Done, type Scope, type StepSite, type World } from "./scope.ts";

const threadChars = 24_000;

export async function agentStep(world: World, scope: Scope, step: AgentStep, id: StepId): Promise<Done> {
  const { deps, run } = world;
  const { agent, why } = chooseAgent(world, step, id);
  const about = { run: run.id, step: id, actor: `agent:${agent.name}` };
  const part = resolveReferences(step.input.part, outputIn(world, scope));
  await pass(run, { on: "agent", step: id, name: agent.name, input: { part } }, scope.signal);
  const before = stepOf(run, id);
  const data = { attempt: (before?.attempts ?? 0) + 1, agent: agent.name, ...(step.agent === undefined ? { why } : {}) };
  await run.note([{ ...about, type: "step.started", data }]);
  const now = run.replay?.startedAt(id) ?? stepOf(run, id)?.startedAt ?? deps.clock.now();
  const { goal, thread, timeZone, locale, firstSeq } = stateOf(run);
  const tries = (before?.retries ?? 0) + 1;
  const recorded = run.replay?.thread(id, tries) ?? (before && heardInTry(before, tries));
  const { messages, from } = recorded
    ? { messages: recorded, from: [] }
    : recentMessages(deps.log.reader, { thread, before: firstSeq, maxChars: threadChars });
  const site: StepSite = { world, scope, id, actor: about.actor, agent: agent.name, now, signal: scope.signal, heard: from };
  const key = (name: string) => triedKey(id, before?.retries ?? 0, name);
  const loop: LoopWorld = {
    ask: (request, name) => askModel(site, request, key(name)),
    call: (call, name) => useTool(site, { name: call.name, input: call.input, key: key(name), granted: agent.tools }),
  };
  const tools = agent.tools.flatMap((name) => deps.tools.get(name) ?? []).map(toolCard);
  const words = typeof part === "string" ? part : JSON.stringify(part);
  const brief = { goal, part: words || goal, results: resultsOf(site, step) };
  const output = await runAgent({ agent, brief, thread: messages, tools, now, timeZone, locale }, loop);
  return { completed: { output }, also: triageRevision(stateOf(run), run.id, { id, output }) };
}

export async function toolStep(world: World, scope: Scope, step: ToolStep, id: StepId): Promise<Done> {
  const { deps, run } = world;
  const input = resolveReferences(step.input, outputIn(world, scope));
  const before = stepOf(run, id);
  const startedAt = before?.startedAt ?? deps.clock.now();
  const now = run.replay?.startedAt(id) ?? startedAt;
  const site: StepSite = { world, scope, id, actor: "host", agent: "plan", now, signal: scope.signal, heard: [] };
  const pure = deps.tools.get(step.tool)?.effect === "pure";
  if (!pure) {
    const data = { attempt: (before?.attempts ?? 0) + 1 };
    await run.note([{ run: run.id, step: id, actor: "host", type: "step.started", data }]);
  }
  const key = triedKey(id, before?.retries ?? 0, "call");
  const outcome = await useTool(site, { name: step.tool, input, key, granted: undefined });
  if (!outcome.ok) throw fail(outcome.failure.code, outcome.failure.message, outcome.failure.remedy);
  if (pure && !run.replay?.isRecorded(id)) run.replay?.compare(id, outcome.output);
  return { completed: pure ? { output: outcome.output, startedAt } : { output: outcome.output } };
}

/** A tool's call: from the log when it was answered, from the record in a replay, else for real. */
async function useTool(
  site: StepSite,
  call: { name: string; input: unknown; key: string; granted: readonly string[] | undefined },
): Promise<ToolOutcome> {
  const { world, id, actor, now, signal } = site;
  const { deps, run } = world;
  const { name, key } = call;
  const earlier = effectOf(run, id, key);
  if (earlier?.state.is === "completed") return { ok: true, output: earlier.state.output };
  if (earlier?.state.is === "failed") return { ok: false, failure: earlier.state.failure };
  const tool = deps.tools.get(name);
  const pureStep = tool?.effect === "pure" && call.granted === undefined;
  await keepBudget(world, id, site.signal);
  const source = run.replay?.source(id);
  let input = run.replay?.editedInput(key, call.input) ?? call.input;
  if (run.replay && source && source.is !== "live" && (!pureStep || run.replay.holds(id, key))) {
    return toolFromRecord(site, { ...call, input }, run.replay, source.is === "simulated");
  }
  if (source?.is === "live") run.replay?.count("live");
  if (!earlier) {
    const point = { on: "tool" as const, step: id, name, key, input };
    let edit = await pass(run, point, signal);
    if (tool?.effect !== "pure" && keeps(name)) edit = await pass(run, { ...point, on: "memory" }, signal);
    if ("output" in edit) {
      return replayEffect(site, { key, name, call: "tool", input }, { state: { is: "completed", output: edit.output } }, "edited");
    }
    if ("input" in edit) input = edit.input;
  }
  let interrupted = earlier !== undefined;
  let letThrough = interrupted;
  const asked = earlier?.input ?? input;
  // The gravest that it can be says enough of all others.
  const kind = tool && isGrave(tool.effect) ? kindOf(deps.tools, name, asked) : undefined;
  if (kind && isGrave(kind)) {
    const doubt = doubtOf(site, { key, name, earlier });
    const outcome = doubt && (await settleUncertain(site, { key, name, input: asked, effect: kind }, doubt));
    if (outcome) return outcome;
    letThrough ||= doubt !== undefined;
    // Asked for anew, so that a second crash is a second question.
    interrupted = false;
  }
  const { timeZone, workspace, rules } = stateOf(run);
  return callTool(
    {
      reader: deps.log.reader,
      append: run.emit,
      note: run.note,
      tools: deps.tools,
      policy: deps.policy,
      mask: deps.mask,
      clock: deps.clock,
    },
    {
      run: run.id,
      step: id,
      actor,
      agent: site.agent,
      granted: call.granted,
      key,
      interrupted,
      letThrough,
      journaled: !pureStep,
      now,
      timeZone,
      workspace,
      rules,
      signal,
      revise: (patch, reason) => revisionEvents(deps, run, { patch, reason, actor, granted: call.granted ?? [...deps.tools.keys()] }),
      keptAs: (path) => stateOf(run).files.flatMap((file) => (file.key === key && file.path === path ? [file.after] : [])),
      newItemId: () => newId("item", deps.clock.now(), deps.chance) as ItemId,
      taint: () => taintOf(site),
      overBudget: () => (isSpent(world, id) ? keepBudget(world, id, signal) : undefined),
      ask: (call) => askLeave(site, key, call),
      askInMidst: askInMidst(site, key),
      progress: (text) => deps.signals.send({ type: "progress", run: run.id, step: id, text }),
    },
    name,
    asked,
  );
}

/** Each question of a call is one for itself, also where it is asked once more; after a restart they come in the same order. */
function askInMidst({ world, scope, id }: StepSite, key: string): ToolContext["ask"] {
  const askedAt = new Map<string, number>();
  return async ({ question, proposal }) => {
    const shown = { ...proposal, key };
    const form = canonicalJson([question, shown]);
    const isSame = (asked: { question: string; proposal: unknown }) => canonicalJson([asked.question, asked.proposal]) === form;
    const item = { step: id, kind: "question" as const, question, proposal: shown };
    const said = await askPerson(world, scope, item, askedAt.get(form), isSame);
    askedAt.set(form, said.askedSeq);
    return said;
  };
}

/** It must not happen twice. */
function isGrave(kind: EffectKind): boolean {
  return kind === "at-most-once" || kind === "unsafe";
}

/** Undefined where there can be no such call. */
function kindOf(tools: ReadonlyMap<string, Tool>, name: string, input: unknown): EffectKind | undefined {
  const fitting = fit(tools, name, input);
  return fitting.ok ? fitting.tool.effectOf(fitting.input) : undefined;
}

function keeps(tool: string): boolean {
  return /^(calendar|expenses|memory|notes|reminders)\.(add|remember)$/.test(tool);
}

async function askModel(
  site: StepSite,
  request: ModelRequest,
  key: string,
): Promise<{ ok: true; answer: ModelAnswer } | { ok: false; failure: Failure }> {
  const { world, id, actor, signal } = site;
  const { run } = world;
  const earlier = effectOf(run, id, key);
  if (earlier?.state.is === "completed") return { ok: true, answer: earlier.state.output as ModelAnswer };
  if (earlier?.state.is === "failed") return { ok: false, failure: earlier.state.failure };
  await keepBudget(world, id, site.signal);
  const source = run.replay?.source(id);
  const model = source?.is === "simulated" ? world.deps.simulator : run.model;
  const about = { run: run.id, step: id, actor };
  const effect = { key, name: model.id, call: "model" as const };
  const input = modelInput(request);
  if (source && source.is !== "live" && source.is !== "simulated") {
    if (run.replay?.isOpen(id, key)) await waitForEnd(world, run.replay, { id, key, signal });
    const given = await passReplayed(site, { ...effect, input }, "model");
    const outcome = await replayEffect(
      site,
      { ...effect, input: given.input },
      given.answer ?? run.replay?.answer(id, key, given.input),
      given.answer ? "edited" : "recorded",
    );
    return outcome.ok ? { ok: true, answer: outcome.output as ModelAnswer } : outcome;
  }
  if (source?.is === "live") run.replay?.count("live");
  const edit = earlier ? (stateOf(run).edits[key] ?? {}) : await pass(run, { on: "model", step: id, name: model.id, key, input }, signal);
  if ("output" in edit) {
    const answered = await replayEffect(
      site,
      { ...effect, input },
      { state: { is: "completed", output: answerOf(edit.output) } },
      "edited",
    );
    return answered.ok ? { ok: true, answer: answered.output as ModelAnswer } : answered;
  }
  const edited = editedRequest(request, edit);
  const overToday = () => (model.kind === "language" ? overDay(world, id, signal) : undefined);
  for (let over = overToday(); over; over = overToday()) await over;
  if (!earlier) {
    await run.emit([{ ...about, type: "effect.requested", data: { ...effect, effect: "idempotent", input: modelInput(edited) } }]);
  }
  const answered = await collect(site, edited, signal, model);
  signal.throwIfAborted();
  if (answered.ok) {
    const { answer, usage, provenance } = answered;
    await run.note([{ ...about, type: "effect.completed", data: { ...effect, output: answer, usage, ...provenance } }]);
  } else {
    await run.note([{ ...about, type: "effect.failed", data: { ...effect, failure: answered.failure } }]);
  }
  return answered;
}

async function collect(
  { world, id }: StepSite,
  request: ModelRequest,
  signal: AbortSignal,
  model: ActiveRun["model"],
): Promise<{ ok: true; answer: ModelAnswer; usage: Usage; provenance: Provenance } | { ok: false; failure: Failure }> {
  const { deps, run } = world;
  const calls: ModelAnswer["calls"][number][] = [];
  const shown = request.outputSchema === undefined;
  let text = "";
  let usage = noUsage;
  let provenance: Provenance = {};
  for await (const part of model.stream(request, signal, run.id)) {
    if (part.type === "failure") return { ok: false, failure: part.failure };
    if (part.type === "finish") {
      const { type: _, usage: used, ...rest } = part;
      usage = used;
      provenance = rest;
    }
    if (part.type === "notice") {
      deps.signals.send({ type: "notice", run: run.id, step: id, text: part.text });
      deps.telemetry.warn("models", part.text, { run: run.id, step: id });
    }
    if (part.type === "call") calls.push(part.call);
    if (part.type !== "text") continue;
    text += part.text;
    if (shown) deps.signals.send({ type: "text.delta", run: run.id, step: id, text: part.text });
  }
  return { ok: true, answer: { text, calls }, usage, provenance };
}

/** Outcomes of the needed steps, in plan order; triage's is the plan itself, so it is left out. */
function resultsOf({ world, scope }: StepSite, step: AgentStep): StepResult[] {
  return step.needs.flatMap((need): StepResult[] => {
    const known = stepOf(world.run, scope.prefix + need);
    if (!known || need === triageStep || known.status === "skipped") return [];
    const { step: needed, output, failure } = known;
    const part = needed.kind === "agent" && typeof needed.input.part === "string" ? needed.input.part : "";
    const outcome: ToolOutcome = failure ? { ok: false, failure } : { ok: true, output };
    return [{ step: needed.id, agent: known.agent ?? doerOf(needed), part, outcome }];
  });
}

/** After a retry the calls are new ones, with keys of their own. */
function triedKey(id: string, retries: number, key: string): string {
  return retries === 0 ? `${id}.${key}` : `${id}#${retries + 1}.${key}`;
}
