// The run on screen: its events, its state as of any of them, and what streams by meanwhile.
import { create } from "zustand";
import {
  foldEvents,
  foldRun,
  type Event,
  type Failure,
  type Instant,
  type RunId,
  type RunState,
  type Seq,
  type StepState,
} from "../../core/contract/index.ts";
import { call, keepStreaming } from "./link.ts";

interface ShownRun {
  readonly id: RunId | undefined;
  readonly events: readonly Event[];
  /** After all events. */
  readonly newest: RunState | undefined;
  /** The event that time travel stands at; undefined for the newest. */
  readonly at: Seq | undefined;
  /** The run as of `at`. */
  readonly shown: RunState | undefined;
  readonly step: string | undefined;
  /** Text that a model is saying now, by step. */
  readonly saying: Readonly<Record<string, string>>;
  readonly loaded: boolean;
  readonly failure: Failure | undefined;
}

const nothing: ShownRun = {
  id: undefined,
  events: [],
  newest: undefined,
  at: undefined,
  shown: undefined,
  step: undefined,
  saying: {},
  loaded: false,
  failure: undefined,
};

export const useRun = create<ShownRun>(() => nothing);

let stopFollowing = () => {};

/** Opens a run, at an event when one is named. */
export function showRun(id: RunId | undefined, at?: Seq): void {
  if (useRun.getState().id === id) {
    if (at !== undefined) travelTo(at);
    return;
  }
  stopFollowing();
  useRun.setState({ ...nothing, id });
  if (id === undefined) return;
  stopFollowing = keepStreaming(async (client, signal) => {
    for (;;) {
      const page = await client.events.list({ run: id, since: lastSeq(), limit: 2000 });
      if (signal.aborted || page.length === 0) break;
      add(page);
    }
    if (at !== undefined && !useRun.getState().loaded && !signal.aborted) travelTo(at);
    useRun.setState({ loaded: true });
    for await (const followed of await client.events.follow({ run: id, since: lastSeq() }, { signal })) {
      if (followed.is === "event") add([followed.event]);
      else if (followed.signal.type === "text.delta") say(followed.signal.step, followed.signal.text);
    }
  });
}

function lastSeq(): Seq {
  return useRun.getState().events.at(-1)?.seq ?? 0;
}

function add(events: readonly Event[]): void {
  useRun.setState((state) => {
    const fresh = events.filter(({ seq }) => seq > (state.events.at(-1)?.seq ?? 0));
    const newest = fresh.reduce(foldRun, state.newest);
    const settled = fresh.filter(({ type }) => type === "step.completed" || type === "step.failed");
    const saying = { ...state.saying };
    for (const { step } of settled) if (step) delete saying[step];
    return { events: [...state.events, ...fresh], newest, saying, ...(state.at === undefined ? { shown: newest } : {}) };
  });
}

function say(step: string, text: string): void {
  useRun.setState(({ saying }) => ({ saying: { ...saying, [step]: (saying[step] ?? "") + text } }));
}

export function selectStep(step: string | undefined): void {
  useRun.setState({ step });
}

/** The step to look into: the chosen one, or else the one that runs or failed, or else the last. */
export function stepShown(run: RunState, chosen: string | undefined): StepState | undefined {
  return (
    run.steps.find(({ step }) => step.id === chosen) ??
    run.steps.find(({ status }) => status === "running") ??
    run.steps.find(({ status }) => status === "failed") ??
    run.steps.at(-1)
  );
}

export function selectStepBy(by: 1 | -1): void {
  const { shown, step } = useRun.getState();
  if (!shown || shown.steps.length === 0) return;
  const index = shown.steps.findIndex((known) => known === stepShown(shown, step));
  selectStep(shown.steps[Math.max(0, Math.min(shown.steps.length - 1, index + by))]?.step.id);
}

/** Goes to an event; the newest when it is the last. */
export function travelTo(seq: Seq | undefined): void {
  useRun.setState(({ events, newest }) => {
    const last = events.at(-1)?.seq;
    if (seq === undefined || seq === last || !events.some((event) => event.seq === seq)) return { at: undefined, shown: newest };
    return { at: seq, shown: foldEvents(events.filter((event) => event.seq <= seq)) };
  });
}

/** When the moment on show was; undefined for now. */
export function momentShown({ at, events }: Pick<ShownRun, "at" | "events">): Instant | undefined {
  return at === undefined ? undefined : events.find(({ seq }) => seq === at)?.at;
}

export function travelBy(by: number): void {
  const { events, at } = useRun.getState();
  if (events.length === 0) return;
  const index = at === undefined ? events.length - 1 : events.findIndex(({ seq }) => seq === at);
  travelTo(events[Math.max(0, Math.min(events.length - 1, index + by))]?.seq);
}

export async function cancelRun(): Promise<void> {
  const { id } = useRun.getState();
  if (id) await call((client) => client.runs.cancel({ run: id }));
}

export async function pauseRun(): Promise<void> {
  const { id } = useRun.getState();
  if (id) await call((client) => client.runs.pause({ run: id }));
}

/** Lets a held run go on; with `stepping` only to the next call. */
export async function resumeRun(stepping?: "into"): Promise<void> {
  const { id } = useRun.getState();
  if (id) await call((client) => client.runs.resume({ run: id, ...(stepping ? { stepping } : {}) }));
}

/** A new run with the same past up to the moment on show; opens it. */
export async function forkRun(): Promise<void> {
  const { id, at } = useRun.getState();
  if (!id) return;
  const answer = await call((client) => client.runs.fork({ run: id, ...(at === undefined ? {} : { at }) }));
  if (answer.ok) showRun(answer.value.run);
  else useRun.setState({ failure: answer.failure });
}
