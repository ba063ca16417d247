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
import type { Exchange, ProgramAnswer, ProgramRequest } from "./session.ts";

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
  const { key, name } = modelCall(id, exchange.request);
  const effect = { key, name, call: "model" as const };
  const about = { run: run.id, step: id, actor };
  run.replay?.count("live");
  const edit = await pass(run, { on: "model", step: id, name, key, input: exchange.request }, signal);
  if ("output" in edit) {
    const answer = answerOf(edit.output);
    await replayEffect(site, { ...effect, input: exchange.request }, { state: { is: "completed", output: answer } }, "edited");
    return { answer, hand: (edits) => exchange.say({ ...answer, calls: changed(answer.calls, edits) }) };
  }
  const input = "input" in edit ? (edit.input as ProgramRequest) : exchange.request;
  for (let over = overDay(world, id, signal); over; over = overDay(world, id, signal)) await over;
  await run.emit([{ ...about, type: "effect.requested", data: { ...effect, effect: "idempotent", input } }]);
  try {
    const { answer, usage = noUsage } = await exchange.forward(input, {
      holdsCalls: () => run.hold.stepping !== undefined || run.hold.breakpoints.some(({ on }) => on === "tool"),
      onText: (text) => deps.signals.send({ type: "text.delta", run: run.id, step: id, text }),
      signal,
    });
    await run.emit([{ ...about, type: "effect.completed", data: { ...effect, output: answer, usage } }]);
    return { answer, hand: (edits) => exchange.finish(edits) };
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
  const key = `${id}.ask`;
  const request = exchange?.request ?? (replay.requestThen(id, key) as ProgramRequest | undefined);
  if (!request) throw fail("conflict", `The record does not hold ${id}.`);
  if (replay.isOpen(id, key)) await waitForEnd(world, replay, { id, key, signal });
  const { name } = modelCall(id, request);
  const given = await passReplayed(site, { key, name, input: request }, "model");
  const state = given.answer ?? replay.answer(id, key, given.input);
  const outcome = await replayEffect(site, { key, name, call: "model", input: given.input }, state, given.answer ? "edited" : "recorded");
  if (!outcome.ok) throw fail(outcome.failure.code, outcome.failure.message, outcome.failure.remedy);
  const answer = outcome.output as ProgramAnswer | Answered["answer"];
  const hand = async (edits: ReadonlyMap<string, unknown>) => {
    if ("pieces" in answer) await exchange?.play(answer, edits);
    else await exchange?.say({ ...answer, calls: changed(answer.calls, edits) });
  };
  return { answer, hand };
}

function modelCall(id: StepId, { method, path, body }: ProgramRequest): { key: string; name: string } {
  const model = typeof body === "object" && body !== null && "model" in body && typeof body.model === "string" ? body.model : "";
  return { key: `${id}.ask`, name: model || `${method} ${path.replace(/\?.*$/s, "")}`.slice(0, 200) };
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
