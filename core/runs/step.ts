// One step carried out: an agent's loop or a tool's call, every effect asked for and answered in the log.
import { runAgent, type LoopWorld, type ModelAnswer } from "../agents/loop.ts";
import type { NewEvent } from "../contract/events.ts";
import { fail, failureOf, type Failure } from "../contract/failure.ts";
import type { StepId } from "../contract/ids.ts";
import type { AgentStep, ToolStep } from "../contract/plan.ts";
import type { EffectState, StepState } from "../contract/run-state.ts";
import { noUsage, type Usage } from "../contract/usage.ts";
import { recentMessages } from "../memory/messages.ts";
import type { ModelRequest, StepResult, ToolOutcome } from "../models/model.ts";
import { planAfterTriage, triageStep } from "../planning/triage-plan.ts";
import { callTool } from "../tools/call.ts";
import { toolCard } from "../tools/tool.ts";
import type { ActiveRun, EngineDeps } from "./active-run.ts";
import { resolveReferences } from "./references.ts";

const maxAttempts = 5;
const threadChars = 24_000;

/** Ends with `step.completed` or `step.failed` in the log.
 * @throws only when it was aborted, or the log can't be written */
export async function executeStep(deps: EngineDeps, run: ActiveRun, before: StepState): Promise<void> {
  const { step } = before;
  const about = { run: run.state.id, step: step.id, actor: actorOf(before) };
  const attempt = before.attempts + 1;
  const [started] = await run.emit([{ ...about, type: "step.started", data: { attempt } }]);
  const now = before.startedAt ?? started?.at ?? run.state.startedAt;
  const signal = step.timeoutMs ? AbortSignal.any([run.controller.signal, AbortSignal.timeout(step.timeoutMs)]) : run.controller.signal;
  let ending: NewEvent[];
  try {
    if (attempt > maxAttempts) {
      throw fail("internal", `The host stopped ${maxAttempts} times during this step, so it is not tried again.`);
    }
    const site = { deps, run, before, now, signal };
    const output = step.kind === "agent" ? await agentStep(site, step) : await toolStep(site, step);
    ending = [{ ...about, type: "step.completed", data: { output } }, ...revision(run, step.id, output)];
  } catch (error) {
    if (run.controller.signal.aborted) throw error;
    const failure = signal.aborted ? timeoutFailure(step.timeoutMs) : failureOf(error);
    if (failure.code.startsWith("storage.")) throw error;
    ending = [{ ...about, type: "step.failed", data: { failure } }];
  }
  await run.emit(ending);
}

interface StepSite {
  readonly deps: EngineDeps;
  readonly run: ActiveRun;
  readonly before: StepState;
  readonly now: number;
  readonly signal: AbortSignal;
}

async function agentStep(site: StepSite, step: AgentStep): Promise<{ text: string }> {
  const { deps, run, now } = site;
  const agent = deps.agents.get(step.agent);
  if (!agent) throw fail("not.found", `There is no agent called ${step.agent}.`);
  const { goal, thread, timeZone, locale } = run.state;
  const started = run.state.revisions[0]?.seq ?? 0;
  const world: LoopWorld = {
    ask: (request, key) => askModel(site, request, `${step.id}.${key}`),
    call: (call, key) => useTool(site, { name: call.name, input: call.input, key: `${step.id}.${key}`, granted: agent.tools }),
  };
  const tools = agent.tools.flatMap((name) => deps.tools.get(name) ?? []).map(toolCard);
  const history = recentMessages(deps.log.reader, { thread, before: started - 1, maxChars: threadChars });
  const brief = { goal, part: step.input.part || goal, results: resultsOf(run, step) };
  return runAgent({ agent, brief, thread: history, tools, now, timeZone, locale }, world);
}

async function toolStep(site: StepSite, step: ToolStep): Promise<unknown> {
  const outputs = new Map(site.run.state.steps.map((known) => [known.step.id as string, known.output]));
  const input = resolveReferences(step.input, (id) => outputs.get(id));
  const outcome = await useTool(site, { name: step.tool, input, key: `${step.id}.call`, granted: undefined });
  if (!outcome.ok) throw fail(outcome.failure.code, outcome.failure.message, outcome.failure.remedy);
  return outcome.output;
}

