// What of a picture changes while its steps come along: how each line looks, how far each group has come.
import type { StepState } from "../../../core/contract/index.ts";
import type { Line } from "./plan-picture.ts";

export type LineLook = "done" | "live" | "waiting" | "ahead" | "not-taken";

/** Undefined where nothing was decided yet. */
export function takenBy(line: Line, from: StepState | undefined, to: StepState | undefined): boolean | undefined {
  if (line.guardedBy === "decide") {
    const { output } = from ?? {};
    if (from?.status !== "completed" || typeof output !== "object" || output === null || !("take" in output)) return undefined;
    const name = line.to.slice(line.to.lastIndexOf("/") + 1);
    return Array.isArray(output.take) && output.take.includes(name);
  }
  if (line.guardedBy === "error") return from?.status === "failed" ? true : from?.status === "completed" ? false : undefined;
  if (!to || to.status === "waiting") return undefined;
  return to.status !== "skipped";
}

export function lookOf(line: Line, from: StepState | undefined, to: StepState | undefined): LineLook {
  if (to?.status === "skipped" || from?.status === "skipped" || takenBy(line, from, to) === false) return "not-taken";
  if (from?.status !== "completed" && from?.status !== "failed") return "ahead";
  return to?.status === "running" ? "live" : "done";
}

export interface GroupCount {
  /** Turns of a map or loop, or steps of a plan or race. */
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
}

interface Tally {
  readonly turns: Map<string, { settled: boolean; failed: boolean; running: boolean }>;
  readonly numbers: number[];
}

/** By the id of each group that has begun: its turns in order, and how far it has come. */
export function countGroups(steps: readonly StepState[]): {
  readonly turns: ReadonlyMap<string, readonly number[]>;
  readonly counts: ReadonlyMap<string, GroupCount>;
} {
  const tallies = new Map<string, Tally>();
  for (const { id, status } of steps) {
    const parts = id.split("/");
    for (let length = 1; length < parts.length; length += 1) {
      const group = parts.slice(0, length).join("/");
      const member = parts[length] ?? "";
      if (/^\d+$/.test(parts[length - 1] ?? "")) continue;
      let tally = tallies.get(group);
      if (!tally) tallies.set(group, (tally = { turns: new Map(), numbers: [] }));
      let turn = tally.turns.get(member);
      if (!turn) {
        tally.turns.set(member, (turn = { settled: true, failed: false, running: false }));
        if (/^\d+$/.test(member)) tally.numbers.push(Number(member));
      }
      if (status === "waiting" || status === "running") turn.settled = false;
      if (status === "running") turn.running = true;
      if (status === "failed") turn.failed = true;
    }
  }
  const turns = new Map<string, readonly number[]>();
  const counts = new Map<string, GroupCount>();
  for (const [group, tally] of tallies) {
    turns.set(
      group,
      tally.numbers.sort((a, b) => a - b),
    );
    const all = [...tally.turns.values()];
    counts.set(group, {
      total: all.length,
      done: all.filter(({ settled, failed }) => settled && !failed).length,
      failed: all.filter(({ failed }) => failed).length,
      running: all.filter(({ running }) => running).length,
    });
  }
  return { turns, counts };
}
