// What stands below a run's line of time: where breakpoints held it, where its forks leave, where it left its original.
import type { Moment, RunId, RunSummary, Seq } from "../../../core/contract/index.ts";
import { planFirstBreak } from "../../state/plan-first.ts";

export interface Mark {
  /** Place in the list of events. */
  readonly index: number;
  readonly text: string;
  readonly tone: "break" | "fork";
  /** The fork to open, or the run it was forked from; a breakpoint leads to its event. */
  readonly run?: RunId;
  /** No room for its words beside the mark before it. */
  readonly narrow: boolean;
}

/** The events whose places are to be known. */
export function markedEvents(run: Pick<Moment, "holds" | "origin"> | undefined, forks: readonly RunSummary[]): Seq[] {
  const left = run?.origin?.kind === "fork" ? [run.origin.at] : [];
  return [...(run?.holds ?? []).map(({ seq }) => seq), ...left, ...forks.map(({ origin }) => origin?.at ?? 0)];
}

/** @param places of the marked events, from 0; `total` events make up the line */
export function marksOf(
  run: Pick<Moment, "holds" | "origin">,
  forks: readonly RunSummary[],
  { places, total }: { readonly places: ReadonlyMap<Seq, number>; readonly total: number },
): Mark[] {
  const held = run.holds.flatMap(({ seq, breakpoint }) => {
    const index = places.get(seq);
    const text = breakpoint === planFirstBreak ? "Plan first" : `Break: ${breakpoint}`;
    return index === undefined ? [] : [{ index, text, tone: "break" as const }];
  });
  const { origin } = run;
  const last = origin?.kind === "fork" ? places.get(origin.at) : undefined;
  const left =
    origin === null || last === undefined ? [] : [{ index: last + 1, text: "Left its original", tone: "fork" as const, run: origin.run }];
  const leaving = forks
    .toSorted((a, b) => a.firstSeq - b.firstSeq)
    .flatMap(({ id, origin: from, status }, order) => {
      const index = places.get(from?.at ?? 0) ?? -1;
      return index < 0 ? [] : [{ index, text: `Fork ${letter(order)}: ${endWords[status]}`, tone: "fork" as const, run: id }];
    });
  const least = Math.max(1, total - 1) * leastShare;
  let before = Number.NEGATIVE_INFINITY;
  return [...held, ...left, ...leaving]
    .toSorted((a, b) => a.index - b.index)
    .map((mark) => {
      const narrow = mark.index - before < least;
      if (!narrow) before = mark.index;
      return { ...mark, narrow };
    });
}

/** Of the line's length, what a mark's words take. */
const leastShare = 0.22;

const endWords: Readonly<Record<RunSummary["status"], string>> = {
  running: "running",
  paused: "held",
  waiting: "waiting",
  completed: "done",
  failed: "failed",
  cancelled: "cancelled",
};

/** a, b, … z, then 27 and on. */
function letter(order: number): string {
  return order < 26 ? String.fromCharCode(97 + order) : String(order + 1);
}
