// Drives runs: starts, forks and replays them, interprets their plans, holds and resumes them, and takes up after a
// restart what an earlier host left unfinished.
import type { Door, Event, EventData, NewEvent, Origin, PausePoint } from "../contract/events.ts";
import { fail, FailureError, failureOf, type Failure } from "../contract/failure.ts";
import type { ReviewId, RunId, Seq, StepId, ThreadId } from "../contract/ids.ts";
import { isProgramsCall, programOf, type Plan } from "../contract/plan.ts";
import { tightens, type PolicyRule } from "../contract/policy.ts";
import type { ReplayOptions } from "../contract/replay.ts";
import type { ReviewDecision } from "../contract/review.ts";
import { maxGoalLength } from "../contract/rpc.ts";
import { isOver, RunFold, type RunState } from "../contract/run-state.ts";
import type { Model } from "../models/model.ts";
import { firstPlan } from "../planning/triage-plan.ts";
import { newId } from "../system/chance.ts";
import { sleepUntil } from "../system/clock.ts";
import { stateOf, stepOf, type ActiveRun, type EngineDeps } from "./active-run.ts";
import { newHold, placeOf, readBreakpoint, type Stepping } from "./breakpoints.ts";
import { checkEdits } from "./fork-edits.ts";
import { runScope } from "./interpret.ts";
import { lineage, readFold, runOfReview } from "./tables/lineage.ts";
import { checkModelInput } from "./model-input.ts";
import { checkProgramRequest } from "./programs/exchange-step.ts";
import type { ProgramSession } from "./programs/session.ts";
import { sourcesOf } from "./leave.ts";
import { mostSources } from "../tools/call.ts";
import { inputFault } from "../tools/call-facts.ts";
import { narrate } from "./narrate.ts";
import { planMistakes } from "./plan-check.ts";
import { planToReplay, readRecorded } from "./record/recorded-run.ts";
import { CutShort, Replay } from "./record/replay.ts";
import { revisedThen } from "./record/revised-then.ts";
import { approvalEvent, revisionEvents, revisionOfFork } from "./revise.ts";
import { unfinishedRuns } from "./tables/run-index.ts";

export interface StartInput {
  readonly goal: string;
  readonly door: Door;
  readonly thread?: ThreadId | undefined;
  readonly plan?: Plan | undefined;
  readonly breakpoints?: readonly string[] | undefined;
  readonly rules?: readonly PolicyRule[] | undefined;
  /** The program outside that a step of the plan follows; its models are its own. */
  readonly program?: ProgramSession | undefined;
  readonly workspace: string;
  readonly timeZone: string;
  readonly locale: string;
}

export interface Engine {
  /** @throws FailureError `input.invalid` for a goal or plan that can't be run, `config.invalid` for its model */
  start(input: StartInput): Promise<RunId>;
  /** A new run that shares the past of another up to an event, with some results edited, inside bodies too; the other is
   * untouched. @throws FailureError `not.found`, or `input.invalid` for an event or a step that is not the run's */
  fork(input: {
    run: RunId;
    at?: Seq | undefined;
    edits: readonly { step: StepId; output: unknown }[];
    breakpoints: readonly string[];
  }): Promise<RunId>;
  /** Runs a run again with a source for each step. */
  replay(input: {
    run: RunId;
    options: ReplayOptions;
    breakpoints: readonly string[];
    program?: ProgramSession | undefined;
  }): Promise<RunId>;
  /** Holds a run before whatever it would do next. False when it has ended or is held already. */
  pause(run: RunId): Promise<boolean>;
  resume(run: RunId, how: { stepping?: Stepping | undefined; edit?: { input?: unknown; output?: unknown } | undefined }): Promise<boolean>;
  setBreakpoints(run: RunId, breakpoints: readonly string[]): Promise<void>;
  /** Rules for this run alone, in place of those that it had. */
  setRules(run: RunId, rules: readonly PolicyRule[]): Promise<void>;
  patch(run: RunId, change: { patch: readonly Record<string, unknown>[]; reason: string; actor: string }): Promise<number>;
  /** Freezes the newest plan: a step outside it asks. Returns its revision. @throws FailureError `conflict` */
  approve(run: RunId): Promise<number>;
  decide(review: string, answer: { decision: ReviewDecision; answer?: unknown; reason: string }): Promise<void>;
  tell(run: RunId, message: { name: string; data: unknown }): Promise<void>;
  /** False when the run had ended already. @throws FailureError `not.found` */
  cancel(run: RunId): Promise<boolean>;
  /** Takes up every run that an earlier host left unfinished. Returns how many. */
  resumeAll(reason: string): Promise<number>;
  /** Stops where it is; what is unfinished is taken up by the next host. */
  close(): Promise<void>;
}

