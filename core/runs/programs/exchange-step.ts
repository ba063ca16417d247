// One request of an outside program: held, changed, asked, answered and recorded like any call; then the tools that the
// answer leads the program to, whose results come with a later request.
import type { NewEvent } from "../../contract/events.ts";
import { fail, FailureError, failureOf, type Failure } from "../../contract/failure.ts";
import type { StepId } from "../../contract/ids.ts";
import { noUsage } from "../../contract/usage.ts";
import type { ToolCall } from "../../models/model.ts";
import { stepOf } from "../active-run.ts";
import { keepBudget } from "../budget.ts";
import { overDay } from "../day-budget.ts";
import { pass } from "../hold.ts";
import { waitForEnd } from "../record/as-then.ts";
import { answerOf, passReplayed, replayEffect, toolFromRecord } from "../record/from-record.ts";
import type { Done, Scope, StepSite, World } from "../scope.ts";
import type { Asked, Exchange, ProgramAnswer, ProgramRequest, ServerAnswer } from "./session.ts";

export async function exchangeStep(world: World, scope: Scope, id: StepId): Promise<Done> {
  const { run, deps } = world;
  const exchange = run.program?.at(id);
  const about = { run: run.id, step: id, actor };
  await run.note([{ ...about, type: "step.started", data: { attempt: (stepOf(run, id)?.attempts ?? 0) + 1 } }]);
  const signal = exchange ? AbortSignal.any([scope.signal, exchange.signal]) : scope.signal;
  const site: StepSite = { world, scope, id, actor, agent: "program", now: deps.clock.now(), signal, heard: [] };
  try {
    await keepBudget(world, id, signal);
    const { answer, hand } = run.replay && !isLive(world, id) ? await fromRecord(site, exchange) : await ask(site, live(exchange, id));
    if (exchange) await handOn(site, answer.calls, hand);
    else await toolsFromRecord(site, answer.calls);
    return { completed: { output: { text: answer.text, calls: answer.calls } } };
  } catch (error) {
    if (scope.signal.aborted || !exchange?.signal.aborted) throw error;
    throw new FailureError(hungUp);
  }
}

const hungUp: Failure = { code: "cancelled", message: "The program hung up before it had its answer." };
const actor = "agent:program";

function isLive({ run }: World, id: StepId): boolean {
  return run.replay?.source(id).is === "live";
}

function live(exchange: Exchange | undefined, id: StepId): Exchange {
  if (!exchange) throw fail("conflict", `Only the program itself can ask ${id} anew.`, "Give its command: botmojo replay RUN -- COMMAND");
  return exchange;
}

interface Answered {
  readonly answer: { readonly text: string; readonly calls: readonly ToolCall[] };
  /** Gives the program its answer, with other arguments for some calls. */
  readonly hand: (edits: ReadonlyMap<string, unknown>) => Promise<void>;
}

/** Sends the request to the model, as a person changed it; or takes their answer instead. */
async function ask(site: StepSite, exchange: Exchange): Promise<Answered> {
  const { world, id, signal } = site;
  const { run, deps } = world;
  const { call, name, input: asked } = exchange.asks;
  const key = askKey(id);
  const effect = { key, name, call };
  const about = { run: run.id, step: id, actor };
  run.replay?.count("live");
  // Nothing is done by what a server is only asked about itself.
  const edit = call === "server" ? { held: false } : await pass(run, { on: call, step: id, name, key, input: asked }, signal);
  if ("output" in edit) {
    const output = call === "model" ? answerOf(edit.output) : edit.output;
    await replayEffect(site, { ...effect, input: asked }, { state: { is: "completed", output } }, "edited");
    return given(exchange, call, output);
  }
  const input = "input" in edit ? edit.input : asked;
  const request = !("input" in edit)
    ? exchange.request
    : call === "model"
      ? (input as ProgramRequest)
      : { ...exchange.request, body: input };
  const day = () => (call === "model" ? overDay(world, id, signal) : undefined);
  for (let over = day(); over; over = day()) await over;
  const kind = call === "tool" ? ("unsafe" as const) : ("idempotent" as const);
  await run.emit([{ ...about, type: "effect.requested", data: { ...effect, effect: kind, input: input ?? null } }]);
  try {
    const { answer, usage = noUsage } = await exchange.forward(request, {
      holdsCalls: () => run.hold.stepping !== undefined || run.hold.breakpoints.some(({ on }) => on === "tool"),
      onText: (text) => deps.signals.send({ type: "text.delta", run: run.id, step: id, text }),
      signal,
    });
    const from = call === "tool" ? { from: [`the program's tool ${name}`] } : {};
    const used = call === "model" ? { usage } : {};
    await run.emit([{ ...about, type: "effect.completed", data: { ...effect, output: outputOf(answer), ...used, ...from } }]);
    return { answer: "calls" in answer ? answer : nothingSaid, hand: (edits) => exchange.finish(edits) };
  } catch (error) {
    if (site.scope.signal.aborted) throw error;
    const failure = exchange.signal.aborted ? hungUp : failureOf(error);
    await run.note([{ ...about, type: "effect.failed", data: { ...effect, failure } }]);
    throw error instanceof FailureError ? error : fail(failure.code, failure.message);
  }
}

