// Steps that touch the world: an agent's loop, a tool's call. Every effect is asked for and answered in the log.
import type { Agent } from "../agents/agent.ts";
import { runAgent, type LoopWorld, type ModelAnswer } from "../agents/loop.ts";
import type { NewEvent } from "../contract/events.ts";
import { fail, type Failure } from "../contract/failure.ts";
import type { StepId } from "../contract/ids.ts";
import { doerOf, type AgentStep, type ToolStep } from "../contract/plan.ts";
import type { EffectState } from "../contract/run-state.ts";
import { noUsage, type Usage } from "../contract/usage.ts";
import { recentMessages } from "../memory/messages.ts";
import type { ModelRequest, StepResult, ToolOutcome } from "../models/model.ts";
import { planAfterTriage, triageStep } from "../planning/triage-plan.ts";
import { callTool, fit } from "../tools/call.ts";
import { toolCard } from "../tools/tool.ts";
import { stateOf, stepOf, type ActiveRun } from "./active-run.ts";
import { pass } from "./hold.ts";
import type { Replay } from "./replay.ts";
import { outputIn, waitForOthers, type Done, type Scope, type World } from "./scope.ts";
import { resolveReferences } from "./references.ts";
import { askPerson } from "./ask.ts";

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
  const { agent, why } = chooseAgent(world, step, id);
  const about = { run: run.id, step: id, actor: `agent:${agent.name}` };
  const part = resolveReferences(step.input.part, outputIn(world, scope));
  await pass(run, { on: "agent", step: id, name: agent.name, input: { part } }, scope.signal);
  const before = stepOf(run, id);
  const data = { attempt: (before?.attempts ?? 0) + 1, agent: agent.name, ...(step.agent === undefined ? { why } : {}) };
  await run.note([{ ...about, type: "step.started", data }]);
  const now = run.replay?.startedAt(id) ?? stepOf(run, id)?.startedAt ?? deps.now();
  const site: StepSite = { world, scope, id, actor: about.actor, agent: agent.name, now, signal: scope.signal };
  const { goal, thread, timeZone, locale, firstSeq } = stateOf(run);
  const key = (name: string) => triedKey(id, before?.retries ?? 0, name);
  const loop: LoopWorld = {
    ask: (request, name) => askModel(site, request, key(name)),
    call: (call, name) => useTool(site, { name: call.name, input: call.input, key: key(name), granted: agent.tools }),
  };
  const tools = agent.tools.flatMap((name) => deps.tools.get(name) ?? []).map(toolCard);
  const history =
    run.replay?.thread(id) ??
    recentMessages(deps.log.reader, {
      thread,
      before: firstSeq,
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
  const startedAt = before?.startedAt ?? deps.now();
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
  checkBudget(world, id);
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
  } else if (tool && (tool.effect === "at-most-once" || tool.effect === "unsafe")) {
    const outcome = await settleUncertain(site, { key, name, input: earlier.input });
    if (outcome) return outcome;
  }
  const { timeZone, workspace } = stateOf(run);
  return callTool(
    { reader: deps.log.reader, append: run.emit, note: run.note, tools: deps.tools },
    {
      run: run.id,
      step: id,
      actor,
      agent: site.agent,
      granted: call.granted,
      key,
      interrupted: earlier !== undefined,
      journaled: !pureStep,
      now,
      timeZone,
      workspace,
      signal,
      newItemId: deps.newItemId,
      progress: (text) => deps.signals.send({ type: "progress", run: run.id, step: id, text }),
    },
    name,
    earlier?.input ?? input,
  );
}

/** What a tool answered, refused or was denied then; nothing is called. */
async function toolFromRecord(
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
  if (replay.cutShort(id, key)) await waitForOthers(world, id, site.signal);
  return replayEffect(site, { key, name, call: "tool", input }, replay.answer(id, key, input), "recorded");
}

function keeps(tool: string): boolean {
  return /^(calendar|expenses|memory|notes)\.(add|remember)$/.test(tool);
}

