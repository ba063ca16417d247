// Which words of a goal led to which step.
import type { Step } from "../../../core/contract/index.ts";

export interface GoalPiece {
  /** Where in the goal it begins. */
  readonly at: number;
  readonly text: string;
  /** The steps that these words led to, in plan order; none for the words between. */
  readonly steps: readonly string[];
}

/** The goal cut wherever the steps that answer to it change; the pieces joined are the goal. */
export function goalPieces(goal: string, steps: readonly Pick<Step, "id" | "words">[]): GoalPiece[] {
  const cuts = new Set([0, goal.length]);
  for (const { words } of steps) {
    for (const { start, end } of words ?? []) {
      cuts.add(Math.min(start, goal.length));
      cuts.add(Math.min(end, goal.length));
    }
  }
  const edges = [...cuts].sort((a, b) => a - b);
  return edges.slice(0, -1).map((from, index) => {
    const to = edges[index + 1] ?? goal.length;
    const here = steps.filter(({ words }) => words?.some(({ start, end }) => start < to && end > from));
    return { at: from, text: goal.slice(from, to), steps: here.map(({ id }) => id) };
  });
}
