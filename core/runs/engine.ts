// Drives runs: keeps each one's state by folding its events, does what `decide` says, and takes up after a restart
// what an earlier host left unfinished.
import type { NewEvent, Door } from "../contract/events.ts";
import { fail, failureOf } from "../contract/failure.ts";
import type { RunId, ThreadId } from "../contract/ids.ts";
import type { Plan } from "../contract/plan.ts";
import { maxGoalLength } from "../contract/rpc.ts";
import { foldRun, type RunState, type StepState } from "../contract/run-state.ts";
import type { Model } from "../models/model.ts";
import { firstPlan } from "../planning/triage-plan.ts";
import type { EventLog } from "../store/event-log.ts";
import type { ActiveRun, EngineDeps } from "./active-run.ts";
import { decide } from "./decide.ts";
import { planMistakes } from "./plan-check.ts";
import { narrate } from "./narrate.ts";
import { unfinishedRuns } from "./run-index.ts";
import { executeStep } from "./step.ts";

export interface StartInput {
  readonly goal: string;
  readonly door: Door;
  readonly thread?: ThreadId | undefined;
  readonly plan?: Plan | undefined;
  readonly workspace: string;
  readonly timeZone: string;
  readonly locale: string;
}

export interface Engine {
  /** @throws FailureError `input.invalid` for a goal or plan that can't be run, `config.invalid` for its model */
  start(input: StartInput): Promise<RunId>;
  /** False when the run had ended already. @throws FailureError `not.found` */
  cancel(run: RunId): Promise<boolean>;
  /** Takes up every run that an earlier host left unfinished. Returns how many. */
  resumeAll(reason: string): Promise<number>;
  /** Stops where it is; what is unfinished is taken up by the next host. */
  close(): Promise<void>;
}

const retryMs = 2000;
const defaultThread = "main" as ThreadId;

