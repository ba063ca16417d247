// Steps that touch the world: an agent's loop, a tool's call. Every effect is asked for and answered in the log.
import type { Agent } from "../agents/agent.ts";
import { runAgent, type LoopWorld, type ModelAnswer } from "../agents/loop.ts";
import type { EffectKind, NewEvent } from "../contract/events.ts";
import { fail, type Failure } from "../contract/failure.ts";
import type { ItemId, StepId } from "../contract/ids.ts";
import { doerOf, type AgentStep, type ToolStep } from "../contract/plan.ts";
import type { EffectState } from "../contract/run-state.ts";
import { noUsage, type Usage } from "../contract/usage.ts";
import { recentMessages } from "../memory/messages.ts";
import type { ModelRequest, StepResult, ToolOutcome } from "../models/model.ts";
import { planAfterTriage, triageStep } from "../planning/triage-plan.ts";
import { newId } from "../system/chance.ts";
import { callTool } from "../tools/call.ts";
import { toolCard } from "../tools/tool.ts";
import { stateOf, stepOf, type ActiveRun } from "./active-run.ts";
import { pass } from "./hold.ts";
import { outputIn, type Done, type Scope, type World } from "./scope.ts";
import { resolveReferences } from "./references.ts";
import { revisionEvents } from "./revise.ts";
import { askPerson } from "./ask.ts";
import { recordOf } from "./agent-record.ts";
import { keepBudget } from "./budget.ts";

const threadChars = 24_000;

interface StepSite {
  readonly world: World;
  readonly scope: Scope;
  readonly id: StepId;
  readonly actor: string;
  readonly agent: string;
  readonly now: number;
  readonly signal: AbortSignal;
}

export async function agentStep(world: World, scope: Scope, step: AgentStep, id: StepId): Promise<Done> {
  const { deps, run } = world;
  const { agent, why } = chooseAgent(world, step);
  const about = { run: run.id, step: id, actor: `agent:${agent.name}` };
  const part = resolveReferences(step.input.part, outputIn(world, scope));
  await pass(run, { on: "agent", step: id, name: agent.name, input: { part } }, scope.signal);
  const before = stepOf(run, id);
  const data = { attempt: (before?.attempts ?? 0) + 1, agent: agent.name, ...(step.agent === undefined ? { why } : {}) };
  await run.note([{ ...about, type: "step.started", data }]);
  const now = run.replay?.startedAt(id) ?? stepOf(run, id)?.startedAt ?? deps.clock.now();
  const site: StepSite = { world, scope, id, actor: about.actor, agent: agent.name, now, signal: scope.signal };
  const { goal, thread, timeZone, locale, firstSeq } = stateOf(run);
  const key = (name: string) => triedKey(id, before?.retries ?? 0, name);
  const loop: LoopWorld = {
    ask: (request, name) => askModel(site, request, key(name)),
    call: (call, name) => useTool(site, { name: call.name, input: call.input, key: key(name), granted: agent.tools }),
  };
  const tools = agent.tools.flatMap((name) => deps.tools.get(name) ?? []).map(toolCard);
  const history = recentMessages(deps.log.reader, {
    thread,
    before: run.replay?.firstSeq ?? firstSeq,
    maxChars: threadChars,
  });
  const words = typeof part === "string" ? part : JSON.stringify(part);
  const brief = { goal, part: words || goal, results: resultsOf(site, step) };
  const output = await runAgent({ agent, brief, thread: history, tools, now, timeZone, locale }, loop);
  return { completed: { output }, also: revisionAfter(run, id, output) };
}

