// What language models were used for over all runs, by the quarter of an hour: every zone's midnight lies between two of
// them, so a day's use is a sum of at most a hundred rows wherever the person is.
import type { Event } from "../contract/events.ts";
import { addUsage, noUsage, type Usage } from "../contract/usage.ts";
import type { Reader } from "../store/database.ts";
import type { EventLog, Projection } from "../store/event-log.ts";

const slotMs = 15 * 60_000;

export interface ModelUse {
  readonly calls: number;
  readonly usage: Usage;
}

const nothing: ModelUse = { calls: 0, usage: noUsage };

export const modelUseProjection: Projection = {
  name: "model use",
  tables: ["model_use"],
  // What was spent stays spent.
  countsRemoved: true,
  apply(writer, events) {
    for (const event of events) {
      const use = useIn(event);
      if (!use) continue;
      const { inputTokens, outputTokens, cachedTokens, unpricedTokens = 0, microUsd = 0 } = use.usage;
      writer.run(
        `INSERT INTO model_use (slot, calls, input_tokens, output_tokens, cached_tokens, unpriced_tokens, micro_usd)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (slot) DO UPDATE SET calls = calls + excluded.calls, input_tokens = input_tokens + excluded.input_tokens,
           output_tokens = output_tokens + excluded.output_tokens, cached_tokens = cached_tokens + excluded.cached_tokens,
           unpriced_tokens = unpriced_tokens + excluded.unpriced_tokens, micro_usd = micro_usd + excluded.micro_usd`,
        Math.floor(event.at / slotMs),
        use.calls,
        inputTokens,
        outputTokens,
        cachedTokens,
        unpricedTokens,
        microUsd,
      );
    }
  },
};

/** What an event adds to the use of language models. A call counts when it is asked for, also one that then fails; one
 * that was answered from the cache is none. Answers from a record, a person or the rules are not of the world. */
function useIn(event: Event): ModelUse | undefined {
  if (event.recorded) return undefined;
  if (event.type === "effect.requested") {
    const { call, effect, name } = event.data;
    return call === "model" && effect !== "pure" && name !== "rules" ? { calls: 1, usage: noUsage } : undefined;
  }
  if (event.type !== "effect.completed" || event.data.call !== "model" || event.data.name === "rules") return undefined;
  const { source, usage } = event.data;
  if (source === "cached") return { calls: -1, usage: noUsage };
  return usage ? { calls: 0, usage } : undefined;
}

function useSince(reader: Reader, from: number): ModelUse {
  const row = reader.get<Usage & { calls: number; unpricedTokens: number }>(
    `SELECT coalesce(sum(calls), 0) AS calls, coalesce(sum(input_tokens), 0) AS inputTokens,
       coalesce(sum(output_tokens), 0) AS outputTokens, coalesce(sum(cached_tokens), 0) AS cachedTokens,
       coalesce(sum(unpriced_tokens), 0) AS unpricedTokens, coalesce(sum(micro_usd), 0) AS microUsd
     FROM model_use WHERE slot >= ?`,
    Math.floor(from / slotMs),
  );
  if (!row) return nothing;
  const { calls, ...usage } = row;
  return { calls, usage };
}

/** What was used since a moment, ahead of the disk by what waits for the next commit: calls that are asked for in the
 * same turn of the event loop are seen by each other. */
export interface ModelMeter {
  usedSince(from: number): ModelUse;
  close(): void;
}

export function openModelMeter(log: EventLog): ModelMeter {
  const ahead = new Map<number, ModelUse>();
  const drop = (events: readonly Event[]) => {
    for (const { seq } of events) ahead.delete(seq);
  };
  const stops = [
    log.onAppend({
      numbered(events) {
        for (const event of events) {
          const use = useIn(event);
          if (use) ahead.set(event.seq, use);
        }
      },
      lost: drop,
    }),
    log.onCommit(drop),
  ];
  return {
    usedSince(from) {
      let { calls, usage } = useSince(log.reader, from);
      for (const more of ahead.values()) {
        calls += more.calls;
        usage = addUsage(usage, more.usage);
      }
      return { calls, usage };
    },
    close: () => stops.forEach((stop) => stop()),
  };
}
