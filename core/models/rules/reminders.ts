// Reminders out of sentences that ask to be told something at a time, and the words that answer.
import { readWhen } from "./dates.ts";
import { minuteOfDay, spellDay, today } from "./person.ts";
import { impossible } from "./phrases.ts";
import { titleOf } from "./planner.ts";
import type { Reading, Scene } from "./scene.ts";

const order =
  /^(?:please |can you |could you |also |and )*(?:remind me|set (?:a |me a )?reminder|(?:add|create|make) (?:a )?reminder)\b(?: (?:to|about|of|that|for)\b)?/i;
/** What led to a time that has been taken out: "at … to breathe", "every day … to stretch". */
const leftOver =
  /^(?:\s|(?:at|on|in|by|from|before|around|and|daily|weekly|monthly|yearly|(?:every|each)(?:\s+(?!(?:to|that|about|of)\b)\w+){0,3})\s)+(?=(?:to|that|about|of)\b)/i;
const morning = "09:00";

export function readReminder({ clause, person, chrono, words }: Scene): Reading | undefined {
  const ordered = order.exec(clause)?.[0];
  if (ordered === undefined) return undefined;
  const { minutes, rest: sooner } = minutesFromNow(clause);
  const when = readWhen(chrono, sooner, person, "ahead");
  if (when.impossible) return impossible(when.impossible);
  const at = minutes === undefined ? undefined : new Date(Math.ceil((person.now + minutes * 60_000) / 1000) * 1000).toISOString();
  if (at === undefined && when.day === undefined) return undefined;
  if (when.manyTimes || (at !== undefined && (when.time !== undefined || minutesFromNow(sooner).minutes !== undefined))) {
    return notTaken(`A reminder takes one time, and “${words}” names more: say each by itself.`);
  }
  if (when.unknownZone !== undefined) {
    return notTaken(`The time zone “${when.unknownZone}” is not known here: say the time on your own clock, or one such as UTC.`);
  }
  const text = titleOf(
    when.rest
      .trimStart()
      .replace(order, (all) => " ".repeat(all.length))
      .replace(leftOver, " "),
    ordered,
  );
  if (text === "") return undefined;
  const remarks = [...when.remarks];
  let day = when.day ?? today(person);
  if (at === undefined && when.time === undefined) {
    if (day === today(person) && minuteOfDay(person) >= 9 * 60) return notTaken(`At what time? “${words}” names today alone.`);
    remarks.push(`No time was named, so it is taken for ${morning}.`);
  }
  return {
    agent: "reminders",
    intent: "reminder.add",
    calls: [{ name: "reminders.add", input: { text, when: at ?? `${day}T${when.time ?? morning}`, words } }],
    remarks: /\b(?:every|each|daily|weekly|monthly|yearly)\b/i.test(clause)
      ? [...remarks, "Only the first time is kept: reminders do not repeat."]
      : remarks,
  };
}

function notTaken(says: string): Reading {
  return { agent: "reminders", intent: "unable", calls: [], remarks: [], says, invalid: true };
}

const spans: Readonly<Record<string, number>> = { second: 1 / 60, minute: 1, min: 1, hour: 60, hr: 60 };

/** "in 20 minutes", "in an hour and a half": to the minute, whatever the clock says where the person is. */
function minutesFromNow(text: string): { minutes: number | undefined; rest: string } {
  const found = /\bin (an?|half an|\d{1,4}(?:\.\d)?) (second|minute|min|hour|hr)s?(?: and (a half|\d{1,2} min(?:ute)?s?))?\b/i.exec(text);
  if (!found) return { minutes: undefined, rest: text };
  const [all, count = "", unit = "", more = ""] = found;
  const each = spans[unit.toLowerCase()] ?? 1;
  const many = /^an?$/i.test(count) ? 1 : /^half/i.test(count) ? 0.5 : Number(count);
  const extra = /^a half/i.test(more) ? each / 2 : Number.parseInt(more, 10) || 0;
  return { minutes: many * each + extra, rest: text.replace(all, " ".repeat(all.length)) };
}

export function readReminderQuestion({ clause }: Scene): Reading | undefined {
  if (!/^(?:what(?:'s| are| is)?|show|list|which|do i have|any|tell me)\b.{0,40}\breminders?\b/i.test(clause)) return undefined;
  return { agent: "reminders", intent: "reminder.ask", calls: [{ name: "reminders.list", input: {} }], remarks: [] };
}

/** `at` as the tool has it: `2026-12-01T09:00+02:00`. */
function spoken(at: string): string {
  return `${spellDay(at.slice(0, 10))} at ${at.slice(11, 16)}`;
}

export function tellReminder({ text, at }: { readonly text: string; readonly at: string }): string {
  return `I will remind you on ${spoken(at)}: ${text}.`;
}

export function tellReminders(reminders: readonly { readonly text: string; readonly at: string; readonly told: boolean }[]): string {
  if (reminders.length === 0) return "There are no reminders.";
  return reminders.map(({ text, at, told }) => `- ${text}, ${spoken(at)}${told ? " (due)" : ""}`).join("\n");
}
