// The run on screen: as its newest event left it and as of any other, what is looked into, and what streams by.
import { create } from "zustand";
import { type Event, type Instant, type Moment, type RunId, type Seq, type StepState } from "../../core/contract/index.ts";
import { call, keepStreaming } from "./link.ts";
import { RunReader, type Aim, type Looks, type WholeSteps } from "./run-reader.ts";
import { stepShown, wholeStep } from "./step-shown.ts";

interface ShownRun {
  readonly id: RunId | undefined;
  /** After all events. */
  readonly newest: Moment | undefined;
  /** The event that time travel stands at; undefined for the newest. */
  readonly at: Seq | undefined;
  /** The run as of `at`. */
  readonly shown: Moment | undefined;
  /** The place among all events that time travel is on its way to. */
  readonly heading: number | undefined;
  readonly step: string | undefined;
  /** Steps of `shown` that are looked at, with all that they were given and gave. */
  readonly steps: WholeSteps;
  /** The events that came last. */
  readonly fresh: readonly Event[];
  /** Text that a model is saying now, by step. */
  readonly saying: Readonly<Record<string, string>>;
}

const nothing: ShownRun = {
  id: undefined,
  newest: undefined,
  at: undefined,
  shown: undefined,
  heading: undefined,
  step: undefined,
  steps: new Map(),
  fresh: [],
  saying: {},
};

export const useRun = create<ShownRun>(() => nothing);

/** A frame at sixty a second. */
const breathMs = 16;
/** Between looks at what goes on in a run while an earlier moment of it is on show. */
const asideMs = 250;

const theNewest: Aim = {};
let stopFollowing = () => {};
let reader: RunReader | undefined;
let aim = theNewest;
let looks: Looks = { bodies: [], steps: [] };

/** Opens a run, at an event when one is named. */
export function showRun(id: RunId | undefined, at?: Seq): void {
  if (useRun.getState().id === id) {
    if (at !== undefined) travelTo(at);
    return;
  }
  stopFollowing();
  reader = id && readerOf(id);
  aim = at === undefined ? theNewest : { seq: at };
  looks = { bodies: [], steps: [] };
  useRun.setState({ ...nothing, id });
  if (id === undefined) return;
  let since: Seq = 0;
  stopFollowing = keepStreaming(async (client, signal) => {
    await read();
    since = Math.max(since, useRun.getState().newest?.place.seq ?? 0);
    for await (const followed of await client.events.follow({ run: id, since }, { signal })) {
      if (followed.is === "event") {
        since = followed.event.seq;
        addSoon(followed.event);
      } else if (followed.signal.type === "text.delta") say(followed.signal.step, followed.signal.text);
    }
  });
}

/** The runs looked at last: their plans need not be told again. */
const readers = new Map<RunId, RunReader>();
const mostReaders = 4;

function readerOf(run: RunId): RunReader {
  const mine = readers.get(run) ?? new RunReader(run);
  readers.delete(run);
  readers.set(run, mine);
  for (const [oldest] of [...readers].slice(0, -mostReaders)) readers.delete(oldest);
  return mine;
}

let again = false;
let reading: Promise<void> | undefined;

/** Reads what is to be on show; one at a time, and once more when something else is wanted meanwhile. */
function read(): Promise<void> {
  again = true;
  reading ??= readWhileAsked();
  return reading;
}

async function readWhileAsked(): Promise<void> {
  try {
    while (again) {
      again = false;
      await readOnce();
    }
  } finally {
    reading = undefined;
  }
}

async function readOnce(): Promise<void> {
  const [mine, goal] = [reader, aim];
  if (!mine) return;
  const answer = await call(async (client) => {
    const { moment, steps } = await mine.read(client, goal, wanted());
    const { index, total } = moment.place;
    const last = index === total - 1;
    const newest = last ? moment : (useRun.getState().newest ?? (await mine.moment(client, theNewest, [])));
    return { moment, steps, newest, last };
  });
  if (reader !== mine || !answer.ok) return;
  const { moment, steps, newest, last } = answer.value;
  const there = aim === goal;
  if (there && last) aim = theNewest;
  useRun.setState(({ heading }) => ({
    shown: moment,
    steps,
    newest,
    at: last ? undefined : moment.place.seq,
    heading: there ? undefined : heading,
  }));
  void fill();
}

