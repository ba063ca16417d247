// The call that the run is held before, as a person may change it: other arguments, or an answer instead.
import { create } from "zustand";
import type { Event, Moment, PausePoint } from "../../core/contract/index.ts";
import { readJson, writeJson } from "./json-draft.ts";
import { call } from "./link.ts";
import { useRun } from "./run.ts";
import { resumeRun, type CallEdit, type Stepping } from "./steering.ts";

interface HeldCall {
  /** Names the run and the call; what was typed is kept while it is the same. */
  readonly place: string | undefined;
  readonly mode: "arguments" | "answer";
  readonly arguments: string;
  readonly answer: string;
  /** The arguments as they came. */
  readonly came: string;
}

const nothing: HeldCall = { place: undefined, mode: "arguments", arguments: "", answer: "", came: "" };

export const useHeld = create<HeldCall>(() => nothing);

/** Where the run on show is held now; undefined when it is not, or an earlier moment is on show. */
export function heldPoint({ newest, at }: { newest: Moment | undefined; at: number | undefined }): PausePoint | undefined {
  return at === undefined && newest?.status === "paused" ? (newest.pause?.at ?? undefined) : undefined;
}

useRun.subscribe(({ newest }, before) => {
  if (newest?.pause === before.newest?.pause) return;
  const point = newest?.pause?.at;
  if (!newest || !point) return;
  const place = `${newest.id} ${point.on} ${point.key ?? point.step}`;
  if (place === useHeld.getState().place) return;
  const came = writeJson(point.input);
  useHeld.setState({ place, mode: "arguments", arguments: came, came, answer: "" });
  void startFromAnswer(newest, point, place);
});

/** So many events back an answer is looked for. */
const lookBack = 1000;

/** Puts what the same tool or model answered before in this run where another answer is written, to start from. */
async function startFromAnswer({ id: run, place: { total } }: Moment, { name }: PausePoint, place: string): Promise<void> {
  const back = await call((client) => client.events.list({ run, place: Math.max(0, total - lookBack), limit: lookBack }));
  const answer = back.ok ? answerBefore(back.value, name) : "";
  useHeld.setState((held) => (held.place === place && held.answer === "" ? { answer } : {}));
}

/** As JSON; empty when there is none. */
export function answerBefore(events: readonly Event[], name: string): string {
  const last = events.findLast((event) => event.type === "effect.completed" && event.data.name === name);
  return last?.type === "effect.completed" ? writeJson(meant(last.data.output)) : "";
}

/** How an answer to a program came, piece by piece, is nothing to write anew. */
function meant(output: unknown): unknown {
  if (typeof output !== "object" || output === null || !("pieces" in output)) return output;
  const { text, calls } = output as { text?: unknown; calls?: unknown };
  return { text, calls };
}

/** What going on would change of the call, or what keeps it from going on. */
export function heldEdit(
  held: HeldCall,
  point: PausePoint | undefined,
): { ok: true; edit: CallEdit | undefined } | { ok: false; says: string } {
  if (point?.key === undefined) return { ok: true, edit: undefined };
  const answering = held.mode === "answer";
  if (!answering && held.arguments === held.came) return { ok: true, edit: undefined };
  if (answering && held.answer.trim() === "") {
    return { ok: false, says: "Write what the call is to have answered, as JSON." };
  }
  const read = readJson(answering ? held.answer : held.arguments);
  if (!read.ok) return read;
  return { ok: true, edit: answering ? { output: read.value } : { input: read.value } };
}

/** Lets the run go on with whatever was changed of the call; stays where it is while that is not JSON. */
export async function goOn(stepping?: Stepping): Promise<void> {
  const point = heldPoint(useRun.getState());
  const ready = heldEdit(useHeld.getState(), point);
  if (!ready.ok) return;
  if (await resumeRun(stepping, ready.edit)) useHeld.setState(nothing);
}
