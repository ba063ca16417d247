// What the runs of a day may use of language models together. A run that comes to the end of it is held before its next
// call, and goes on without that limit when a person lets it.
import type { BudgetPart } from "../contract/events.ts";
import type { StepId } from "../contract/ids.ts";
import type { Settings } from "../contract/settings.ts";
import type { ModelMeter } from "../models/use.ts";
import { startOfDay } from "../system/day.ts";
import type { Clock } from "../system/clock.ts";
import { stateOf, until } from "./active-run.ts";
import { pass } from "./hold.ts";
import type { World } from "./scope.ts";

export interface SpentPart {
  readonly of: BudgetPart;
  readonly used: number;
  readonly limit: number;
  /** A sentence that says so. */
  readonly says: string;
}

export interface DayBudget {
  /** The limits that have been reached. */
  spent(): SpentPart[];
}

export function dayBudget(
  meter: ModelMeter,
  { clock, limits, timeZone }: { clock: Clock; limits: () => Settings["budget"]; timeZone: () => string },
): DayBudget {
  return {
    spent() {
      const { dayTokens, dayUsd, dayCalls } = limits();
      if (dayTokens === 0 && dayUsd === 0 && dayCalls === 0) return [];
      const { calls, usage } = meter.usedSince(startOfDay(clock.now(), timeZone()));
      const tokens = usage.inputTokens + usage.outputTokens;
      const { microUsd = 0, unpricedTokens = 0 } = usage;
      const unpriced = unpricedTokens > 0 ? `, and ${unpricedTokens.toLocaleString("en")} tokens of unknown price` : "";
      const spent: SpentPart[] = [];
      const over = (of: BudgetPart, used: number, limit: number, says: string) => {
        if (limit > 0 && used >= limit) spent.push({ of, used, limit, says });
      };
      over("dayTokens", tokens, dayTokens, `Today's runs used ${count(tokens)} of ${count(dayTokens)} tokens (budget.dayTokens).`);
      const usd = (value: number) => `$${value.toFixed(4)}`;
      over(
        "dayCost",
        microUsd,
        Math.round(dayUsd * 1_000_000),
        `Today's runs spent ${usd(microUsd / 1_000_000)} of ${usd(dayUsd)}${unpriced} (budget.dayUsd).`,
      );
      over("dayCalls", calls, dayCalls, `Today's runs made ${count(calls)} of ${count(dayCalls)} model calls (budget.dayCalls).`);
      return spent;
    },
  };
}

/** Undefined while a model may be called; else resolves once a person has let the run go on, or raised the limit: look again
 * then. No promise where there is nothing to wait for, so that the call can be asked for in the turn of the last look. */
export function overDay(world: World, id: StepId, signal: AbortSignal): Promise<void> | undefined {
  const spent = daySpent(world);
  return spent && holdForDay(world, id, spent, signal);
}

/** What of the day's budget keeps this run from another call. In the same turn as the call is asked for, so that runs side
 * by side can't all take the last place. */
function daySpent({ run, deps }: World): SpentPart | undefined {
  const { lifted } = stateOf(run);
  return deps.day?.spent().find(({ of }) => !lifted.some((one) => one.of === of));
}

/** Holds the run until a person lets it go on. When by then the limit is still reached, it is lifted for this run. */
async function holdForDay(world: World, id: StepId, spent: SpentPart, signal: AbortSignal): Promise<void> {
  const { run } = world;
  const { of, used, limit, says } = spent;
  const { status, pause } = stateOf(run);
  if (status === "paused" && !(pause?.at?.on === "budget" && pause.at.name === of)) {
    // Held for something else: whoever lets that go on has not seen this.
    await until(run, signal, () => (stateOf(run).status === "paused" ? undefined : true));
    return;
  }
  const because = `${says} Let it go on to lift that for this run, or raise the limit first.`;
  await pass(run, { on: "budget", step: id, name: of, input: { used, limit } }, signal, because);
  if (daySpent(world)?.of !== of) return;
  await run.note([{ run: run.id, step: null, actor: "person", type: "budget.lifted", data: { of } }]);
}

function count(value: number): string {
  return value.toLocaleString("en");
}