let resting = false;

/** What goes on in the run beside the earlier moment on show. */
function readAside(): void {
  if (resting) return;
  resting = true;
  setTimeout(async () => {
    resting = false;
    const mine = reader;
    const answer = mine && (await call((client) => mine.moment(client, theNewest, [])));
    if (answer?.ok && reader === mine && useRun.getState().at !== undefined) useRun.setState({ newest: answer.value });
  }, asideMs);
}

/** Says what is drawn of the run on show, so that it is read. */
export function lookAt(seen: Looks): void {
  const known = new Set(looks.bodies);
  looks = seen;
  if (seen.bodies.some((way) => !known.has(way))) void read();
  else void fill();
}

function wanted(): Looks {
  const { shown, step } = useRun.getState();
  const chosen = shown ? stepShown(shown, step) : step;
  if (chosen === undefined) return looks;
  const way = chosen.slice(0, Math.max(0, chosen.lastIndexOf("/")));
  return { bodies: way === "" ? looks.bodies : [...new Set([...looks.bodies, way])], steps: [...new Set([...looks.steps, chosen])] };
}

/** Reads the steps that are looked at and not here yet. */
async function fill(): Promise<void> {
  const mine = reader;
  if (!mine || !useRun.getState().shown) return;
  const missing = wanted().steps.filter((step) => !mine.has(step));
  if (missing.length === 0) return reading;
  const answer = await call((client) => mine.more(client, missing));
  if (reader === mine && answer.ok && answer.value) useRun.setState({ steps: answer.value });
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

function add(fresh: readonly Event[]): void {
  useRun.setState(({ saying, at, step }) => {
    const said = { ...saying };
    for (const event of fresh) if (event.step && (event.type === "step.completed" || event.type === "step.failed")) delete said[event.step];
    // Whatever was looked into before, what holds the run is what matters now.
    const held = at === undefined && fresh.some(({ type }) => type === "run.paused");
    return { fresh, saying: said, step: held ? undefined : step };
  });
  if (aim === theNewest) void read();
  else readAside();
}

function say(step: string, text: string): void {
  useRun.setState(({ saying }) => ({ saying: { ...saying, [step]: (saying[step] ?? "") + text } }));
}

export function selectStep(step: string | undefined): void {
  useRun.setState({ step });
  if (step?.includes("/") && !useRun.getState().shown?.statuses.has(step)) void read();
  else void fill();
}

/** The step on show in whole, once it is read. */
export async function stepRead(): Promise<StepState | undefined> {
  const here = wholeStep(useRun.getState());
  if (!here) await fill();
  return here ?? wholeStep(useRun.getState());
}

export function selectStepBy(by: 1 | -1): void {
  const { shown, step } = useRun.getState();
  if (!shown) return;
  const ids = [...shown.statuses.keys()];
  const index = ids.indexOf(stepShown(shown, step) ?? "");
  if (ids.length > 0) selectStep(ids[Math.max(0, Math.min(ids.length - 1, index + by))]);
}

/** Goes to an event; the newest when it is the last. */
export function travelTo(seq: Seq | undefined): void {
  aim = seq === undefined ? theNewest : { seq };
  useRun.setState({ heading: undefined });
  void read();
}

/** Goes to an event by its place among all of the run's. */
export function travelToPlace(place: number): void {
  const total = useRun.getState().newest?.place.total ?? 0;
  if (total === 0) return;
  const heading = Math.max(0, Math.min(total - 1, place));
  aim = heading === total - 1 ? theNewest : { place: heading };
  useRun.setState({ heading });
  void read();
}

export function travelBy(by: number): void {
  const { heading, shown } = useRun.getState();
  if (shown) travelToPlace((heading ?? shown.place.index) + by);
}

/** When the moment on show was; undefined for now. */
export function momentShown({ at, shown }: Pick<ShownRun, "at" | "shown">): Instant | undefined {
  return at === undefined ? undefined : shown?.place.at;
}