export async function toolStep(world: World, scope: Scope, step: ToolStep, id: StepId): Promise<Done> {
  const { deps, run } = world;
  const input = resolveReferences(step.input, outputIn(world, scope));
  const before = stepOf(run, id);
  const startedAt = before?.startedAt ?? deps.clock.now();
  const now = run.replay?.startedAt(id) ?? startedAt;
  const site: StepSite = { world, scope, id, actor: "host", agent: "plan", now, signal: scope.signal };
  const pure = deps.tools.get(step.tool)?.effect === "pure";
  if (!pure) {
    const data = { attempt: (before?.attempts ?? 0) + 1 };
    await run.note([{ run: run.id, step: id, actor: "host", type: "step.started", data }]);
  }
  const key = triedKey(id, before?.retries ?? 0, "call");
  const outcome = await useTool(site, { name: step.tool, input, key, granted: undefined });
  if (!outcome.ok) throw fail(outcome.failure.code, outcome.failure.message, outcome.failure.remedy);
  if (pure) run.replay?.compare(id, outcome.output);
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
  const earlier = recorded(run, id, key);
  if (earlier?.state.is === "completed") return { ok: true, output: earlier.state.output };
  if (earlier?.state.is === "failed") return { ok: false, failure: earlier.state.failure };
  const tool = deps.tools.get(name);
  const pureStep = tool?.effect === "pure" && call.granted === undefined;
  await keepBudget(world, id, site.signal);
  const source = run.replay?.source(id);
  if (source && source.is !== "live" && !pureStep) {
    const checked = tool?.input.safeParse(call.input);
    const input = checked?.success ? checked.data : call.input;
    const asked = { key, name, call: "tool" as const, input };
    const given = await passReplayed(site, asked, "tool");
    if (given.answer) return replayEffect(site, asked, given.answer, "edited");
    const answer = source.is === "simulated" ? latestResult(world, name) : run.replay?.answer(id, key, given.input);
    return replayEffect(site, { ...asked, input: given.input }, answer, source.is === "simulated" ? "simulated" : "recorded");
  }
  if (source?.is === "live") run.replay?.count("live");
  let { input } = call;
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
  if (tool && (tool.effect === "at-most-once" || tool.effect === "unsafe")) {
    const doubt = doubtOf(site, { key, name, earlier });
    const outcome = doubt && (await settleUncertain(site, { key, name, input: earlier?.input ?? input, effect: tool.effect }, doubt));
    if (outcome) return outcome;
    // Asked for anew, so that a second crash is a second question.
    interrupted = false;
  }
  const { timeZone, workspace } = stateOf(run);
  return callTool(
    { reader: deps.log.reader, append: run.emit, note: run.note, tools: deps.tools, clock: deps.clock },
    {
      run: run.id,
      step: id,
      actor,
      agent: site.agent,
      granted: call.granted,
      key,
      interrupted,
      journaled: !pureStep,
      now,
      timeZone,
      workspace,
      signal,
      revise: (patch, reason) => revisionEvents(deps, run, { patch, reason, actor, granted: call.granted ?? [...deps.tools.keys()] }),
      hasKept: (path) => stateOf(run).files.some((file) => file.key === key && file.path === path),
      newItemId: () => newId("item", deps.clock.now(), deps.chance) as ItemId,
      progress: (text) => deps.signals.send({ type: "progress", run: run.id, step: id, text }),
    },
    name,
    earlier?.input ?? input,
  );
}

function keeps(tool: string): boolean {
  return /^(calendar|expenses|memory|notes)\.(add|remember)$/.test(tool);
}

interface Doubt {
  readonly question: string;
  /** Decisions made before this event were about an earlier call. */
  readonly since: number;
}

