// The run on screen: its events, its state as of any of them, and what streams by meanwhile.
import { create } from "zustand";
import { foldEvents, foldRun, type Event, type Failure, type RunId, type RunState, type Seq } from "../../core/contract/index.ts";
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

export function showRun(id: RunId | undefined): void {
  if (useRun.getState().id === id) return;
  stopFollowing();
  useRun.setState({ ...nothing, id });
  if (id === undefined) return;
  stopFollowing = keepStreaming(async (client, signal) => {
    for (;;) {
      const page = await client.events.list({ run: id, since: lastSeq(), limit: 2000 });
      if (signal.aborted || page.length === 0) break;
      add(page);
    }
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

/** Goes to an event; the newest when it is the last. */
export function travelTo(seq: Seq | undefined): void {
  useRun.setState(({ events, newest }) => {
    const last = events.at(-1)?.seq;
    if (seq === undefined || seq === last) return { at: undefined, shown: newest };
    return { at: seq, shown: foldEvents(events.filter((event) => event.seq <= seq)) };
  });
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
