// The list of runs, live: a first page, then every summary that changes.
import { create } from "zustand";
import type { RunId, RunSummary } from "../../core/contract/index.ts";
import { inFamilies, type FamilyRow } from "./families.ts";
import { call, keepStreaming } from "./link.ts";
import { showRun, useRun } from "./run.ts";

interface RunsState {
  /** Newest first. */
  readonly runs: readonly RunSummary[];
  readonly total: number;
  readonly loaded: boolean;
  readonly filter: string;
  /** What the host found for the filter; undefined while there is none. */
  readonly found: readonly RunSummary[] | undefined;
  /** The run that was removed last, until that was read; `open` when it was on show. */
  readonly removed: { readonly goal: string | undefined; readonly open: boolean } | undefined;
}

export const useRuns = create<RunsState>(() => ({ runs: [], total: 0, loaded: false, filter: "", found: undefined, removed: undefined }));

const pageSize = 300;

export function followRuns(): () => void {
  return keepStreaming(async (client, signal) => {
    const { runs, total } = await client.runs.list({ limit: pageSize });
    useRuns.setState({ runs, total, loaded: true });
    const since = Math.max(0, ...runs.map((run) => run.lastSeq));
    for await (const news of await client.runs.watch({ since }, { signal })) {
      if ("removed" in news) dropRun(news.id);
      else useRuns.setState((state) => place(state, news));
    }
  });
}

/** A run was removed, here or at another door: it leaves the list and the view, and the window says so. */
function dropRun(id: RunId): void {
  const state = useRuns.getState();
  const { runs, found, total } = state;
  const shown = runsShown(state);
  const gone = [...shown, ...runs].find((run) => run.id === id);
  const open = useRun.getState().id === id;
  if (!gone && !open) return;
  const others = (list: readonly RunSummary[]) => list.filter((run) => run.id !== id);
  const removed = { goal: gone?.goal, open };
  useRuns.setState({ runs: others(runs), found: found && others(found), total: Math.max(0, total - 1), removed });
  if (open) showRun([neighbour(shown, id, 1), neighbour(shown, id, -1)].find((next) => next !== id));
}

/** The list with one summary put where it belongs. */
export function place(state: Pick<RunsState, "runs" | "total">, run: RunSummary): Pick<RunsState, "runs" | "total"> {
  const index = state.runs.findIndex(({ id }) => id === run.id);
  if (index >= 0) return { runs: state.runs.with(index, run), total: state.total };
  const at = state.runs.findIndex(({ firstSeq }) => firstSeq < run.firstSeq);
  const runs = at < 0 ? [...state.runs, run] : state.runs.toSpliced(at, 0, run);
  return { runs, total: state.total + 1 };
}

let asked = 0;

/** Looks in every goal and answer that is kept, not only in those on screen. */
export async function filterRuns(filter: string): Promise<void> {
  asked += 1;
  const mine = asked;
  useRuns.setState({ filter, ...(filter.trim() === "" ? { found: undefined } : {}) });
  if (filter.trim() === "") return;
  const answer = await call((client) => client.runs.list({ limit: pageSize, query: filter.trim() }));
  if (mine === asked && answer.ok) useRuns.setState({ found: answer.value.runs });
}

export async function loadOlder(): Promise<void> {
  const { runs, total } = useRuns.getState();
  const last = runs.at(-1);
  if (!last || runs.length >= total) return;
  const answer = await call((client) => client.runs.list({ limit: pageSize, before: last.firstSeq }));
  if (!answer.ok) return;
  useRuns.setState((state) => {
    const known = new Set(state.runs.map(({ id }) => id));
    return { runs: [...state.runs, ...answer.value.runs.filter(({ id }) => !known.has(id))] };
  });
}

/** In the order of the list: families together, what was found as it was found. */
export function runsShown(state: RunsState): readonly RunSummary[] {
  return familiesShown(state).map(({ run }) => run);
}

export function familiesShown({ found, runs }: Pick<RunsState, "found" | "runs">): readonly FamilyRow[] {
  return found ? found.map((run) => ({ run, depth: 0, more: false })) : inFamilies(runs);
}

export function neighbour(runs: readonly RunSummary[], selected: RunId | undefined, by: 1 | -1): RunId | undefined {
  const index = runs.findIndex(({ id }) => id === selected);
  return runs[Math.max(0, Math.min(runs.length - 1, index + by))]?.id;
}