const retryMs = 2000;
const defaultThread = "main" as ThreadId;
/** Apart from what a person says: no agent is to hear a program's command line as a goal. */
const programsThread = "programs" as ThreadId;

export function createEngine(deps: EngineDeps): Engine {
  const { log, telemetry, clock, chance } = deps;
  const active = new Map<RunId, ActiveRun>();
  const taking = new Map<RunId, Promise<ActiveRun>>();
  /** Being cancelled without having been taken up. */
  const cancelling = new Set<RunId>();
  const tasks = new Set<Promise<void>>();
  let closing = false;

  const newRunId = () => newId("run", clock.now(), chance) as RunId;
  const stopFolding = log.onAppend({
    numbered: (events) => {
      for (const event of events) {
        const run = event.run && active.get(event.run);
        if (!run) continue;
        run.fold.apply(event);
        for (const listener of run.listeners) listener(event);
      }
    },
    lost: (events, error) => {
      for (const id of new Set(events.map(({ run }) => run))) {
        const run = id && active.get(id);
        if (!run) continue;
        run.fold = readFold(log, run.id);
        run.attempt.abort(error);
      }
    },
  });
  const stopNarrating = log.onCommit((events) => {
    for (const event of events) narrate(telemetry, event);
  });

  function take(fold: RunFold, model: Model, program?: ProgramSession): ActiveRun {
    const { state } = fold;
    if (!state) throw new Error("a run without a beginning");
    const controller = new AbortController();
    const original = state.origin?.kind === "replay" ? readRecorded(log, state.origin.run) : undefined;
    const going = () => {
      controller.signal.throwIfAborted();
      run.attempt.signal.throwIfAborted();
      const { status } = stateOf(run);
      if (isOver(status)) throw fail("conflict", `${run.id} has ended (${status}).`);
    };
    const run: ActiveRun = {
      id: state.id,
      fold,
      model,
      controller,
      attempt: new AbortController(),
      hold: newHold(state.breakpoints),
      replay: state.origin?.kind === "replay" && original ? new Replay(original, state.origin.options) : undefined,
      program,
      working: new Set(),
      waitingFor: new Map(),
      listeners: new Set(),
      async emit(events) {
        going();
        return log.append(events);
      },
      async note(events) {
        going();
        return log.note(events);
      },
    };
    active.set(state.id, run);
    return run;
  }

  function drive(run: ActiveRun): void {
    const task = advance(run).finally(() => tasks.delete(task));
    tasks.add(task);
  }

  /** Interprets the plan to its end. A log that can't be written is tried again later, from what it holds. */
  async function advance(run: ActiveRun): Promise<void> {
    const { signal } = run.controller;
    while (!signal.aborted) {
      try {
        const steps = () => stateOf(run).revisions.at(-1)?.plan.steps ?? [];
        let failure: Failure | undefined;
        let cutShort = false;
        run.attempt = new AbortController();
        const trying = AbortSignal.any([signal, run.attempt.signal]);
        try {
          await runScope({ deps, run, runScope }, { prefix: "", steps, locals: {}, signal: trying });
        } catch (error) {
          failure = failureOf(error);
          cutShort = error instanceof CutShort;
          if (failure.code.startsWith("storage.")) throw error;
          if (!(error instanceof FailureError)) telemetry.error("runs", failure.message, { run: run.id });
        }
        if (signal.aborted) return;
        run.attempt.signal.throwIfAborted();
        const left = revisedThen(run);
        if (left.length > 0) await run.note(left);
        if (left.length > 0 && !failure) continue;
        await run.emit(cutShort ? cutShortEvents(run) : endingEvents(run, failure));
        active.delete(run.id);
        run.program?.stop(overFor(failure));
        return;
      } catch (error) {
        if (signal.aborted) return;
        telemetry.error("runs", `${failureOf(error).message} The run waits and tries again.`, { run: run.id });
        await sleepUntil(clock, clock.now() + retryMs, signal).catch(() => {});
      }
    }
  }

  function known(id: RunId): RunState {
    const state = active.get(id)?.fold.state ?? readFold(log, id).state;
    if (!state) throw fail("not.found", `There is no run ${id}.`, "botmojo runs ls lists them.");
    return state;
  }

  /** The run as it goes on in this host. Whoever asks for it at the same time gets the same one. */
  function takeUp(id: RunId, reason?: string): Promise<ActiveRun> {
    const run = active.get(id);
    if (run) return Promise.resolve(run);
    const coming = taking.get(id) ?? takeFromLog(id, reason).finally(() => taking.delete(id));
    taking.set(id, coming);
    return coming;
  }

  async function takeFromLog(id: RunId, reason: string | undefined): Promise<ActiveRun> {
    const model = await deps.openModel();
    const fold = readFold(log, id);
    const status = cancelling.has(id) ? "cancelled" : known(id).status;
    if (isOver(status)) throw fail("conflict", `${id} has ended (${status}).`, "Fork it to go on from one of its events.");
    const run = take(fold, model);
    if (reason !== undefined && status === "running") await run.note([{ run: id, type: "run.resumed", actor: "host", data: { reason } }]);
    drive(run);
    return run;
  }

  /** Appends what a person did to a run. In one turn of the event loop with the check, so that nothing follows an end.
   * @throws FailureError `conflict` when it has ended */
  function tellRun(run: ActiveRun, events: readonly NewEvent[]): Promise<Event[]> {
    const { status } = stateOf(run);
    if (isOver(status)) throw fail("conflict", `${run.id} has ended (${status}).`, "Fork it to go on from one of its events.");
    return log.append(events);
  }

  async function begin(
    event: Extract<NewEvent, { type: "run.started" }>,
    more: readonly NewEvent[],
    model: Model,
    { past = new RunFold(), program }: { past?: RunFold; program?: ProgramSession | undefined } = {},
  ): Promise<RunId> {
    const events = await log.append([event, ...more]);
    for (const written of events) past.apply(written);
    drive(take(past, model, program));
    return event.run as RunId;
  }

  return {
    async start(input) {
      if (closing) throw fail("host.unreachable", "The host is closing.");
      const goal = readGoal(input.plan?.goal || input.goal);
      const plan = input.plan ?? firstPlan(goal);
      const [mistake] = input.program ? [] : planMistakes(plan, deps);
      if (mistake) throw fail("input.invalid", mistake, "Correct the plan and start it again.");
      for (const text of input.breakpoints ?? []) readBreakpoint(text);
      const model = input.program ? programsOwnModel : await deps.openModel();
      const run = newRunId();
      const { door, workspace, timeZone, locale, program, thread = program ? programsThread : defaultThread } = input;
      const about = { run, actor: `person:${door}` };
      const planned = input.plan
        ? { plan, reason: "Given with the goal.", by: about.actor }
        : { plan, reason: "Every goal is triaged first.", by: "host" };
      const data = { goal, thread, model: model.id, modelKind: model.kind, door, timeZone, locale, workspace, planned };
      const more = [...breakpointEvents(about, input.breakpoints ?? []), ...ruleEvents(about, input.rules ?? [])];
      return begin({ ...about, type: "run.started", data }, more, model, { program });
    },

    async fork({ run: parent, at, edits, breakpoints }) {
      const whole = known(parent);
      const last = at ?? whole.lastSeq;
      const past = new RunFold();
      let found = false;
      for (const event of lineage(log, parent)) {
        if (event.seq > last) break;
        past.apply(event);
        found ||= event.seq === last;
      }
      if (!found || !past.state)
        throw fail("input.invalid", `Event ${last} is not one of ${parent}.`, `botmojo runs events ${parent} lists them.`);
      if (programOf(past.state.revisions.at(-1)?.plan)) {
        throw fail(
          "input.invalid",
          "This run followed a program, and only the program itself can go another way.",
          `botmojo replay ${parent} --from TURN -- COMMAND answers the turns before from the record and asks the model from there on.`,
        );
      }
      checkEdits(past, last, edits);
      for (const text of breakpoints) readBreakpoint(text);
      const model = await deps.openModel();
      const run = newRunId();
      const about = { run, actor: "person" };
      const origin = { kind: "fork" as const, run: parent, at: last, edits: edits.map(({ step, output }) => ({ step, output })) };
      const data = startedFrom(past.state, model, origin);
      const more = [...breakpointEvents(about, breakpoints), ...revisionOfFork(past.state, run, edits)];
      return begin({ ...about, type: "run.started", data }, more, model, { past });
    },

    async replay({ run: original, options, breakpoints, program }) {
      for (const text of breakpoints) readBreakpoint(text);
      const state = known(original);
      const sources = [options.otherwise, ...Object.values(options.steps)];
      const model = !program && sources.some(({ is }) => is === "live") ? await deps.openModel() : recordedModel(state);
      const { approved } = state;
      const first = planToReplay(state);
      if (!first) throw fail("input.invalid", `${original} has no plan to replay.`);
      const run = newRunId();
      const about = { run, actor: "person" };
      const origin = { kind: "replay" as const, run: original, options };
      const planned = { plan: first.plan, reason: `As in ${original}.`, by: "host" };
      const data = { ...startedFrom(state, model, origin), planned };
      const frozen: NewEvent[] =
        approved?.revision === first.revision ? [{ ...about, type: "plan.approved", data: { ...approved, revision: 1 } }] : [];
      const more = [...frozen, ...breakpointEvents(about, breakpoints), ...ruleEvents(about, state.rules.filter(tightens))];
      return begin({ ...about, type: "run.started", data }, more, model, { program });
    },

    async pause(id) {
      const run = active.get(id);
      if (!run) {
        known(id);
        return false;
      }
      const { status } = stateOf(run);
      if (status === "paused" || isOver(status)) return false;
      await tellRun(run, [{ run: id, actor: "person", type: "run.paused", data: { reason: "A person paused it." } }]);
      return true;
    },

    async resume(id, { stepping, edit }) {
      const run = await takeUp(id);
      const { status, pause } = stateOf(run);
      if (status !== "paused") return false;
      const events: NewEvent[] = [];
      if (edit) {
        checkEdit(deps, run, { at: pause?.at, edit });
        const key = pause?.at?.key;
        if (key === undefined)
          throw fail(
            "conflict",
            "The run is not held before a call, so there is nothing to edit.",
            "Hold it with a breakpoint on tool or model.",
          );
        events.push({ run: id, step: pause?.at?.step ?? null, actor: "person", type: "effect.edited", data: { key, ...edit } });
      }
      run.hold.stepping = stepping;
      run.hold.passed = pause?.at ? placeOf(pause.at) : undefined;
      events.push({
        run: id,
        actor: "person",
        type: "run.resumed",
        data: { reason: stepping ? `A person stepped ${stepping}.` : "A person let it go on." },
      });
      await tellRun(run, events);
      return true;
    },

    async setBreakpoints(id, breakpoints) {
      const read = breakpoints.map(readBreakpoint);
      if (isOver(known(id).status)) throw fail("conflict", `${id} has ended, so it can't be held any more.`);
      await log.append([{ run: id, actor: "person", type: "breakpoints.set", data: { breakpoints: [...breakpoints] } }]);
      const run = active.get(id);
      if (run) run.hold.breakpoints = read;
    },

    async setRules(id, rules) {
      if (isOver(known(id).status)) throw fail("conflict", `${id} has ended, so no rule can hold for it any more.`);
      await log.append([{ run: id, actor: "person", type: "rules.set", data: { rules: [...rules] } }]);
    },

    async patch(id, { patch, reason, actor }) {
      const run = await takeUp(id);
      const events = revisionEvents(deps, run, { patch, reason, actor });
      await tellRun(run, events);
      return stateOf(run).revisions.at(-1)?.revision ?? 0;
    },

    async approve(id) {
      const run = await takeUp(id);
      const newest = stateOf(run).revisions.at(-1);
      if (!newest) throw fail("conflict", "The run has no plan yet.");
      await tellRun(run, [approvalEvent(run, "person", newest)]);
      return newest.revision;
    },

    async decide(review, { decision, answer, reason }) {
      const run = runOfReview(log.reader, review);
      if (!run) throw fail("not.found", `There is no review ${review}.`, "botmojo review ls lists them.");
      const taken = await takeUp(run);
      const asked = stateOf(taken).reviews.find(({ id }) => id === review);
      if (!asked || asked.decided) throw fail("conflict", `${review} has been decided already.`);
      const data = { review: review as ReviewId, decision, reason, ...(answer === undefined ? {} : { answer }) };
      await tellRun(taken, [{ run, step: asked.step as StepId, actor: "person", type: "review.decided", data }]);
    },

    async tell(id, { name, data }) {
      const run = await takeUp(id);
      await tellRun(run, [{ run: id, actor: "person", type: "message.received", data: { name, data } }]);
    },

    async cancel(id) {
      await taking.get(id)?.catch(() => {});
      if (cancelling.has(id) || isOver(known(id).status)) return false;
      cancelling.add(id);
      const run = active.get(id);
      run?.controller.abort(fail("cancelled", "It was cancelled."));
      run?.program?.stop({ code: "cancelled", message: "A person cancelled the run." });
      active.delete(id);
      try {
        await log.append([{ run: id, type: "run.cancelled", actor: "person", data: { reason: "A person cancelled it." } }]);
      } catch (error) {
        if (run) void takeUp(id).catch((again: unknown) => telemetry.error("runs", failureOf(again).message, { run: id }));
        throw error;
      } finally {
        cancelling.delete(id);
      }
      return true;
    },

    async resumeAll(reason) {
      const unfinished = unfinishedRuns(log.reader).filter((id) => !active.has(id));
      let resumed = 0;
      for (const id of unfinished) {
        try {
          await takeUp(id, reason);
          resumed += 1;
        } catch (error) {
          telemetry.error("runs", `A run could not be taken up: ${failureOf(error).message}`, { run: id });
        }
      }
      return resumed;
    },

    async close() {
      closing = true;
      const going = [...active.values()];
      for (const run of going) {
        run.controller.abort(fail("cancelled", "The host is closing."));
        run.program?.stop({ code: "host.unreachable", message: "The host is closing." });
      }
      active.clear();
      await Promise.allSettled(tasks);
      const suspended = going
        .filter((run) => !isOver(stateOf(run).status))
        .map(({ id }): NewEvent => ({ run: id, actor: "host", type: "run.suspended", data: { reason: "The host closed." } }));
      // Where the disk takes no more, the next host counts this as any stop.
      await log.append(suspended).catch((error: unknown) => telemetry.error("runs", failureOf(error).message));
      stopFolding();
      stopNarrating();
    },
  };
}

