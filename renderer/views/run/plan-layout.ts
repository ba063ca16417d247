// Where the steps of a plan stand: columns by how long the way to them is, rows so that lines cross little.

export interface LayoutStep {
  readonly id: string;
  readonly needs: readonly string[];
  /** Pixels, where it takes other than the usual room. */
  readonly room?: { readonly width: number; readonly height: number };
  /** Pixels to stand further from what it needs, for words on the line. */
  readonly lead?: number;
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
  const columns = columnsOf(steps);
  const byColumn: LayoutStep[][] = [];
  for (const step of steps) (byColumn[columns.get(step.id) ?? 0] ??= []).push(step);

  const centres = new Map<string, number>();
  const placed: Placed[] = [];
  let x = 0;
  for (const members of byColumn) {
    const wish = (step: LayoutStep) => {
      const needed = step.needs.flatMap((need) => centres.get(need) ?? []);
      return needed.length === 0 ? 0 : needed.reduce((sum, centre) => sum + centre, 0) / needed.length;
    };
    const height = (step: LayoutStep) => step.room?.height ?? sizes.height;
    const ordered = members.map((step, index) => ({ step, wish: wish(step), index })).sort((a, b) => a.wish - b.wish || a.index - b.index);
    const middle = ordered.reduce((sum, entry) => sum + entry.wish, 0) / ordered.length;
    const whole = ordered.reduce((sum, { step }) => sum + height(step), 0) + sizes.gapY * (ordered.length - 1);
    x += members.reduce((most, { lead = 0 }) => Math.max(most, lead), 0);
    let top = middle - whole / 2;
    for (const { step } of ordered) {
      centres.set(step.id, top + height(step) / 2);
      // The first row of usual steps stands at 0.
      placed.push({ id: step.id, x, y: top + sizes.height / 2 });
      top += height(step) + sizes.gapY;
    }
    x += members.reduce((widest, { room }) => Math.max(widest, room?.width ?? sizes.width), 0) + sizes.gapX;
  }
  return placed;
}

/** How many steps the longest way to each step has. A step that waits for itself stands where it was first met. */
function columnsOf(steps: readonly LayoutStep[]): ReadonlyMap<string, number> {
  const waiting = new Map(steps.map(({ id }) => [id, 0]));
  const users = new Map<string, string[]>();
  for (const { id, needs } of steps) {
    for (const need of new Set(needs)) {
      if (!waiting.has(need)) continue;
      waiting.set(id, (waiting.get(id) ?? 0) + 1);
      const known = users.get(need);
      if (known) known.push(id);
      else users.set(need, [id]);
    }
  }
  const columns = new Map(steps.map(({ id }) => [id, 0]));
  const ready = steps.filter(({ id }) => waiting.get(id) === 0).map(({ id }) => id);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    for (const user of users.get(id) ?? []) {
      columns.set(user, Math.max(columns.get(user) ?? 0, (columns.get(id) ?? 0) + 1));
      const left = (waiting.get(user) ?? 0) - 1;
      waiting.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  return columns;
}