/** The answer of then; without a program its request of then too. */
async function fromRecord(site: StepSite, exchange: Exchange | undefined): Promise<Answered> {
  const { world, id, signal } = site;
  const { run } = world;
  const replay = run.replay;
  if (!replay) throw new Error(`${run.id} is no replay`);
  const key = askKey(id);
  const asked = exchange?.asks ?? replay.askedThen(id, key);
  if (!asked) throw fail("conflict", `The record does not hold ${id}.`);
  const { call, name } = asked;
  if (replay.isOpen(id, key)) await waitForEnd(world, replay, { id, key, signal });
  const input = call === "tool" ? replay.editedInput(key, asked.input) : asked.input;
  const passed: Awaited<ReturnType<typeof passReplayed>> =
    call === "server" ? { input } : await passReplayed(site, { key, name, input }, call);
  const state = passed.answer ?? replay.answer(id, key, passed.input);
  const outcome = await replayEffect(site, { key, name, call, input: passed.input }, state, passed.answer ? "edited" : "recorded");
  if (!outcome.ok) throw fail(outcome.failure.code, outcome.failure.message, outcome.failure.remedy);
  return given(exchange, call, outcome.output);
}

const nothingSaid = { text: "", calls: [] };

/** An answer that comes from a record or a person. */
function given(exchange: Exchange | undefined, call: Asked["call"], output: unknown): Answered {
  if (call !== "model") return { answer: nothingSaid, hand: async () => exchange && (await playTool(exchange, output)) };
  const answer = output as ProgramAnswer | Answered["answer"];
  const hand = async (edits: ReadonlyMap<string, unknown>) => {
    if ("pieces" in answer) await exchange?.play(answer, edits);
    else await exchange?.say({ ...answer, calls: changed(answer.calls, edits) });
  };
  return { answer, hand };
}

/** A server's error is kept as one; what it gave else is kept as it is. */
function outputOf(answer: ProgramAnswer | ServerAnswer): unknown {
  return "result" in answer ? answer.result : answer;
}

async function playTool(exchange: Exchange, output: unknown): Promise<void> {
  const keys = typeof output === "object" && output !== null ? Object.keys(output) : [];
  if (keys.length === 1 && keys[0] === "error") await exchange.play(output as ServerAnswer, new Map());
  else if (typeof output === "string") await exchange.say({ ...nothingSaid, output });
  else await exchange.play({ result: output }, new Map());
}

function askKey(id: StepId): string {
  return `${id}.ask`;
}

/** Holds each call of a tool where a breakpoint says so, gives the program its answer, and waits for what its tools gave. */
async function handOn(site: StepSite, calls: readonly ToolCall[], hand: Answered["hand"]): Promise<void> {
  const { world, id, signal, scope } = site;
  const { run } = world;
  const edits = new Map<string, unknown>();
  const events: NewEvent[] = [];
  for (const [index, { id: call, name, input }] of calls.entries()) {
    const key = toolKey(id, index);
    const recorded = run.replay?.editedInput(key, input) ?? input;
    const edit = await pass(run, { on: "tool", step: id, name, key, input: recorded }, signal);
    const now = "input" in edit ? edit.input : recorded;
    if (now !== input) edits.set(call, now);
    const data = { key, name, call: "tool" as const, effect: "unsafe" as const, input: now ?? null };
    events.push({ run: run.id, step: id, actor, type: "effect.requested", data });
  }
  if (events.length > 0) await run.emit(events);
  const given = calls.map(({ id: call }) => run.program?.result(call, scope.signal));
  await hand(edits);
  run.working.delete(id);
  await Promise.all(
    calls.map(async ({ name }, index) => {
      const found = await given[index];
      if (scope.signal.aborted) return;
      const effect = { key: toolKey(id, index), name, call: "tool" as const };
      const about = { run: run.id, step: id, actor };
      const event: NewEvent = found
        ? { ...about, type: "effect.completed", data: { ...effect, output: found.output ?? null, from: [`the program's tool ${name}`] } }
        : { ...about, type: "effect.failed", data: { ...effect, failure: untold } };
      await run.note([event]);
    }),
  );
}

const untold: Failure = { code: "tool.failed", message: "The program ended without telling its model what this gave." };

/** Without the program, what its tools gave is what they gave then. */
async function toolsFromRecord(site: StepSite, calls: readonly ToolCall[]): Promise<void> {
  const { run } = site.world;
  if (!run.replay) return;
  for (const [index, { name, input }] of calls.entries()) {
    const key = toolKey(site.id, index);
    await toolFromRecord(site, { name, input: run.replay.editedInput(key, input), key }, run.replay, false);
  }
}

function toolKey(id: StepId, index: number): string {
  return `${id}.call${index + 1}`;
}

function changed(calls: readonly ToolCall[], edits: ReadonlyMap<string, unknown>): ToolCall[] {
  return calls.map((call) => (edits.has(call.id) ? { ...call, input: edits.get(call.id) } : call));
}

/** What a person may make of a request that is held.
 * @throws FailureError `input.invalid` */
export function checkProgramRequest(input: unknown): void {
  const { method, path, body } = (typeof input === "object" && input !== null ? input : {}) as Partial<ProgramRequest>;
  if (typeof method === "string" && typeof path === "string" && path.startsWith("/") && body !== undefined) return;
  throw fail("input.invalid", "That is no request of a program: it has a method, a path and a body.", "Change what is in the body.");
}
