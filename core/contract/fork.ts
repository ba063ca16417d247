// What a fork does anew when some of its steps, inside bodies too, are given other results.
import { bodyOf, definitionOf, outerIds, type Plan } from "./plan.ts";

export interface ForkScope {
  /** Begun anew: what came of an edit, and the steps around one, whose results are put together again. */
  readonly anew: ReadonlySet<string>;
  /** Whether a step, inside another, is as if it had never been. */
  readonly isGone: (id: string) => boolean;
}

/** `edited`: ids of steps whose results are given. In a map the other turns stand; in a loop the turns after it do not. */
export function scopeOfFork(plan: Plan | undefined, edited: ReadonlySet<string>): ForkScope {
  const stale = new Set<string>();
  const around = new Set<string>();
  /** The last turn that stands in part, by loop. */
  const lastTurns = new Map<string, number>();
  const usersIn = plan ? usersByScope(plan) : () => [];
  const open = [...edited];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const user of usersIn(id)) {
      if (stale.has(user) || edited.has(user)) continue;
      stale.add(user);
      open.push(user);
    }
    const outer = outerIds(id).find((name) => !isTurn(name));
    if (outer === undefined) continue;
    if (plan && definitionOf(plan, outer)?.kind === "loop") {
      lastTurns.set(outer, Math.min(turnOf(id, outer), lastTurns.get(outer) ?? Infinity));
    }
    if (around.has(outer) || edited.has(outer)) continue;
    around.add(outer);
    open.push(outer);
  }
  const isGone = (id: string) => outerIds(id).some((outer) => stale.has(outer) || turnOf(id, outer) > (lastTurns.get(outer) ?? Infinity));
  return { anew: new Set([...stale, ...around]), isGone };
}

/** The steps that need a step, in its own scope. */
function usersByScope(plan: Plan): (id: string) => string[] {
  const known = new Map<string, Map<string, string[]>>();
  return (id) => {
    const scope = scopeOf(id);
    let users = known.get(scope);
    if (!users) {
      const outer = definitionOf(plan, scope.slice(0, -1));
      users = new Map<string, string[]>();
      for (const step of scope === "" ? plan.steps : outer ? bodyOf(outer) : []) {
        for (const need of step.needs) users.set(scope + need, [...(users.get(scope + need) ?? []), scope + step.id]);
      }
      known.set(scope, users);
    }
    return users.get(id) ?? [];
  };
}

/** `each/3/` of `each/3/read`. */
function scopeOf(id: string): string {
  return id.slice(0, id.lastIndexOf("/") + 1);
}

/** `each/3` names no step, but a turn of one. */
function isTurn(id: string): boolean {
  return /(^|\/)\d+$/.test(id);
}

function turnOf(id: string, outer: string): number {
  return Number.parseInt(id.slice(outer.length + 1), 10);
}
