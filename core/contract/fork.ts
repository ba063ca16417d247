// What a fork does anew when some of its steps, inside bodies too, are given other results.
import type { StepState } from "./run-state.ts";

export interface ForkScope {
  /** Begun anew: what came of an edit, and the steps around one, whose results are put together again. */
  readonly anew: ReadonlySet<string>;
  /** Whether a step, inside another, is as if it had never been. */
  readonly isGone: (id: string) => boolean;
}

/** `edited`: ids of steps whose results are given. In a map the other turns stand; in a loop the turns after it do not. */
export function scopeOfFork(steps: readonly StepState[], edited: ReadonlySet<string>): ForkScope {
  const known = new Map(steps.map((state) => [state.id, state]));
  const users = new Map<string, string[]>();
  for (const { id, step } of steps) {
    for (const need of step.needs) {
      const needed = scopeOf(id) + need;
      users.set(needed, [...(users.get(needed) ?? []), id]);
    }
  }
  const stale = new Set<string>();
  const around = new Set<string>();
  /** The last turn that stands in part, by loop. */
  const lastTurns = new Map<string, number>();
  const open = [...edited];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const user of users.get(id) ?? []) {
      if (stale.has(user) || edited.has(user)) continue;
      stale.add(user);
      open.push(user);
    }
    const outer = outerOf(id, known);
    if (!outer) continue;
    if (outer.step.kind === "loop") lastTurns.set(outer.id, Math.min(turnOf(id, outer.id), lastTurns.get(outer.id) ?? Infinity));
    if (around.has(outer.id) || edited.has(outer.id)) continue;
    around.add(outer.id);
    open.push(outer.id);
  }
  const isGone = (id: string) => outerIds(id).some((outer) => stale.has(outer) || turnOf(id, outer) > (lastTurns.get(outer) ?? Infinity));
  return { anew: new Set([...stale, ...around]), isGone };
}

/** `each/3/` of `each/3/read`. */
function scopeOf(id: string): string {
  return id.slice(0, id.lastIndexOf("/") + 1);
}

function turnOf(id: string, outer: string): number {
  return Number.parseInt(id.slice(outer.length + 1), 10);
}

/** Whatever the id of a step goes through, the nearest first; a turn's number is among them and names no step. */
export function outerIds(id: string): string[] {
  const ids: string[] = [];
  for (let cut = id.lastIndexOf("/"); cut > 0; cut = id.lastIndexOf("/", cut - 1)) ids.push(id.slice(0, cut));
  return ids;
}

function outerOf(id: string, known: ReadonlyMap<string, StepState>): StepState | undefined {
  for (const outer of outerIds(id)) {
    const state = known.get(outer);
    if (state) return state;
  }
  return undefined;
}
