// Reminders: when each is due and whether the person was told, and the teller that says so in time.
import type { ReminderView } from "../contract/items.ts";
import type { Reader } from "../store/database.ts";
import type { EventLog, Projection } from "../store/event-log.ts";
import type { Clock } from "../system/clock.ts";

export const remindersProjection: Projection = {
  name: "reminders",
  tables: ["reminders"],
  apply(writer, events) {
    for (const event of events) {
      if (event.recorded) continue;
      if (event.type === "item.learned" && event.data.body.kind === "reminder") {
        writer.run("INSERT INTO reminders (item, at) VALUES (?, ?)", event.data.item, event.data.body.at);
      }
      if (event.type === "reminder.due") {
        writer.run(
          "UPDATE reminders SET told_at = ?, late = ? WHERE item = ? AND told_at IS NULL",
          event.at,
          event.data.late ? 1 : 0,
          event.data.item,
        );
      }
      if (event.type === "reminder.over") writer.run("UPDATE reminders SET over = 1 WHERE item = ?", event.data.item);
      if (event.type === "run.removed") writer.run("DELETE FROM reminders WHERE item NOT IN (SELECT id FROM items)");
    }
  },
};

const rows = `SELECT items.id, items.run, json_extract(items.body, '$.text') AS text, reminders.at, told_at AS toldAt, late, over
  FROM reminders JOIN items ON items.id = reminders.item WHERE items.undone = 0`;
type Row = Omit<ReminderView, "late" | "over"> & { late: number; over: number };
const viewOf = (row: Row): ReminderView => ({ ...row, late: row.late === 1, over: row.over === 1 });

/** Those that are not over, or all, soonest first. */
export function listReminders(reader: Reader, { all = false }: { all?: boolean | undefined } = {}): ReminderView[] {
  return reader.all<Row>(`${rows}${all ? "" : " AND over = 0"} ORDER BY reminders.at, items.seq LIMIT 1000`).map(viewOf);
}

export function getReminder(reader: Reader, item: string): ReminderView | undefined {
  const row = reader.get<Row>(`${rows} AND items.id = ?`, item);
  return row && viewOf(row);
}

/** What may make another reminder the next one. */
export function concernsReminders({ type }: { readonly type: string }): boolean {
  return type === "item.learned" || type === "undo.applied" || type === "run.removed" || type.startsWith("reminder.");
}

const lateMs = 60_000;
const againMs = 5000;

/** Says of each reminder that it is due, in the log first and then to `told`: once, and as late where no host was there
 * in time. Returns its stop. */
export function startTeller({
  log,
  clock,
  told,
}: {
  readonly log: Pick<EventLog, "reader" | "append" | "onCommit">;
  readonly clock: Clock;
  readonly told: (reminder: ReminderView) => void;
}): () => void {
  let stopTimer = () => {};
  let stopped = false;
  let telling = false;

  const next = () => log.reader.get<Row>(`${rows} AND over = 0 AND told_at IS NULL ORDER BY reminders.at LIMIT 1`);
  async function tell(): Promise<void> {
    if (telling || stopped) return;
    telling = true;
    try {
      for (let due = next(); due && due.at <= clock.now() && !stopped; due = next()) {
        const late = clock.now() - due.at > lateMs;
        await log.append([{ run: null, actor: "host", type: "reminder.due", data: { item: due.id, late } }]);
        const reminder = getReminder(log.reader, due.id);
        if (reminder) told(reminder);
      }
      arm();
    } catch {
      // The disk may take it again later; until it is in the log nobody is told.
      if (!stopped) stopTimer = clock.after(againMs, () => void tell());
    } finally {
      telling = false;
    }
  }
  function arm(): void {
    stopTimer();
    const soonest = next();
    if (soonest && !stopped) stopTimer = clock.after(Math.max(0, soonest.at - clock.now()), () => void tell());
  }

  const stopListening = log.onCommit((events) => {
    if (events.some(concernsReminders) && !telling) arm();
  });
  void tell();
  return () => {
    stopped = true;
    stopTimer();
    stopListening();
  };
}
