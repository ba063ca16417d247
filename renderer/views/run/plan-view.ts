// Which part of a large picture is drawn: what lies in view, with what its lines lead to.
import type { Box, Line, Picture } from "./plan-picture.ts";

/** In pixels of the plan. */
export interface View {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A picture with more boxes is drawn in part. */
export const mostWhole = 300;
/** The edge of a tile, in pixels of the plan: what is drawn changes only when the view reaches another. */
const tile = 512;
/** Boxes out of view that are drawn because a line leads to them. */
const mostBeside = 200;

/** The tiles that a view shows, and those around them. */
export function tilesIn({ x, y, zoom }: { x: number; y: number; zoom: number }, width: number, height: number): View {
  const edge = (at: number, round: (value: number) => number, more: number) => (round(at / zoom / tile) + more) * tile;
  return {
    left: edge(-x, Math.floor, -1),
    top: edge(-y, Math.floor, -1),
    right: edge(width - x, Math.ceil, 1),
    bottom: edge(height - y, Math.ceil, 1),
  };
}

interface Standing {
  readonly x: number;
  readonly y: number;
  readonly parent: string | undefined;
}

/** Where boxes stand on the whole plan; a box comes after the group it lies in. */
export function standing(boxes: readonly Box[]): ReadonlyMap<string, Standing> {
  const places = new Map<string, Standing>();
  for (const { id, parent, x, y } of boxes) {
    const around = parent === undefined ? undefined : places.get(parent);
    places.set(id, { x: x + (around?.x ?? 0), y: y + (around?.y ?? 0), parent });
  }
  return places;
}

/** All of it while it is small. */
export function partInView(
  { boxes, lines }: Picture,
  places: ReadonlyMap<string, Standing>,
  view: View,
): { boxes: readonly Box[]; lines: readonly Line[] } {
  if (boxes.length <= mostWhole) return { boxes, lines };
  const drawn = new Set<string>();
  const add = (id: string) => {
    for (let each: string | undefined = id; each !== undefined && !drawn.has(each); each = places.get(each)?.parent) drawn.add(each);
  };
  for (const { id, width, height } of boxes) {
    const at = places.get(id);
    if (at && at.x < view.right && at.x + width > view.left && at.y < view.bottom && at.y + height > view.top) add(id);
  }
  const inView = new Set(drawn);
  const most = drawn.size + mostBeside;
  const kept = lines.filter(({ from, to }) => {
    if (!inView.has(from) && !inView.has(to)) return false;
    if (drawn.size < most) {
      add(from);
      add(to);
    }
    return drawn.has(from) && drawn.has(to);
  });
  return { boxes: boxes.filter(({ id }) => drawn.has(id)), lines: kept };
}
