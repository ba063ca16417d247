// Where a card stands so that it is near what it tells of, and covers as little of it as there is room for.

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface CardPlace {
  readonly left: number;
  readonly top: number;
}

/** All in CSS pixels. Left of the target, else above it, else below it, else in its lower corner. */
export function placeCard(target: Box, card: Pick<Box, "width" | "height">, view: Pick<Box, "width" | "height">, gap: number): CardPlace {
  const keep = (at: number, size: number, whole: number) => Math.max(gap, Math.min(at, whole - size - gap));
  const top = keep(target.top + gap, card.height, view.height);
  const left = keep(target.left + gap, card.width, view.width);
  if (target.left - card.width - gap * 2 >= 0) return { left: target.left - card.width - gap, top };
  if (target.top - card.height - gap * 2 >= 0) return { left, top: target.top - card.height - gap };
  if (target.top + target.height + card.height + gap * 2 <= view.height) return { left, top: target.top + target.height + gap };
  return { left, top: keep(target.top + target.height - card.height - gap, card.height, view.height) };
}
