// The line of the run on show: the sort of every event, the bars of its steps, and where some of its events stand.
import { create } from "zustand";
import { emptyOutline, outlineAfter, type Event, type RunId, type RunOutline, type Seq } from "../../core/contract/index.ts";
import { call } from "./link.ts";
import { useRun } from "./run.ts";

interface OutlineState {
  /** Of the events before it was read and since; empty until then. */
  readonly outline: RunOutline;
  /** The places, from 0, of the events that were asked for. */
  readonly places: ReadonlyMap<Seq, number>;
}

const nothing: OutlineState = { outline: emptyOutline, places: new Map() };

export const useOutline = create<OutlineState>(() => nothing);

/** Events that came while the line before them is being read. */
let waiting: Event[] | undefined;

useRun.subscribe(({ id, newest, fresh }, before) => {
  if (id !== before.id) {
    useOutline.setState(nothing);
    waiting = undefined;
  }
  if (id && newest && (id !== before.id || !before.newest)) void load(id, newest.place.seq);
  else if (fresh !== before.fresh && waiting) waiting.push(...fresh);
  else if (fresh !== before.fresh && fresh.length > 0) addEvents(fresh);
});

async function load(run: RunId, to: Seq): Promise<void> {
  const came: Event[] = [];
  waiting = came;
  const answer = await call((client) => client.runs.outline({ run, to }));
  if (waiting !== came) return;
  waiting = undefined;
  if (!answer.ok) return;
  useOutline.setState({ outline: answer.value });
  addEvents(came.filter(({ seq }) => seq > to));
}

function addEvents(events: readonly Event[]): void {
  const heard = events.map(({ type, step, data }) => ({ type, step, call: "call" in data ? data.call : undefined }));
  useOutline.setState(({ outline }) => ({ outline: outlineAfter(outline, heard) }));
}

/** Asks where these events of the run on show stand. */
export async function findPlaces(run: RunId | undefined, seqs: readonly Seq[]): Promise<void> {
  const missing = seqs.filter((seq) => !useOutline.getState().places.has(seq));
  if (!run || missing.length === 0) return;
  const answer = await call((client) => client.runs.places({ run, seqs: missing }));
  if (!answer.ok || useRun.getState().id !== run) return;
  const found = missing.map((seq, index) => [seq, (answer.value[index] ?? 0) - 1] as const);
  useOutline.setState(({ places }) => ({ places: new Map([...places, ...found]) }));
}