/** What a run begins with that has its beginning in another. */
function startedFrom(
  { goal, thread, door, timeZone, locale, workspace }: RunState,
  { id: model, kind: modelKind }: Model,
  origin: Origin,
): EventData<"run.started"> {
  return { goal, thread: thread as ThreadId, model, modelKind, door: door as Door, timeZone, locale, workspace, origin };
}

function breakpointEvents(about: { run: RunId; actor: string }, breakpoints: readonly string[]): NewEvent[] {
  return breakpoints.length === 0 ? [] : [{ ...about, type: "breakpoints.set", data: { breakpoints: [...breakpoints] } }];
}

function ruleEvents(about: { run: RunId; actor: string }, rules: readonly PolicyRule[]): NewEvent[] {
  return rules.length === 0 ? [] : [{ ...about, type: "rules.set", data: { rules: [...rules] } }];
}

/** In a replay without live steps no model is ever opened; this one only bears the name. */
function recordedModel({ model, modelKind }: Pick<RunState, "model" | "modelKind">): Model {
  return {
    id: model,
    kind: modelKind,
    async *stream() {
      yield { type: "failure", failure: { code: "denied", message: "This run makes no calls of its own." } };
    },
  };
}

/** Which models a program asks, its requests say. */
const programsOwnModel = recordedModel({ model: "the program's own", modelKind: "language" });

