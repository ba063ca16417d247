// A recording run again without a data directory: its events in a log in memory, an engine that has no model to open,
// and answers from the record alone.
import type { Event } from "../../contract/events.ts";
import { fail } from "../../contract/failure.ts";
import type { RunId } from "../../contract/ids.ts";
import type { ReplayOptions } from "../../contract/replay.ts";
import { isOver, type RunState } from "../../contract/run-state.ts";
import { openDatabase } from "../../store/database.ts";
import { openEventLog } from "../../store/event-log.ts";
import { migrate } from "../../store/migrations.ts";
import { systemChance } from "../../system/chance.ts";
import type { Clock } from "../../system/clock.ts";
import { createLog } from "../../telemetry/log.ts";
import { createSignals } from "../../telemetry/signals.ts";
import type { EngineDeps } from "../active-run.ts";
import { createEngine } from "../engine.ts";
import { createMask } from "../../security/mask.ts";
import { builtInRules } from "../../security/permissions.ts";
import { asRecorded, foldRecording } from "./import-run.ts";
import { readFold } from "../tables/lineage.ts";
import type { Recording } from "./recording.ts";
import { runsProjection } from "../tables/run-index.ts";

export interface Replayed {
  readonly original: RunState;
  readonly again: RunState;
  /** Whether it came to the end that was recorded, every answer as it was then. */
  readonly same: boolean;
}

/** `onEvent` hears each event of the new run.
 * @throws FailureError `input.invalid` for options that would touch the world */
export async function replayRecording(
  recording: Recording,
  deps: Pick<EngineDeps, "tools" | "agents" | "simulator">,
  options: { replay: ReplayOptions; clock: Clock; onEvent?: (event: Event) => void },
): Promise<Replayed> {
  const { clock, onEvent } = options;
  const sources = [options.replay.otherwise, ...Object.values(options.replay.steps)];
  if (sources.some(({ is }) => is === "live")) throw fail("input.invalid", "A recording is replayed without live steps.");
  const original = foldRecording(recording, recording.run);
  const db = openDatabase({ file: ":memory:" });
  migrate(db);
  const chance = systemChance();
  const log = openEventLog({ db, clock, chance, projections: [runsProjection] });
  const engine = createEngine({
    ...deps,
    log,
    policy: builtInRules(),
    mask: createMask({}),
    clock,
    chance,
    signals: createSignals(),
    telemetry: createLog({ now: clock.now }),
    openModel: () => Promise.reject(fail("denied", "This replay makes no calls.")),
  });
  try {
    await log.append(asRecorded(recording, recording.run, isOver(original.status)));
    let run: RunId | undefined;
    const over = new Promise<void>((resolve) => {
      log.onCommit((events) => {
        for (const event of events) {
          if (event.recorded || event.type === "run.imported") continue;
          run = event.run ?? run;
          onEvent?.(event);
          if (event.type === "run.completed" || event.type === "run.failed" || event.type === "run.cancelled") resolve();
        }
      });
    });
    await engine.replay({ run: recording.run, options: options.replay, breakpoints: [] });
    await over;
    const again = run && readFold(log, run).state;
    if (!again) throw new Error("the replay left no run");
    return { original, again, same: isSame(original, again) };
  } finally {
    await engine.close();
    log.close();
    db.close();
  }
}

function isSame(original: RunState, again: RunState): boolean {
  const { divergent = 1, unmatched = 1 } = again.replay ?? {};
  const alike = original.status === again.status && original.answer === again.answer && original.failure?.code === again.failure?.code;
  return alike && divergent === 0 && unmatched === 0;
}
