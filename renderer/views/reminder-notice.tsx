// Said across the window when the time of a reminder has come, until the person says that it is done.
import { finish, useReminders } from "../state/reminders.ts";
import { exactTime } from "../ui/times.ts";

const mostShown = 3;

export function ReminderNotice() {
  const due = useReminders((state) => state.due);
  if (due.length === 0) return null;
  const more = due.length - mostShown;
  return (
    <div className="reminder-notices" role="status">
      {due.slice(0, mostShown).map((reminder) => (
        <div key={reminder.id} className="removed-notice">
          <span className="ellipsis">
            Reminder: {reminder.text} <span className="quiet">{`${exactTime(reminder.at)}${reminder.late ? ", told late" : ""}`}</span>
          </span>
          <button type="button" className="plain-button" onClick={() => finish(reminder)}>
            Done
          </button>
        </div>
      ))}
      {more > 0 ? <div className="removed-notice quiet">{`and ${more} more`}</div> : null}
    </div>
  );
}