/** What a program is told that goes on asking when the run that followed it is over. */
function overFor(failure: Failure | undefined): Failure {
  return failure ?? { code: "conflict", message: "The run that followed this program has ended." };
}

/** @throws FailureError `input.invalid` for what can't stand in the place of the call that is held */
function checkEdit(
  { tools }: EngineDeps,
  run: ActiveRun,
  { at, edit }: { at: PausePoint | null | undefined; edit: { readonly input?: unknown; readonly output?: unknown } },
): void {
  const outside = at && stepOf(run, at.step)?.step.kind === "exchange";
  if (at && isProgramsCall(stateOf(run).revisions.at(-1)?.plan, at) && "output" in edit) {
    throw fail(
      "input.invalid",
      "The program makes this call itself, so it can't be answered here.",
      "Change its arguments, or hold the program before its model is asked and answer that.",
    );
  }
  if (at?.on === "tool" && !outside && "input" in edit) {
    const tool = tools.get(at.name);
    const fault = tool && inputFault(tool, edit.input);
    if (fault) throw fail("input.invalid", fault, "The run is held as before; give other arguments.");
  }
  if (at?.on !== "model" || !("input" in edit)) return;
  if (outside) checkProgramRequest(edit.input);
  else checkModelInput(edit.input);
}

function endingEvents(run: ActiveRun, failure: Failure | undefined): NewEvent[] {
  const state = stateOf(run);
  const about = { run: run.id, actor: "host" };
  const heard = state.origin?.kind === "replay" ? {} : { thread: state.thread as ThreadId };
  const report: NewEvent[] = run.replay ? [{ ...about, type: "replay.reported", data: run.replay.report }] : [];
  const answer = lastOutput(state);
  const failed = failure ?? (answer === undefined ? state.steps.find((step) => step.failure)?.failure : undefined);
  return failed
    ? [...report, { ...about, type: "run.failed", data: { failure: failed, ...heard } }]
    : [...report, { ...about, type: "run.completed", data: { answer: answer ?? "", ...heard, ...answerSources(state) } }];
}