/** A call that may or may not have happened when the host stopped: a person says. Undefined: make it again. */
async function settleUncertain(site: StepSite, call: { key: string; name: string; input: unknown }): Promise<ToolOutcome | undefined> {
  const { world, id, actor } = site;
  const { name, key } = call;
  const question = `${name} was under way when the host stopped, so it may have happened already (${key}). Make the call again?`;
  const { decision, answer, reason } = await askPerson(
    world,
    { signal: site.signal },
    { step: id, kind: "effect", question, proposal: call },
  );
  if (decision === "approve") return undefined;
  const about = { run: world.run.id, step: id, actor };
  const effect = { key, name, call: "tool" as const };
  if (decision === "answer") {
    await world.run.note([{ ...about, type: "effect.completed", data: { ...effect, output: answer ?? null, source: "edited" } }]);
    return { ok: true, output: answer ?? null };
  }
  const failure: Failure = { code: "conflict", message: reason || `${name} was not called again: it may have happened already.` };
  await world.run.note([{ ...about, type: "effect.failed", data: { ...effect, failure } }]);
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
  checkBudget(world, id);
  const source = run.replay?.source(id);
  const model = source?.is === "simulated" ? world.deps.simulator : run.model;
  const about = { run: run.id, step: id, actor };
  const effect = { key, name: model.id, call: "model" as const };
  const { agent, brief, thread, turns, tools } = request;
  const input = { agent, brief, thread, turns, tools: tools.map(({ name }) => name), instructions: request.instructions };
  if (source && source.is !== "live" && source.is !== "simulated") {
    if (run.replay?.cutShort(id, key)) await waitForOthers(world, id, signal);
    const outcome = await replayEffect(site, { ...effect, input }, run.replay?.answer(id, key, input), "recorded");
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

/** Whoever has the capability, is least busy now, and was oftener right than wrong in this host's time. */
function chooseAgent({ deps, run }: World, step: AgentStep, id: string): { agent: Agent; why: string } {
  const named = step.agent ?? run.replay?.agent(id);
  if (named !== undefined) {
    const agent = deps.agents.get(named);
    if (!agent) throw fail("not.found", `There is no agent called ${named}.`);
    return { agent, why: step.agent === undefined ? "It was chosen then." : "The plan names it." };
  }
  const able = [...deps.agents.values()].filter(({ capabilities }) => capabilities.includes(step.capability ?? ""));
  const { steps } = stateOf(run);
  const scored = able
    .map((agent) => {
      const its = steps.filter((known) => known.agent === agent.name);
      const load = its.filter(({ status }) => status === "running").length;
      const failures = its.filter(({ status }) => status === "failed").length;
      return { agent, load, failures };
    })
    .toSorted((a, b) => a.load - b.load || a.failures - b.failures);
  const best = scored[0];
  if (!best) throw fail("not.found", `No agent has the capability ${step.capability ?? ""}.`);
  const why = `Of ${scored.length} with ${step.capability ?? ""}: ${best.load} running, ${best.failures} failed in this run.`;
  return { agent: best.agent, why };
}

/** @throws FailureError `budget.exceeded` when the step, a step around it, or the plan has used up what it may */
function checkBudget({ run }: World, id: string): void {
  const plan = stateOf(run).revisions.at(-1)?.plan;
  const around = id.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
  const budgets = around.flatMap((name) => {
    const budget = stepOf(run, name)?.step.budget;
    return budget ? [{ name: `Step ${name}`, budget, prefix: name, since: stepOf(run, name)?.startedAt }] : [];
  });
  if (plan?.budget) budgets.push({ name: "The run", budget: plan.budget, prefix: "", since: stateOf(run).startedAt });
  for (const { name, budget, prefix, since } of budgets) {
    const its = stateOf(run).steps.filter((known) => prefix === "" || known.id === prefix || known.id.startsWith(`${prefix}/`));
    const tokens = its.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0);
    const calls = its.reduce((sum, { effects }) => sum + effects.filter(({ call }) => call === "tool").length, 0);
    if (budget.tokens !== undefined && tokens >= budget.tokens)
      throw fail("budget.exceeded", `${name} has used ${tokens} of ${budget.tokens} tokens.`);
    if (budget.calls !== undefined && calls >= budget.calls)
      throw fail("budget.exceeded", `${name} has made ${calls} of ${budget.calls} tool calls.`);
    const ms = Date.now() - (since ?? Date.now());
    if (budget.timeMs !== undefined && ms > budget.timeMs)
      throw fail("budget.exceeded", `${name} has taken longer than ${budget.timeMs / 1000} s.`);
  }
}
