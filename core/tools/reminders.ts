// The reminders' tools.
import { z } from "zod";
import { fail } from "../contract/failure.ts";
import { ItemId } from "../contract/ids.ts";
import { Reminder } from "../contract/items.ts";
import { getReminder, listReminders } from "../memory/reminders.ts";
import { instantOf, localTime } from "../system/day.ts";
import { defineTool, type ToolContext } from "./tool.ts";

const furthestMs = 100 * 366 * 86_400_000;

const add = defineTool({
  name: "reminders.add",
  description: "Tells the person something when its time has come.",
  effect: "idempotent",
  input: z.strictObject({
    text: Reminder.shape.text.describe("What the person is to be told"),
    when: z
      .string()
      .max(40)
      .regex(
        /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/,
        "must be a date and time such as 2026-12-01T09:00 or 2026-12-01T09:00+02:00",
      )
      .describe("ISO 8601 with its offset from UTC, or without one where the person's own clock is meant"),
    words: z.string().max(20_000).describe("The person's own words that this comes from"),
  }),
  run({ text, when, words }, { learn, now, timeZone }) {
    const zoned = /(Z|[+-]\d{2}:\d{2})$/.test(when);
    const at = zoned && !Number.isNaN(instantOf(when.slice(0, 16), "UTC")) ? Date.parse(when) : instantOf(when, timeZone);
    if (Number.isNaN(at)) throw fail("input.invalid", `There is no ${when} in any calendar.`);
    if (at <= now) throw fail("input.invalid", `${localTime(at, timeZone)} has passed already.`, "Name a time that is still to come.");
    if (at - now > furthestMs) throw fail("input.invalid", `${when} is more than a hundred years away.`);
    return { id: learn({ kind: "reminder", text, at }, words), text, at: localTime(at, timeZone) };
  },
});

const list = defineTool({
  name: "reminders.list",
  description: "Lists the reminders that are still to come and those that the person has been told and not done, soonest first.",
  effect: "reads",
  input: z.strictObject({}),
  run(_, { reader, timeZone }) {
    const reminders = listReminders(reader);
    return { reminders: reminders.map(({ id, text, at, toldAt }) => ({ id, text, at: localTime(at, timeZone), told: toldAt !== null })) };
  },
});

function ending(how: "done" | "removed", { name, description }: { name: string; description: string }) {
  return defineTool({
    name,
    description,
    effect: "idempotent",
    input: z.strictObject({ id: ItemId.describe("The reminder's id, from reminders.list") }),
    run({ id }, { reader, endReminder }: ToolContext) {
      const reminder = getReminder(reader, id);
      if (!reminder) throw fail("not.found", `There is no reminder ${id}.`, "reminders.list lists them.");
      if (!reminder.over) endReminder(id, how);
      return { id, text: reminder.text };
    },
  });
}

export const reminderTools = [
  add,
  list,
  ending("done", { name: "reminders.done", description: "Says of a reminder that it is done: it is not told or shown any more." }),
  ending("removed", { name: "reminders.remove", description: "Takes a reminder away: it is not told or shown any more." }),
];