export function createEngine(deps: EngineDeps): Engine {
  const { log, telemetry } = deps;
  const active = new Map<RunId, ActiveRun>();
  const tasks = new Set<Promise<void>>();
  let closing = false;

  const stopFolding = log.onCommit((events) => {
    for (const event of events) {
      const run = event.run && active.get(event.run);
      if (run) run.state = foldRun(run.state, event) ?? run.state;
      narrate(telemetry, event);
    }
  });

  function take(state: RunState, model: Model): ActiveRun {
    const controller = new AbortController();
    const run: ActiveRun = {
      state,
      model,
      controller,
      busy: new Set(),
      emit: (events) => (controller.signal.aborted ? Promise.reject(fail("cancelled", "It was cancelled.")) : log.append(events)),
    };
    active.set(state.id, run);
    return run;
  }

  function track(work: Promise<void>): void {
    const task = work.finally(() => tasks.delete(task));
    tasks.add(task);
  }

  /** Obeys decisions until there is nothing to do but wait. A log that can't be written is tried again later. */
  async function advance(run: ActiveRun): Promise<void> {
    try {
      while (!run.controller.signal.aborted) {
        const decision = decide(run.state, run.busy);
        if (decision.do === "wait") return;
        if (decision.do === "start") {
          for (const step of decision.steps) {
            run.busy.add(step.step.id);
            track(work(run, step));
          }
          continue;
        }
        await run.emit(endingEvents(run.state, decision));
        if (decision.do !== "skip") {
          active.delete(run.state.id);
          return;
        }
      }
    } catch (error) {
      if (run.controller.signal.aborted) return;
      const { message } = failureOf(error);
      telemetry.error("runs", `${message} The run waits and tries again.`, { run: run.state.id });
      setTimeout(() => track(advance(run)), retryMs).unref();
    }
  }

  async function work(run: ActiveRun, step: StepState): Promise<void> {
    try {
      await executeStep(deps, run, step);
    } catch (error) {
      if (!run.controller.signal.aborted) {
        telemetry.error("runs", failureOf(error).message, { run: run.state.id, step: step.step.id });
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
    run.busy.delete(step.step.id);
    await advance(run);
  }

  return {
    async start(input) {
      if (closing) throw fail("host.unreachable", "The host is closing.");
      const goal = readGoal(input.plan?.goal || input.goal);
      const plan = input.plan ?? firstPlan(goal);
      const [mistake] = planMistakes(plan, deps);
      if (mistake) throw fail("input.invalid", mistake, "Correct the plan and start it again.");
      const model = await deps.openModel();
      const run = deps.newRunId();
      const { door, workspace, timeZone, locale, thread = defaultThread } = input;
      const about = { run, actor: `person:${door}` };
      const events = await log.append([
        {
          ...about,
          type: "run.started",
          data: {
            goal,
            thread,
            model: model.id,
            modelKind: model.kind,
            door,
            timeZone,
            locale,
            workspace,
          },
        },
        { ...about, type: "message.added", data: { thread, role: "user", text: goal } },
        {
          run,
          actor: input.plan ? about.actor : "host",
          type: "plan.revised",
          data: {
            revision: 1,
            plan,
            reason: input.plan ? "Given with the goal." : "Every goal is triaged first.",
          },
        },
      ]);
      const state = events.reduce<RunState | undefined>(foldRun, undefined);
      if (state) track(advance(take(state, model)));
      return run;
    },

    async cancel(id) {
      const run = active.get(id);
      if (!run) {
        const state = readState(log, id);
        if (!state) throw fail("not.found", `There is no run ${id}.`, "botmojo runs ls lists them.");
        if (state.status !== "running") return false;
        await log.append([{ run: id, type: "run.cancelled", actor: "person", data: { reason: "A person cancelled it." } }]);
        return true;
      }
      run.controller.abort();
      active.delete(id);
      await log.append([{ run: id, type: "run.cancelled", actor: "person", data: { reason: "A person cancelled it." } }]);
      return true;
    },

    async resumeAll(reason) {
      const unfinished = unfinishedRuns(log.reader).filter((id) => !active.has(id));
      let resumed = 0;
      for (const id of unfinished) {
        try {
          const before = readState(log, id);
          if (!before) continue;
          const run = take(before, await deps.openModel());
          await run.emit([{ run: id, type: "run.resumed", actor: "host", data: { reason } }]);
          track(advance(run));
          resumed += 1;
        } catch (error) {
          active.delete(id);
          telemetry.error("runs", `A run could not be taken up: ${failureOf(error).message}`, { run: id });
        }
      }
      return resumed;
    },

    async close() {
      closing = true;
      for (const run of active.values()) run.controller.abort();
      active.clear();
      await Promise.allSettled(tasks);
      stopFolding();
    },
  };
}

/** The run as all of its events left it. */
export function readState(log: EventLog, run: RunId): RunState | undefined {
  let state: RunState | undefined;
  for (let since = 0; ;) {
    const events = log.read({ run, since, limit: 1000 });
    const last = events.at(-1);
    if (!last) return state;
    state = events.reduce(foldRun, state);
    since = last.seq;
  }
}

function endingEvents(state: RunState, decision: Exclude<ReturnType<typeof decide>, { do: "wait" } | { do: "start" }>): NewEvent[] {
  const about = { run: state.id, actor: "host" };
  const thread = state.thread as ThreadId;
  switch (decision.do) {
    case "skip":
      return [{ ...about, step: decision.step, type: "step.skipped", data: { reason: decision.reason } }];
    case "complete":
      return [
        { ...about, type: "message.added", data: { thread, role: "assistant", text: decision.answer } },
        { ...about, type: "run.completed", data: { answer: decision.answer } },
      ];
    case "fail":
      return [
        { ...about, type: "message.added", data: { thread, role: "assistant", text: decision.failure.message } },
        { ...about, type: "run.failed", data: { failure: decision.failure } },
      ];
  }
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
