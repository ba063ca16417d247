// Forks and replays stand under the run they came from.
import type { RunId, RunSummary } from "../../core/contract/index.ts";

export interface FamilyRow {
  readonly run: RunSummary;
  /** How many runs it came from stand above it, one under the other. */
  readonly depth: number;
  /** Whether another of the same family stands below it. */
  readonly more: boolean;
}

/** Families stand where their newest member would; a fork of another day stands by itself, on its own. */
export function inFamilies(runs: readonly RunSummary[]): FamilyRow[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const children = new Map<RunId, RunSummary[]>();
  const parentOf = (run: RunSummary) => {
    const parent = run.origin ? byId.get(run.origin.run) : undefined;
    return parent && sameDay(parent.startedAt, run.startedAt) ? parent : undefined;
  };
  for (const run of runs) {
    const parent = parentOf(run);
    if (parent) children.set(parent.id, [run, ...(children.get(parent.id) ?? [])]);
  }
  const rows: FamilyRow[] = [];
  const placed = new Set<RunId>();
  for (const run of runs) {
    let root = run;
    for (let parent = parentOf(root); parent; parent = parentOf(root)) root = parent;
    if (placed.has(root.id)) continue;
    placed.add(root.id);
    const family = membersOf(root, 0, children);
    rows.push(...family.map((member, index) => ({ ...member, more: index < family.length - 1 })));
  }
  return rows;
}

function membersOf(run: RunSummary, depth: number, children: ReadonlyMap<RunId, readonly RunSummary[]>): Omit<FamilyRow, "more">[] {
  return [{ run, depth }, ...(children.get(run.id) ?? []).flatMap((child) => membersOf(child, depth + 1, children))];
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
