// Paints the line of time: the steps' bars above, a tick for each event below, and the moment across both.
import { eventSorts, type EventSort, type RunOutline } from "../../../core/contract/index.ts";
import type { Mark } from "./timeline-marks.ts";

/** In CSS pixels. */
const sizes = { edge: 8, bar: 4, lane: 6, lanes: 4, tick: 2, tall: 16, short: 8, moment: 1, mark: 4 };
/** How much of what is still to come is seen. */
const ahead = 0.35;

export interface TimelinePicture {
  readonly outline: RunOutline;
  /** Events on the line, though the outline may not have them yet. */
  readonly total: number;
  readonly marks: readonly Mark[];
  readonly current: number;
  readonly step: string | undefined;
}

export function drawTimeline(
  canvas: HTMLCanvasElement,
  { outline: { sorts, bars }, total, marks, current, step: selected }: TimelinePicture,
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0) return;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  context.scale(devicePixelRatio, devicePixelRatio);
  const styles = getComputedStyle(canvas);
  const colour = (name: string) => styles.getPropertyValue(name);
  const gap = total > 1 ? (width - sizes.edge * 2) / (total - 1) : 0;
  const x = (index: number) => sizes.edge + index * gap;
  const fill = (name: string, left: number, top: number, wide: number, high: number) => {
    context.fillStyle = colour(name);
    context.fillRect(left, top, wide, high);
  };

  const lanes = Math.min(sizes.lanes, Math.max(0, ...bars.map(({ lane }) => lane + 1)));
  for (const bar of bars) {
    const top = Math.min(bar.lane, sizes.lanes - 1) * sizes.lane;
    const chosen = bar.step === selected;
    const tone = bar.state === "done" ? (chosen ? "--accent" : "--strong-line") : `--${bar.state}`;
    const until = Math.min(bar.to, Math.max(bar.from, current));
    context.globalAlpha = ahead;
    fill(tone, x(bar.from), top, Math.max(sizes.tick, x(bar.to) - x(bar.from)), sizes.bar);
    context.globalAlpha = 1;
    if (bar.from <= current) fill(tone, x(bar.from), top, Math.max(sizes.tick, x(until) - x(bar.from)), sizes.bar);
  }

  const under = lanes * sizes.lane;
  const middle = under + (height - under) / 2;
  for (const { index, sort } of ticksOf(sorts, gap)) {
    const tall = sort === "other" ? sizes.short : sizes.tall;
    context.globalAlpha = index <= current ? 1 : ahead;
    fill(sort === "other" ? "--strong-line" : `--chart-${sort}`, x(index) - sizes.tick / 2, middle - tall / 2, sizes.tick, tall);
  }
  context.globalAlpha = 1;
  for (const { index, tone, narrow } of marks) {
    const name = tone === "break" ? "--failed" : "--edited";
    if (!narrow) fill(name, x(index) - sizes.moment / 2, middle, sizes.moment, height - middle);
    context.beginPath();
    if (tone === "fork") context.arc(x(index), middle, sizes.mark, 0, Math.PI * 2);
    else diamond(context, x(index), middle - sizes.tall / 2, sizes.mark);
    context.fillStyle = colour("--panel");
    context.strokeStyle = colour(name);
    context.fill();
    context.stroke();
  }
  fill("--accent", x(current) - sizes.moment / 2, 0, sizes.moment, height);
}

/** Where several events would fall on one tick, the one that most wants to be seen stands for them. */
const weights: Readonly<Record<EventSort, number>> = { other: 0, message: 1, model: 2, tool: 3, memory: 4, error: 5 };

/** @param gap CSS pixels between two events */
export function ticksOf(sorts: string, gap: number): { readonly index: number; readonly sort: EventSort }[] {
  const share = gap > 0 ? Math.max(1, Math.floor(sizes.tick / gap)) : 1;
  const ticks: { index: number; sort: EventSort }[] = [];
  for (let index = 0; index < sorts.length; index += share) {
    let heaviest: EventSort = "other";
    for (let each = index; each < Math.min(sorts.length, index + share); each += 1) {
      const sort = eventSorts[Number(sorts[each])] ?? "other";
      if (weights[sort] > weights[heaviest]) heaviest = sort;
    }
    ticks.push({ index, sort: heaviest });
  }
  return ticks;
}

function diamond(context: CanvasRenderingContext2D, x: number, y: number, half: number): void {
  context.moveTo(x, y - half);
  context.lineTo(x + half, y);
  context.lineTo(x, y + half);
  context.lineTo(x - half, y);
  context.closePath();
}
