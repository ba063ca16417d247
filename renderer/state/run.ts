// The run on screen: its events, its state as of any of them, and what streams by meanwhile.
import { create } from "zustand";
import {
  foldEvents,
  RunFold,
  type Event,
  type Instant,
  type RunId,
  type RunState,
  type Seq,
  type StepState,
} from "../../core/contract/index.ts";
import { keepStreaming } from "./link.ts";

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
};

export const useRun = create<ShownRun>(() => nothing);

/** A frame at sixty a second. */
const breathMs = 16;

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
      if (followed.is === "event") addSoon(followed.event);
      else if (followed.signal.type === "text.delta") say(followed.signal.step, followed.signal.text);
    }
  });
}

function lastSeq(): Seq {
  return useRun.getState().events.at(-1)?.seq ?? 0;
}

let coming: { readonly run: RunId | undefined; readonly events: Event[] } | undefined;

/** Events that come in one breath are drawn at once. */
function addSoon(event: Event): void {
  const run = useRun.getState().id;
  if (coming?.run === run) return void coming?.events.push(event);
  const batch = { run, events: [event] };
  coming = batch;
  setTimeout(() => {
    if (coming === batch) coming = undefined;
    if (useRun.getState().id === run) add(batch.events);
  }, breathMs);
}

function add(events: readonly Event[]): void {
  useRun.setState((state) => {
    const fresh = events.filter(({ seq }) => seq > (state.events.at(-1)?.seq ?? 0));
    if (fresh.length === 0) return {};
    const fold = new RunFold(state.newest);
    for (const event of fresh) fold.apply(event);
    const newest = fold.state;
    const held = fresh.some(({ type }) => type === "run.paused");
    const settled = fresh.filter(({ type }) => type === "step.completed" || type === "step.failed");
    const saying = { ...state.saying };
    for (const { step } of settled) if (step) delete saying[step];
    return {
      events: [...state.events, ...fresh],
      newest,
      saying,
      ...(state.at === undefined ? { shown: newest } : {}),
      // Whatever was looked into before, what holds the run is what matters now.
      ...(held && state.at === undefined ? { step: undefined } : {}),
    };
  });
}

function say(step: string, text: string): void {
  useRun.setState(({ saying }) => ({ saying: { ...saying, [step]: (saying[step] ?? "") + text } }));
}

export function selectStep(step: string | undefined): void {
  useRun.setState({ step });
}

/** The step to look into: the chosen one, or else the one that is held, runs or failed, or else the last. */
export function stepShown(run: RunState, chosen: string | undefined): StepState | undefined {
  return (
    run.steps.find(({ id }) => id === chosen) ??
    run.steps.find(({ id }) => id === run.pause?.at?.step) ??
    run.steps.find(({ status }) => status === "running") ??
    run.steps.find(({ status }) => status === "failed") ??
    run.steps.at(-1)
  );
}

export function selectStepBy(by: 1 | -1): void {
  const { shown, step } = useRun.getState();
  if (!shown || shown.steps.length === 0) return;
  const index = shown.steps.findIndex((known) => known === stepShown(shown, step));
  selectStep(shown.steps[Math.max(0, Math.min(shown.steps.length - 1, index + by))]?.id);
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
