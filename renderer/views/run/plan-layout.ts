// Where the steps of a plan stand: columns by how long the way to them is, rows so that lines cross little.

export interface LayoutStep {
  readonly id: string;
  readonly needs: readonly string[];
}

export interface Placed {
  readonly id: string;
  /** Pixels from the top left. */
  readonly x: number;
  readonly y: number;
}

export interface LayoutSizes {
  readonly width: number;
  readonly height: number;
  readonly gapX: number;
  readonly gapY: number;
}

/** A step's column is one right of its last need; a column's steps stand around the middle of what they need. */
export function layoutPlan(steps: readonly LayoutStep[], sizes: LayoutSizes): Placed[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const columns = new Map<string, number>();
  const columnOf = (id: string, seen: ReadonlySet<string>): number => {
    const known = columns.get(id);
    if (known !== undefined) return known;
    const needs = byId.get(id)?.needs.filter((need) => byId.has(need) && !seen.has(need)) ?? [];
    const column = Math.max(-1, ...needs.map((need) => columnOf(need, new Set([...seen, id])))) + 1;
    columns.set(id, column);
    return column;
  };
  const byColumn: LayoutStep[][] = [];
  for (const step of steps) (byColumn[columnOf(step.id, new Set())] ??= []).push(step);

  const rows = new Map<string, number>();
  const placed: Placed[] = [];
  for (const [column, members] of byColumn.entries()) {
    const wish = (step: LayoutStep) => {
      const needed = step.needs.flatMap((need) => rows.get(need) ?? []);
      return needed.length === 0 ? 0 : needed.reduce((sum, row) => sum + row, 0) / needed.length;
    };
    const ordered = members.map((step, index) => ({ step, wish: wish(step), index })).sort((a, b) => a.wish - b.wish || a.index - b.index);
    const middle = ordered.reduce((sum, entry) => sum + entry.wish, 0) / ordered.length;
    for (const [index, { step }] of ordered.entries()) {
      const row = middle + index - (ordered.length - 1) / 2;
      rows.set(step.id, row);
      placed.push({ id: step.id, x: column * (sizes.width + sizes.gapX), y: row * (sizes.height + sizes.gapY) });
    }
  }
  return placed;
}