/** Why a call that must not happen twice may have happened already; undefined when it can't have. */
function doubtOf(
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
async function settleUncertain(
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
  const requested: NewEvent[] = recorded(world.run, id, key)
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

/** Writes an answer that did not come from the world, just as one that did. */
async function replayEffect(
  { world, id, actor }: StepSite,
  asked: { key: string; name: string; call: "model" | "tool"; input: unknown },
  answer: { readonly state: { readonly is: string; readonly output?: unknown; readonly failure?: Failure } } | undefined,
  source: "recorded" | "edited" | "simulated",
): Promise<ToolOutcome> {
  const about = { run: world.run.id, step: id, actor };
  const { input, ...effect } = asked;
  const requested: NewEvent = { ...about, type: "effect.requested", data: { ...effect, effect: "pure", input: input ?? null } };
  if (answer?.state.is === "completed") {
    const output = answer.state.output ?? null;
    await world.run.note([requested, { ...about, type: "effect.completed", data: { ...effect, output, source } }]);
    return { ok: true, output };
  }
  const failure = answer?.state.failure ?? { code: "not.found" as const, message: `There is no earlier result of ${asked.name} to go by.` };
  await world.run.note([requested, { ...about, type: "effect.failed", data: { ...effect, failure } }]);
  return { ok: false, failure };
}

/** A replayed call can be held too, such as where it is not what was recorded; a person may change or answer it. */
async function passReplayed(
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

async function askModel(
  site: StepSite,
  request: ModelRequest,
  key: string,
): Promise<{ ok: true; answer: ModelAnswer } | { ok: false; failure: Failure }> {
  const { world, id, actor, signal } = site;
  const { run } = world;
  const earlier = recorded(run, id, key);
  if (earlier?.state.is === "completed") return { ok: true, answer: earlier.state.output as ModelAnswer };
  if (earlier?.state.is === "failed") return { ok: false, failure: earlier.state.failure };
  await keepBudget(world, id, site.signal);
  const source = run.replay?.source(id);
  const model = source?.is === "simulated" ? world.deps.simulator : run.model;
  const about = { run: run.id, step: id, actor };
  const effect = { key, name: model.id, call: "model" as const };
  const { agent, brief, thread, turns, tools } = request;
  const input = { agent, brief, thread, turns, tools: tools.map(({ name }) => name), instructions: request.instructions };
  if (source && source.is !== "live" && source.is !== "simulated") {
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
  const edit = earlier ? {} : await pass(run, { on: "model", step: id, name: model.id, key, input }, signal);
  if ("output" in edit) {
    const answered = await replayEffect(
      site,
      { ...effect, input },
      { state: { is: "completed", output: answerOf(edit.output) } },
      "edited",
    );
    return answered.ok ? { ok: true, answer: answered.output as ModelAnswer } : answered;
  }
  if (!earlier) await run.emit([{ ...about, type: "effect.requested", data: { ...effect, effect: "idempotent", input } }]);
  const answered = await collect(site, request, signal, model);
  signal.throwIfAborted();
  if (answered.ok) {
    const { answer, usage } = answered;
    await run.note([{ ...about, type: "effect.completed", data: { ...effect, output: answer, usage } }]);
  } else {
    await run.note([{ ...about, type: "effect.failed", data: { ...effect, failure: answered.failure } }]);
  }
  return answered;
}

/** A person may give a model's answer as bare words. */
function answerOf(output: unknown): ModelAnswer {
  if (typeof output === "object" && output !== null && "text" in output) return { calls: [], ...output, text: String(output.text) };
  return { text: typeof output === "string" ? output : JSON.stringify(output), calls: [] };
}

async function collect(
  { world, id }: StepSite,
  request: ModelRequest,
  signal: AbortSignal,
  model: ActiveRun["model"],
): Promise<{ ok: true; answer: ModelAnswer; usage: Usage } | { ok: false; failure: Failure }> {
  const { deps, run } = world;
  const calls: ModelAnswer["calls"][number][] = [];
  const shown = request.outputSchema === undefined;
  let text = "";
  let usage = noUsage;
  for await (const part of model.stream(request, signal)) {
    if (part.type === "failure") return { ok: false, failure: part.failure };
    if (part.type === "finish") usage = part.usage;
    if (part.type === "call") calls.push(part.call);
    if (part.type !== "text") continue;
    text += part.text;
    if (shown) deps.signals.send({ type: "text.delta", run: run.id, step: id, text: part.text });
  }
  return { ok: true, answer: { text, calls }, usage };
}

function recorded(run: ActiveRun, id: string, key: string): EffectState | undefined {
  return stepOf(run, id)?.effects.find((effect) => effect.key === key);
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

export function revisionAfter(run: ActiveRun, id: string, output: unknown): NewEvent[] {
  const newest = stateOf(run).revisions.at(-1);
  if (id !== triageStep || newest?.plan.steps.length !== 1) return [];
  const text = typeof output === "object" && output !== null && "text" in output ? String(output.text) : "";
  const { plan, reason } = planAfterTriage(newest.plan, text);
  const data = { revision: newest.revision + 1, plan, reason };
  return [{ run: run.id, actor: "agent:triage", type: "plan.revised", data }];
}

/** After a retry the calls are new ones, with keys of their own. */
function triedKey(id: string, retries: number, key: string): string {
  return retries === 0 ? `${id}.${key}` : `${id}#${retries + 1}.${key}`;
}

/** Whoever has the capability and is least busy now; among those, whoever was oftenest right so far. */
function chooseAgent({ deps, run }: World, step: AgentStep): { agent: Agent; why: string } {
  if (step.agent !== undefined) {
    const agent = deps.agents.get(step.agent);
    if (!agent) throw fail("not.found", `There is no agent called ${step.agent}.`);
    return { agent, why: "The plan names it." };
  }
  const able = [...deps.agents.values()].filter(({ capabilities }) => capabilities.includes(step.capability ?? ""));
  const { steps } = stateOf(run);
  const scored = able
    .map((agent) => {
      const load = steps.filter((known) => known.agent === agent.name && known.status === "running").length;
      const record = recordOf(deps.log.reader, agent.name);
      // One success and one failure more than there were, so that a newcomer stands between a good and a bad record.
      return { agent, load, record, right: (record.completed + 1) / (record.completed + record.failed + 2) };
    })
    .toSorted((a, b) => a.load - b.load || b.right - a.right);
  const best = scored[0];
  if (!best) throw fail("not.found", `No agent has the capability ${step.capability ?? ""}.`);
  const { completed, failed } = best.record;
  const why = `Of ${scored.length} with ${step.capability ?? ""}: ${best.load} running now, ${completed} done and ${failed} failed so far.`;
  return { agent: best.agent, why };
}
