// All events of a run as one line: what sort each is of, and from where to where each step was at work. Small and
// quick to draw however long the run is.
import type { EventType } from "./events.ts";

export const eventSorts = ["other", "model", "tool", "memory", "error", "message"] as const;
export type EventSort = (typeof eventSorts)[number];

/** What is said in the conversation: the goal, and what came of it. */
const heard: ReadonlySet<EventType> = new Set<EventType>(["run.started", "run.completed", "message.added"]);

export function sortOf({ type, call }: Pick<OutlineEvent, "type" | "call">): EventSort {
  if (type.endsWith(".failed") || type === "tool.denied") return "error";
  if (type.startsWith("effect.")) return call === "server" ? "other" : call === "tool" ? "tool" : "model";
  if (type === "item.learned") return "memory";
  return heard.has(type) ? "message" : "other";
}

/** What an outline wants to know of an event. */
export interface OutlineEvent {
  readonly type: EventType;
  readonly step: string | null;
  /** Of an effect: what was called. */
  readonly call?: "model" | "tool" | "server" | undefined;
}

export interface StepBar {
  /** Undefined where many short ones are drawn as one. */
  readonly step: string | undefined;
  /** Places in the list of events, both included; one that is still open ends with the last event. */
  readonly from: number;
  readonly to: number;
  readonly state: "running" | "done" | "failed" | "cancelled";
  /** Steps that ran side by side lie in lanes one below the other. */
  readonly lane: number;
}

export interface RunOutline {
  /** A digit for each event: its sort's place in `eventSorts`. */
  readonly sorts: string;
  readonly bars: readonly StepBar[];
}

export const emptyOutline: RunOutline = { sorts: "", bars: [] };

const ends: Readonly<Record<string, StepBar["state"]>> = { "step.completed": "done", "step.failed": "failed", "step.skipped": "cancelled" };

/** One bar for each step, from its first start to its end; one that never ended stops with the run. */
export function outlineAfter({ sorts, bars: known }: RunOutline, events: Iterable<OutlineEvent>): RunOutline {
  const bars = [...known];
  const open = new Map<string, number>();
  const lanes: number[] = [];
  for (const [index, { step, to, state, lane }] of bars.entries()) {
    lanes[lane] = state === "running" ? Number.POSITIVE_INFINITY : Math.max(lanes[lane] ?? 0, to);
    if (state === "running" && step !== undefined) open.set(step, index);
  }
  const close = (step: string, to: number, state: StepBar["state"]) => {
    const index = open.get(step);
    const bar = index === undefined ? undefined : bars[index];
    if (index === undefined || !bar) return;
    bars[index] = { ...bar, to, state };
    lanes[bar.lane] = to;
    open.delete(step);
  };
  let place = sorts.length;
  let added = "";
  for (const event of events) {
    const { step, type } = event;
    added += eventSorts.indexOf(sortOf(event));
    if (step !== null && type === "step.started" && !open.has(step)) {
      const free = lanes.findIndex((until) => (until ?? -1) < place);
      const lane = free < 0 ? lanes.length : free;
      lanes[lane] = Number.POSITIVE_INFINITY;
      open.set(step, bars.length);
      bars.push({ step, from: place, to: place, state: "running", lane });
    }
    const ended = ends[type];
    if (step !== null && ended) close(step, place, ended);
    if (type === "run.failed" || type === "run.cancelled") for (const left of open.keys()) close(left, place, "cancelled");
    place += 1;
  }
  for (const index of open.values()) {
    const bar = bars[index];
    if (bar) bars[index] = { ...bar, to: Math.max(bar.from, place - 1) };
  }
  return { sorts: sorts + added, bars };
}

/** With bars that would be shorter than one `share`th of the whole drawn as one where they lie side by side. */
export function coarser({ sorts, bars }: RunOutline, share: number): RunOutline {
  const least = sorts.length / share;
  const short = ({ from, to, state }: StepBar) => state !== "running" && to - from < least;
  const merged: StepBar[] = [];
  const lastOfLane: number[] = [];
  for (const bar of bars) {
    const index = lastOfLane[bar.lane];
    const before = index === undefined ? undefined : merged[index];
    const near = before && index !== undefined && bar.from - before.to <= least && before.state === bar.state;
    if (near && short(bar) && (before.step === undefined || short(before))) {
      merged[index] = { ...before, step: undefined, to: bar.to };
    } else {
      lastOfLane[bar.lane] = merged.push(bar) - 1;
    }
  }
  return { sorts, bars: merged };
}