/** Where the answer may come from, other than from the person. */
function answerSources({ steps }: RunState): { from?: string[] } {
  const all = [...new Set(steps.flatMap(sourcesOf))].slice(0, mostSources);
  return all.length === 0 ? {} : { from: all };
}

/** A replay of a run that a person cancelled ends where that one did. */
function cutShortEvents(run: ActiveRun): NewEvent[] {
  const about = { run: run.id, actor: "host" };
  const report: NewEvent[] = run.replay ? [{ ...about, type: "replay.reported", data: run.replay.report }] : [];
  return [...report, { ...about, type: "run.cancelled", data: { reason: "It was cancelled here then." } }];
}

/** The text of the last step that nobody waits for. */
function lastOutput(state: RunState): string | undefined {
  const top = state.steps.filter(({ id }) => !id.includes("/"));
  const needed = new Set(top.flatMap(({ step, status }) => (status === "skipped" ? [] : (step.needs as readonly string[]))));
  const ends = top.filter(({ step, status }) => !needed.has(step.id) && status === "completed");
  const output = ends.at(-1)?.output;
  if (output === undefined) return undefined;
  return typeof output === "object" && output !== null && "text" in output ? String(output.text) : JSON.stringify(output);
}

function readGoal(text: string): string {
  const goal = text.trim();
  if (goal === "") throw fail("input.invalid", "There is nothing to do: the goal is empty.", "Say what you want in a sentence.");
  if (goal.length > maxGoalLength) {
    throw fail(
      "input.invalid",
      `The goal is ${goal.length.toLocaleString("en")} characters long; ${maxGoalLength.toLocaleString("en")} is the limit.`,
      "Put long text into a file and name the file in the goal.",
    );
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(goal)) {
    throw fail("input.invalid", "The goal holds bytes that are not text.", "Give it as UTF-8 text.");
  }
  return goal;
}
