// A plan as boxes and lines: bodies as groups that open and close, conditions on the lines they guard. Where things
// stand follows from the plan and from what is open, never from how far its steps have come.
import { bodyOf, type Step } from "../../../core/contract/index.ts";
import { layoutPlan } from "./plan-layout.ts";

export interface Box {
  readonly id: string;
  readonly is: "step" | "group" | "turn" | "more";
  /** The open group it lies in. */
  readonly parent: string | undefined;
  /** Pixels from the top left of that group, or of the plan. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Of a step or group. */
  readonly step?: Step;
  /** Which turn of a map or loop this is; how many more there are. */
  readonly number?: number;
}

export interface Line {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Leads to where words stand on lines, so it bends before them. */
  readonly wide: boolean;
  /** What it is guarded by, in words. */
  readonly guard?: string;
  readonly guardedBy?: "decide" | "error" | "when";
}

export interface Picture {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

export interface PictureInput {
  readonly steps: readonly Step[];
  readonly open: ReadonlySet<string>;
  /** How many turns a map or loop has come to, by its id at run time. */
  readonly turns: (group: string) => number;
  /** Which of these are drawn. */
  readonly drawn: (group: string, turns: number) => readonly number[];
}

export const stepSize = { width: 208, height: 84 };
const gaps = { x: 48, lead: 128, y: 16 };
const group = { head: 36, pad: 16, turn: 32, more: 28, least: 320 };

export function pictureOf(input: PictureInput): Picture {
  const { boxes, lines } = scopeOf(input, input.steps, "", undefined, { x: 0, y: 0 });
  return { boxes, lines };
}

interface Scope extends Picture {
  readonly width: number;
  readonly height: number;
}

/** One plan or body, from its top left corner at `at` of its parent. */
function scopeOf(
  input: PictureInput,
  steps: readonly Step[],
  prefix: string,
  parent: string | undefined,
  at: { x: number; y: number },
): Scope {
  const inner = new Map<string, Scope>(
    steps.flatMap((step) => {
      const id = prefix + step.id;
      return bodyOf(step).length > 0 && input.open.has(id) ? [[step.id, groupOf(input, step, id)] as const] : [];
    }),
  );
  const byId = new Map<string, Step>(steps.map((step) => [step.id, step]));
  const drawn = steps.flatMap((step) => linesTo(step, byId, prefix));
  const guarded = new Set(drawn.flatMap(({ to, guard }) => (guard === undefined ? [] : [to])));
  const placed = layoutPlan(
    steps.map(({ id, needs }) => {
      const room = inner.get(id);
      return { id, needs, ...(room ? { room } : {}), ...(guarded.has(prefix + id) ? { lead: gaps.lead } : {}) };
    }),
    { ...stepSize, gapX: gaps.x, gapY: gaps.y },
  );
  const places = new Map(placed.map((place) => [place.id, place]));
  const column = (id: string) => places.get(id.slice(prefix.length))?.x;
  const wide = new Set([...guarded].map(column));
  const lines = drawn.map((line) => ({ ...line, wide: wide.has(column(line.to)) }));
  const top = placed.reduce((least, { y }) => Math.min(least, y), Infinity);
  const shift = parent === undefined ? 0 : -top;
  const boxes = steps.flatMap((step): Box[] => {
    const place = places.get(step.id);
    const id = prefix + step.id;
    const body = inner.get(step.id);
    const size = body ? { width: body.width, height: body.height } : stepSize;
    const box: Box = {
      id,
      is: body ? "group" : "step",
      parent,
      x: at.x + (place?.x ?? 0),
      y: at.y + shift + (place?.y ?? 0),
      ...size,
      step,
    };
    return [box, ...(body?.boxes ?? [])];
  });
  const edge = (far: (box: Box) => number) => boxes.reduce((most, box) => (box.parent === parent ? Math.max(most, far(box)) : most), 0);
  return {
    boxes,
    lines: [...lines, ...[...inner.values()].flatMap((body) => body.lines)],
    width: edge(({ x, width }) => x + width) - at.x,
    height: edge(({ y, height }) => y + height) - at.y,
  };
}

/** The inside of an open group, with the room it takes around it. */
function groupOf(input: PictureInput, step: Step, id: string): Scope {
  const body = bodyOf(step);
  if (step.kind === "plan" || step.kind === "race") {
    const scope = scopeOf(input, body, `${id}/`, id, { x: group.pad, y: group.head });
    return { ...scope, width: Math.max(group.least, scope.width + group.pad * 2), height: scope.height + group.head + group.pad };
  }
  const came = input.turns(id);
  const turns = input.drawn(id, came);
  let y = group.head;
  let width = 0;
  const boxes: Box[] = [];
  const lines: Line[] = [];
  // Before its first turn, its body stands for it.
  for (const turn of turns.length > 0 ? turns : [0]) {
    const scope = scopeOf(input, body, `${id}/${turn}/`, id, { x: group.pad + group.turn, y });
    boxes.push({ id: `${id}/${turn}`, is: "turn", parent: id, x: group.pad, y, width: group.turn, height: stepSize.height, number: turn });
    boxes.push(...scope.boxes);
    lines.push(...scope.lines);
    width = Math.max(width, scope.width);
    y += scope.height + gaps.y;
  }
  const left = came - turns.length;
  if (left > 0) {
    boxes.push({ id: `${id}/more`, is: "more", parent: id, x: group.pad, y, width: stepSize.width, height: group.more, number: left });
    y += group.more + gaps.y;
  }
  return { boxes, lines, width: Math.max(group.least, width + group.turn + group.pad * 2), height: y };
}

function linesTo(step: Step, steps: ReadonlyMap<string, Step>, prefix: string): Line[] {
  return step.needs.map((need): Line => {
    const from = steps.get(need);
    const line = { id: `${prefix}${need}→${prefix}${step.id}`, from: prefix + need, to: prefix + step.id, wide: false };
    if (from?.kind === "decide") {
      const branch = from.branches.find(({ take }) => take.includes(step.id));
      if (branch) return { ...line, guard: `if ${branch.when}`, guardedBy: "decide" };
      if (from.otherwise.includes(step.id)) return { ...line, guard: "else", guardedBy: "decide" };
    }
    if (from && typeof from.onError === "object" && from.onError.take.includes(step.id)) {
      return { ...line, guard: "on failure", guardedBy: "error" };
    }
    return step.when === undefined ? line : { ...line, guard: `if ${step.when}`, guardedBy: "when" };
  });
}
