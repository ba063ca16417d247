// What the handlers of models answer: how calls stand, and what the day has used.
import type { ModelsView } from "../contract/views.ts";
import { modelState } from "../models/providers.ts";
import { startOfDay } from "../system/day.ts";
import type { Rooms } from "./rooms.ts";

export function showModels({ config, meter, model, now, pool, ...rooms }: Rooms): ModelsView {
  const { budget, model: settings } = config.settings;
  const timeZone = rooms.timeZone();
  const since = startOfDay(now(), timeZone);
  return {
    model: model(),
    fallback: settings.fallback.map(modelState),
    cache: settings.cache,
    providers: pool.state(),
    today: {
      since,
      timeZone,
      ...meter.usedSince(since),
      limits: { tokens: budget.dayTokens, usd: budget.dayUsd, calls: budget.dayCalls },
    },
  };
}
