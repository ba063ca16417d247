// Whether a run that was replayed came to the end that was recorded, step by step.
import type { RunState } from "../../core/contract/index.ts";
import { canonicalJson } from "../../core/contract/canonical-json.ts";

/** The first difference, in words; undefined when there is none. */
export function endsDiffer(original: RunState, again: RunState): string | undefined {
  const [then, now] = [endOf(original), endOf(again)];
  if (then !== now) return `it ended with ${now}, where ${then} was recorded`;
  const lost = lostRaces(original);
  const [before, after] = [stepsOf(original, lost), stepsOf(again, lost)];
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(id) !== after.get(id))
      return `step ${id}: ${after.get(id) ?? "nothing"}, where ${before.get(id) ?? "nothing"} was recorded`;
  }
  return undefined;
}

function endOf({ status, answer, failure }: RunState): string {
  return canonicalJson([status, answer, failure]);
}

/** What each step came to; one that had no end counts as one that never began. */
function stepsOf({ steps }: RunState, isLost: (id: string) => boolean): ReadonlyMap<string, string> {
  const ended = steps.filter(({ id, status }) => (status === "completed" || status === "failed" || status === "skipped") && !isLost(id));
  return new Map(ended.map(({ id, status, output = null, failure }) => [id, canonicalJson([status, output, failure])]));
}

/** What lost a race is not done again. */
function lostRaces({ steps }: RunState): (id: string) => boolean {
  const races = steps.flatMap(({ id, step, output }) => {
    const won = typeof output === "object" && output !== null && "winner" in output ? String(output.winner) : undefined;
    return step.kind === "race" && won !== undefined ? [{ all: `${id}/`, won: `${id}/${won}` }] : [];
  });
  return (id) => races.some(({ all, won }) => id.startsWith(all) && id !== won && !id.startsWith(`${won}/`));
}
