// What the engine holds of a run that is under way, and what it was built with.
import type { Agent } from "../agents/agent.ts";
import type { Event, NewEvent } from "../contract/events.ts";
import type { RunId } from "../contract/ids.ts";
import { bodyOf } from "../contract/plan.ts";
import { RunFold, type RunState, type StepState } from "../contract/run-state.ts";
import type { Model } from "../models/model.ts";
import type { Mask } from "../security/mask.ts";
import type { CallPolicy } from "../security/permissions.ts";
import type { EventLog } from "../store/event-log.ts";
import type { Chance } from "../system/chance.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../telemetry/log.ts";
import type { Signals } from "../telemetry/signals.ts";
import type { Tool } from "../tools/tool.ts";
import type { Hold } from "./breakpoints.ts";
import type { ProgramSession } from "./programs/session.ts";
import type { DayBudget } from "./day-budget.ts";
import type { Replay } from "./record/replay.ts";

export interface EngineDeps {
  readonly log: EventLog;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly policy: CallPolicy;
  /** Takes the secrets out of what tools give back. */
  readonly mask: Mask;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly openModel: () => Promise<Model>;
  readonly simulator: Model;
  /** What all runs of a day may use together; no limit without it. */
  readonly day?: DayBudget;
  /** What a plan's budget does where the plan does not say: it holds the run, or fails it (without this). */
  readonly holdsAtBudget?: () => boolean;
  readonly signals: Signals;
  readonly telemetry: Log;
  readonly clock: Clock;
  readonly chance: Chance;
}

/** A run that is under way in this host. */
export interface ActiveRun {
  readonly id: RunId;
  /** Ahead of the disk by what waits for the next commit; made anew from the log if that fails. */
  fold: RunFold;
  readonly model: Model;
  readonly controller: AbortController;
  /** Stops what is being done when the log could not be written; the run is then taken up again from what it holds. */
  attempt: AbortController;
  readonly hold: Hold;
  readonly replay: Replay | undefined;
  /** The program outside that it follows, where there is one. */
  readonly program: ProgramSession | undefined;
  /** Steps that do something now, rather than wait for a person, a message or a time. */
  readonly working: Set<string>;
  /** What is waited for: a person's answer or a message, in words, by step. */
  readonly waitingFor: Map<string, string>;
  /** Called after each of the run's events; sleepers look again then. */
  readonly listeners: Set<(event: Event) => void>;
  /** Appends what its steps do, unless it was cancelled, the host is closing, or the log lost what came before; waits
   * until it is on disk. Before anything that is done in the world. */
  readonly emit: (events: readonly NewEvent[]) => Promise<Event[]>;
  /** The same without waiting for the disk. For what can be worked out again from what is there. */
  readonly note: (events: readonly NewEvent[]) => Promise<void>;
}

export function stateOf(run: ActiveRun): RunState {
  const { state } = run.fold;
  if (!state) throw new Error(`${run.id} has no beginning`);
  return state;
}

export function stepOf(run: ActiveRun, id: string): StepState | undefined {
  return run.fold.step(id);
}

/** Whether a step does something now. One that only waits for the steps inside it does not. */
export function isBusy({ working, fold }: ActiveRun): boolean {
  return [...working].some((id) => {
    const known = fold.step(id);
    return !known || known.status !== "running" || bodyOf(known.step).length === 0;
  });
}

/** Resolves with the first value that `look` gives, now or after some event of the run.
 * @throws the signal's reason when it aborts */
export function until<T>(run: ActiveRun, signal: AbortSignal, look: () => T | undefined): Promise<T> {
  const now = look();
  if (now !== undefined) return Promise.resolve(now);
  return new Promise((resolve, reject) => {
    const stop = () => {
      run.listeners.delete(again);
      signal.removeEventListener("abort", gaveUp);
    };
    const again = () => {
      const found = look();
      if (found === undefined) return;
      stop();
      resolve(found);
    };
    const gaveUp = () => {
      stop();
      reject(signal.reason as Error);
    };
    if (signal.aborted) return gaveUp();
    run.listeners.add(again);
    signal.addEventListener("abort", gaveUp, { once: true });
  });
}
