// The call that the run is held before, as a person may change it: other arguments, or an answer instead.
import { create } from "zustand";
import type { PausePoint, RunState } from "../../core/contract/index.ts";
import { readJson, writeJson } from "./json-draft.ts";
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
export function heldPoint({ newest, at }: { newest: RunState | undefined; at: number | undefined }): PausePoint | undefined {
  return at === undefined && newest?.status === "paused" ? (newest.pause?.at ?? undefined) : undefined;
}

useRun.subscribe(({ newest }, before) => {
  if (newest?.pause === before.newest?.pause) return;
  const point = newest?.pause?.at;
  if (!newest || !point) return;
  const place = `${newest.id} ${point.on} ${point.key ?? point.step}`;
  if (place === useHeld.getState().place) return;
  const came = writeJson(point.input);
  useHeld.setState({ place, mode: "arguments", arguments: came, came, answer: answerBefore(newest, point) });
});

/** What the same tool or model answered before in this run, to start from. */
function answerBefore({ steps }: RunState, { name }: PausePoint): string {
  const answers = steps.flatMap(({ effects }) => effects.flatMap((effect) => (effect.name === name ? effect.state : [])));
  const last = answers.findLast(({ is }) => is === "completed");
  return last?.is === "completed" ? writeJson(last.output) : "";
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