async function useTool(
  site: StepSite,
  call: { name: string; input: unknown; key: string; granted: readonly string[] | undefined },
): Promise<ToolOutcome> {
  const { deps, run, before, now, signal } = site;
  const earlier = recorded(before, call.key);
  if (earlier?.state.is === "completed") return { ok: true, output: earlier.state.output };
  if (earlier?.state.is === "failed") return { ok: false, failure: earlier.state.failure };
  const { id, timeZone, workspace } = run.state;
  const step = before.step.id;
  const { step: definition } = before;
  return callTool(
    { log: { ...deps.log, append: run.emit }, tools: deps.tools },
    {
      run: id,
      step,
      actor: actorOf(before),
      agent: definition.kind === "agent" ? definition.agent : "plan",
      granted: call.granted,
      key: call.key,
      interrupted: earlier !== undefined,
      now,
      timeZone,
      workspace,
      signal,
      newItemId: deps.newItemId,
      progress: (text) =>
        deps.signals.send({
          type: "progress",
          run: id,
          step,
          text,
        }),
    },
    call.name,
    call.input,
  );
}

async function askModel(
  site: StepSite,
  request: ModelRequest,
  key: string,
): Promise<{ ok: true; answer: ModelAnswer } | { ok: false; failure: Failure }> {
  const { run, before, signal } = site;
  const earlier = recorded(before, key);
  if (earlier?.state.is === "completed") return { ok: true, answer: earlier.state.output as ModelAnswer };
  if (earlier?.state.is === "failed") return { ok: false, failure: earlier.state.failure };

  const about = { run: run.state.id, step: before.step.id, actor: actorOf(before) };
  const effect = { key, name: run.model.id, call: "model" as const };
  const { agent, brief, thread, turns, tools } = request;
  const input = { agent, brief, thread, turns, tools: tools.map(({ name }) => name), instructions: request.instructions };
  if (!earlier) await run.emit([{ ...about, type: "effect.requested", data: { ...effect, effect: "idempotent", input } }]);
  const answered = await collect(site, request, signal);
  if (run.controller.signal.aborted) throw fail("cancelled", "It was cancelled.");
  if (answered.ok) {
    const { answer, usage } = answered;
    await run.emit([{ ...about, type: "effect.completed", data: { ...effect, output: answer, usage } }]);
  } else {
    await run.emit([{ ...about, type: "effect.failed", data: { ...effect, failure: answered.failure } }]);
  }
  return answered;
}

async function collect(
  { deps, run, before }: StepSite,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<{ ok: true; answer: ModelAnswer; usage: Usage } | { ok: false; failure: Failure }> {
  const calls: ModelAnswer["calls"][number][] = [];
  const shown = request.outputSchema === undefined;
  let text = "";
  let usage = noUsage;
  for await (const part of run.model.stream(request, signal)) {
    if (part.type === "failure") return { ok: false, failure: part.failure };
    if (part.type === "finish") usage = part.usage;
    if (part.type === "call") calls.push(part.call);
    if (part.type !== "text") continue;
    text += part.text;
    if (shown) deps.signals.send({ type: "text.delta", run: run.state.id, step: before.step.id, text: part.text });
  }
  return { ok: true, answer: { text, calls }, usage };
}

/** Outcomes of the needed steps, in plan order; triage's is the plan itself, so it is left out. */
function resultsOf(run: ActiveRun, step: AgentStep): StepResult[] {
  const needs = new Set<string>(step.needs);
  return run.state.steps.flatMap(({ step: needed, output, failure }): StepResult[] => {
    if (!needs.has(needed.id) || needed.id === triageStep) return [];
    const outcome: ToolOutcome = failure ? { ok: false, failure } : { ok: true, output };
    return needed.kind === "agent"
      ? [{ step: needed.id, agent: needed.agent, part: needed.input.part, outcome }]
      : [{ step: needed.id, agent: needed.tool, part: "", outcome }];
  });
}

function revision(run: ActiveRun, id: StepId, output: unknown): NewEvent[] {
  const newest = run.state.revisions.at(-1);
  if (id !== triageStep || newest?.plan.steps.length !== 1) return [];
  const text = typeof output === "object" && output !== null && "text" in output ? String(output.text) : "";
  const { plan, reason } = planAfterTriage(newest.plan, text);
  const data = { revision: newest.revision + 1, plan, reason };
  return [{ run: run.state.id, actor: "agent:triage", type: "plan.revised", data }];
}

function recorded(step: StepState, key: string): EffectState | undefined {
  return step.effects.find((effect) => effect.key === key);
}

function actorOf({ step }: StepState): string {
  return step.kind === "agent" ? `agent:${step.agent}` : "host";
}

function timeoutFailure(timeoutMs: number | undefined): Failure {
  return { code: "timeout", message: `The step took longer than ${(timeoutMs ?? 0) / 1000} s.` };
}
