// A model's call made again after a while, when what went wrong may pass by itself and nothing of an answer was handed on.
import type { Chance } from "../system/chance.ts";
import { sleepUntil, type Clock } from "../system/clock.ts";
import { cancelled, type Model, type Trouble } from "./model.ts";

const attempts = 4;
const firstWaitMs = 500;
/** A provider that asks for more is not waited for: an interactive run had better say so, or ask another model. */
export const longestWaitMs = 60_000;

/** How long to wait before another attempt, in milliseconds; undefined when there is to be none. `attempt` counts those
 * made, `luck` is from 0 to 1: without it all that failed together would come back together. */
export function waitBefore(trouble: Trouble | undefined, attempt: number, luck: number): number | undefined {
  if (trouble?.mends !== "time" || attempt >= attempts) return undefined;
  const backOff = firstWaitMs * 2 ** (attempt - 1) * (1 + luck);
  const wait = Math.max(backOff, trouble.afterMs ?? 0);
  return wait > longestWaitMs ? undefined : Math.round(wait);
}

export function retrying(model: Model, { clock, chance }: { clock: Clock; chance: Chance }): Model {
  return {
    id: model.id,
    kind: model.kind,
    async *stream(request, signal, caller) {
      for (let attempt = 1; ; attempt += 1) {
        let wait: number | undefined;
        let begun = false;
        for await (const part of model.stream(request, signal, caller)) {
          if (part.type === "failure") {
            wait = begun || signal.aborted ? undefined : waitBefore(part.trouble, attempt, (chance(1)[0] ?? 0) / 255);
            if (wait === undefined) return yield part;
            const text = `${model.id} waits ${seconds(wait)} s, the provider said ${part.trouble?.says} (try ${attempt} of ${attempts}).`;
            yield { type: "notice", text };
            break;
          }
          if (part.type !== "notice") begun = true;
          yield part;
        }
        if (wait === undefined) return;
        try {
          await sleepUntil(clock, clock.now() + wait, signal);
        } catch {
          return yield cancelled;
        }
      }
    },
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 1 : 0);
}
