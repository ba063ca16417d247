// An engine on a real log, with tools, agents and a model of the test's own.
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Agent } from "../../core/agents/agent.ts";
import { foldEvents, Plan, type PolicyRule, type RunId, type RunState } from "../../core/contract/index.ts";
import type { Model, ModelPart, ModelRequest } from "../../core/models/model.ts";
import { rulesModel } from "../../core/models/rules/rules-model.ts";
import type { DayBudget } from "../../core/runs/day-budget.ts";
import { createEngine } from "../../core/runs/engine.ts";
import { createMask } from "../../core/security/mask.ts";
import { builtInRules } from "../../core/security/permissions.ts";
import { projections } from "../../core/runs/tables/projections.ts";
import { openDatabase } from "../../core/store/database.ts";
import { openEventLog, type EventLog } from "../../core/store/event-log.ts";
import { migrate } from "../../core/store/migrations.ts";
import { systemChance } from "../../core/system/chance.ts";
import { systemClock, type Clock } from "../../core/system/clock.ts";
import { createLog } from "../../core/telemetry/log.ts";
import { createSignals } from "../../core/telemetry/signals.ts";
import { builtInTools } from "../../core/tools/built-in.ts";
import type { Tool } from "../../core/tools/tool.ts";
import { temporaryFolder } from "./core.ts";

interface EngineParts {
  readonly file?: string;
  readonly tools?: readonly Tool[];
  readonly agents?: readonly Agent[];
  readonly model?: Model;
  readonly clock?: Clock;
  readonly day?: (log: EventLog) => DayBudget;
  readonly holdsAtBudget?: () => boolean;
}

export function openEngine(parts: EngineParts = {}) {
  const { file, tools = [], agents = [], model = rulesModel(), clock = systemClock, day, holdsAtBudget } = parts;
  const db = openDatabase({ file: file ?? join(temporaryFolder(), "botmojo.db") });
  migrate(db);
  const log = openEventLog({ db, projections, clock, chance: systemChance() });
  const engine = createEngine({
    log,
    policy: builtInRules(),
    mask: createMask({}),
    tools: new Map([...builtInTools(), ...tools.map((tool) => [tool.name, tool] as const)]),
    agents: new Map(agents.map((agent) => [agent.name, agent])),
    signals: createSignals(),
    telemetry: createLog({ now: Date.now }),
    clock,
    chance: systemChance(),
    ...(day ? { day: day(log) } : {}),
    ...(holdsAtBudget ? { holdsAtBudget } : {}),
    simulator: rulesModel(),
    openModel: () => Promise.resolve(model),
  });
  const close = async () => {
    await engine.close();
    log.close();
    db.close();
  };
  onTestFinished(close);
  const stateOf = (run: RunId): RunState => {
    const state = foldEvents(log.read({ run, since: 0, limit: 10_000 }));
    if (!state) throw new Error(`there is no run ${run}`);
    return state;
  };
  return {
    engine,
    log,
    db,
    /** As its process would leave it: the next host may open the same file. */
    close,
    stateOf,
    start: (
      steps: readonly object[],
      more: { breakpoints?: readonly string[]; rules?: readonly PolicyRule[]; budget?: object; workspace?: string } = {},
    ): Promise<RunId> => {
      const { breakpoints, rules, workspace = "/", ...plan } = more;
      const whole = Plan.parse({ version: 1, goal: "test", steps, ...plan });
      return engine.start({ goal: "test", door: "core", plan: whole, rules, breakpoints, workspace, timeZone: "UTC", locale: "en-GB" });
    },
    /** Resolves with the run's state once `holds` of it. */
    when: (run: RunId, holds: (state: RunState) => boolean): Promise<RunState> =>
      new Promise((resolve) => {
        const look = () => {
          const state = stateOf(run);
          if (holds(state)) resolve(state);
          return holds(state);
        };
        if (look()) return;
        const stop = log.onCommit(() => look() && stop());
      }),
  };
}

/** A model that says, turn by turn, what the test wrote down. */
export function scriptedModel(turn: (request: ModelRequest) => readonly ModelPart[]): Model {
  return {
    id: "scripted",
    kind: "language",
    async *stream(request) {
      yield* turn(request);
      yield { type: "finish", usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 0, microUsd: 300 } };
    },
  };
}
