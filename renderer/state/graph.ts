// How a person looks at the plan: which groups are open, how much of them, and what is compared.
import { create } from "zustand";
import { useRun } from "./run.ts";
import { isGroup, stepShown } from "./step-shown.ts";

interface GraphState {
  /** Groups that are open, by their id at run time. */
  readonly open: ReadonlySet<string>;
  /** The group that was opened last, to be looked at; undefined for the whole plan. */
  readonly opened: string | undefined;
  /** How many turns of a group are drawn, where one asked for more. */
  readonly turns: Readonly<Record<string, number>>;
  /** Grows when the whole plan is to be brought into view. */
  readonly fits: number;
  /** Whether the revision on show is laid beside the one before. */
  readonly diff: boolean;
}

const nothing: GraphState = { open: new Set(), opened: undefined, turns: {}, fits: 0, diff: false };
export const useGraph = create<GraphState>(() => nothing);

const fewTurns = 8;
const moreTurns = 50;

useRun.subscribe(({ id, step, newest }, before) => {
  if (id !== before.id) return useGraph.setState(nothing);
  const looked = step ?? newest?.pause?.at?.step;
  if (looked?.includes("/") && (step !== before.step || newest?.pause !== before.newest?.pause)) openAround(looked);
});

/** Opens the groups that a step lies in. */
function openAround(step: string): void {
  const parts = step.split("/");
  const around = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
  useGraph.setState(({ open }) => ({ opened: undefined, open: around.every((id) => open.has(id)) ? open : new Set([...open, ...around]) }));
}

export function toggleGroup(id: string): void {
  useGraph.setState(({ open }) => {
    const changed = new Set(open);
    const closed = changed.delete(id);
    if (!closed) changed.add(id);
    return { open: changed, opened: closed ? undefined : id };
  });
}

/** Of the step on show, or of the group it lies in. */
export function toggleGroupShown(): void {
  const { shown, step: chosen } = useRun.getState();
  const step = shown && stepShown(shown, chosen);
  if (!step) return;
  if (isGroup(shown, step)) return toggleGroup(step);
  const around = step.replace(/(?:\/\d+)?\/[^/]+$/, "");
  if (around !== step) toggleGroup(around);
}

/** Brings the whole plan into view. */
export function fitPlan(): void {
  useGraph.setState(({ fits }) => ({ fits: fits + 1, opened: undefined }));
}

export function drawMore(group: string): void {
  useGraph.setState(({ turns }) => ({ turns: { ...turns, [group]: (turns[group] ?? fewTurns) + moreTurns } }));
}

/** The first few of the turns that a group has come to, and the one that is looked into. */
export function turnsToDraw(group: string, came: number, asked: GraphState["turns"], looked: string | undefined): readonly number[] {
  const first = Array.from({ length: Math.min(came, asked[group] ?? fewTurns) }, (_, turn) => turn);
  const turn = looked?.startsWith(`${group}/`) ? Number(looked.slice(group.length + 1).split("/")[0]) : Number.NaN;
  return turn < came && turn >= first.length ? [...first, turn] : first;
}
