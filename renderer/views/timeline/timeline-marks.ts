// What the line of time shows of a run's events: a tone for each, and a bar for each step that began.
import type { Event, RunId, RunSummary } from "../../../core/contract/index.ts";
import { planFirstBreak } from "../../state/plan-first.ts";

export type Tone = "model" | "tool" | "memory" | "error" | "message" | "other";

/** What is said in the conversation: the goal, and what came of it. */
const heard: ReadonlySet<Event["type"]> = new Set(["run.started", "run.completed", "message.added"]);

export function toneOf(event: Event): Tone {
  if (event.type.endsWith(".failed") || event.type === "tool.denied") return "error";
  if (event.type.startsWith("effect.")) return "call" in event.data && event.data.call === "tool" ? "tool" : "model";
  if (event.type === "item.learned") return "memory";
  return heard.has(event.type) ? "message" : "other";
}

export interface StepBar {
  readonly step: string;
  /** Places in the list of events, both included. */
  readonly from: number;
  readonly to: number;
  readonly state: "running" | "done" | "failed" | "cancelled";
  /** Steps that ran side by side lie in lanes one below the other. */
  readonly lane: number;
}

const ends: Readonly<Record<string, StepBar["state"]>> = { "step.completed": "done", "step.failed": "failed", "step.skipped": "cancelled" };

/** One bar for each step, from its first start to its end; one that never ended stops with the run. */
export function stepBars(events: readonly Event[]): StepBar[] {
  const open = new Map<string, number>();
  const lanes: number[] = [];
  const bars: StepBar[] = [];
  const close = (step: string, to: number, state: StepBar["state"]) => {
    const index = open.get(step);
    const bar = index === undefined ? undefined : bars[index];
    if (index === undefined || !bar) return;
    bars[index] = { ...bar, to, state };
    lanes[bar.lane] = to;
    open.delete(step);
  };
  for (const [index, event] of events.entries()) {
    const { step, type } = event;
    if (step !== null && type === "step.started" && !open.has(step)) {
      const free = lanes.findIndex((until) => until < index);
      const lane = free < 0 ? lanes.length : free;
      lanes[lane] = Number.POSITIVE_INFINITY;
      open.set(step, bars.length);
      bars.push({ step, from: index, to: events.length - 1, state: "running", lane });
    }
    const ended = ends[type];
    if (step !== null && ended) close(step, index, ended);
    if (type === "run.failed" || type === "run.cancelled") for (const left of open.keys()) close(left, index, "cancelled");
  }
  return bars;
}

export interface Mark {
  /** Place in the list of events. */
  readonly index: number;
  readonly text: string;
  readonly tone: "break" | "fork";
  /** The fork to open, or the run it was forked from; a breakpoint leads to its event. */
  readonly run?: RunId;
  /** No room for its words beside the mark before it. */
  readonly narrow: boolean;
}

/** What stands below the line: where breakpoints held the run, where its forks leave, where it left its original. */
export function marksOf(events: readonly Event[], forks: readonly RunSummary[]): Mark[] {
  const held = events.flatMap((event, index) =>
    event.type === "run.paused" && event.data.breakpoint !== undefined
      ? [
          {
            index,
            text: event.data.breakpoint === planFirstBreak ? "Plan first" : `Break: ${event.data.breakpoint}`,
            tone: "break" as const,
          },
        ]
      : [],
  );
  const origins = events.flatMap((event, index) =>
    event.type === "run.started" && event.data.origin?.kind === "fork" && index > 0
      ? [{ index, text: "Left its original", tone: "fork" as const, run: event.data.origin.run }]
      : [],
  );
  const leaving = forks
    .toSorted((a, b) => a.firstSeq - b.firstSeq)
    .flatMap(({ id, origin, status }, order) => {
      const index = events.findLastIndex(({ seq }) => seq <= (origin?.at ?? 0));
      return index < 0 ? [] : [{ index, text: `Fork ${letter(order)}: ${endWords[status]}`, tone: "fork" as const, run: id }];
    });
  const least = Math.max(1, events.length - 1) * leastShare;
  let last = Number.NEGATIVE_INFINITY;
  return [...held, ...origins, ...leaving]
    .toSorted((a, b) => a.index - b.index)
    .map((mark) => {
      const narrow = mark.index - last < least;
      if (!narrow) last = mark.index;
      return { ...mark, narrow };
    });
}

/** Of the line's length, what a mark's words take. */
const leastShare = 0.22;

const endWords: Readonly<Record<RunSummary["status"], string>> = {
  running: "running",
  paused: "held",
  waiting: "waiting",
  completed: "done",
  failed: "failed",
  cancelled: "cancelled",
};

/** a, b, … z, then 27 and on. */
function letter(order: number): string {
  return order < 26 ? String.fromCharCode(97 + order) : String(order + 1);
}
