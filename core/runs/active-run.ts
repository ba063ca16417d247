// What the engine holds of a run that is under way, and what it was built with.
import type { Agent } from "../agents/agent.ts";
import type { Event, NewEvent } from "../contract/events.ts";
import type { ItemId, RunId } from "../contract/ids.ts";
import type { RunState } from "../contract/run-state.ts";
import type { Model } from "../models/model.ts";
import type { EventLog } from "../store/event-log.ts";
import type { Log } from "../telemetry/log.ts";
import type { Signals } from "../telemetry/signals.ts";
import type { Tool } from "../tools/tool.ts";

export interface EngineDeps {
  readonly log: EventLog;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly openModel: () => Promise<Model>;
  readonly signals: Signals;
  readonly telemetry: Log;
  readonly newRunId: () => RunId;
  readonly newItemId: () => ItemId;
}

/** A run that is under way in this host. */
export interface ActiveRun {
  state: RunState;
  readonly model: Model;
  readonly controller: AbortController;
  readonly busy: Set<string>;
  /** Appends for this run, unless it was cancelled or the host is closing. */
  readonly emit: (events: readonly NewEvent[]) => Promise<Event[]>;
}
