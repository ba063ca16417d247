// A data directory's log, written as a host would have left it.
import { join } from "node:path";
import type { NewEvent } from "../../core/contract/index.ts";
import { projections } from "../../core/runs/tables/projections.ts";
import { openDatabase } from "../../core/store/database.ts";
import { openEventLog } from "../../core/store/event-log.ts";
import { migrate } from "../../core/store/migrations.ts";
import { systemChance } from "../../core/system/chance.ts";
import { systemClock } from "../../core/system/clock.ts";

/** What a host that stopped then has written. */
export async function appendTo(dataDir: string, events: readonly NewEvent[]): Promise<void> {
  const db = openDatabase({ file: join(dataDir, "botmojo.db") });
  migrate(db);
  const log = openEventLog({ db, projections, clock: systemClock, chance: systemChance() });
  await log.append(events);
  log.close();
  db.close();
}
