// A data directory with two long runs in it, as a host would have left them. A program of its own, because what runs
// desktop tests can't load SQLite: `node tests/support/long-folder.ts <folder> <events of each run>`.
import { join } from "node:path";
import { RunId } from "../../core/contract/index.ts";
import { projections } from "../../core/runs/tables/projections.ts";
import { openDatabase } from "../../core/store/database.ts";
import { openEventLog } from "../../core/store/event-log.ts";
import { migrate } from "../../core/store/migrations.ts";
import { systemChance } from "../../core/system/chance.ts";
import { systemClock } from "../../core/system/clock.ts";
import { writeLongRun } from "./long-run.ts";

const [folder = "", events = ""] = process.argv.slice(2);
const db = openDatabase({ file: join(folder, "botmojo.db"), durability: "normal" });
migrate(db);
const log = openEventLog({ db, projections, clock: systemClock, chance: systemChance() });
for (const [id, shape] of [
  ["run_0000000000000a", "loop"],
  ["run_0000000000000b", "wide"],
] as const) {
  const run = RunId.parse(id);
  await writeLongRun(log, { run, shape, events: Number(events) });
  await log.append([{ type: "run.completed", run, actor: "host", data: { answer: "done" } }]);
}
log.close();
db.close();
