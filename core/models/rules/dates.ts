// When something is: a day, a time, an end, and the words that said so. chrono-node reads most of it; what it leaves
// out ("half past six", "on the 5th") or takes wrongly ("31 Feb", the month of May in "may I") is dealt with here.
import type { Component, ParsedResult } from "chrono-node/en";
import { addDays, dayOf, daysInMonth, minuteOfDay, monthFirst, today, zoneOffset, type Day, type Person } from "./person.ts";
import { localTime } from "../../system/day.ts";
import { blank } from "./words.ts";

type Chrono = typeof import("chrono-node/en");
type ParsedComponents = ParsedResult["start"];

export interface When {
  readonly day: Day | undefined;
  /** `HH:MM`. */
  readonly time: string | undefined;
  readonly endTime: string | undefined;
  /** The text with the words of the date blanked out. */
  readonly rest: string;
  /** No day was named, only a time. */
  readonly dayAssumed: boolean;
  /** What was assumed, as a sentence each. */
  readonly remarks: readonly string[];
  /** A day that no calendar has, in words. */
  readonly impossible: string | undefined;
  /** A second time was named beside the first. */
  readonly manyTimes: boolean;
  /** A time zone that is not known by these words. */
  readonly unknownZone: string | undefined;
}

const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const monthNames =
  "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?";

/** `lean` says which side an incomplete date falls on: appointments lie ahead, expenses behind. */
export function readWhen(chrono: Chrono, text: string, person: Person, lean: "ahead" | "behind"): When {
  const impossible = impossibleDay(text, person);
  const remarks: string[] = [];
  let rest = text;
  let time: string | undefined;
  let endTime: string | undefined;
  let day: Day | undefined;
  let offset: number | null | undefined;
  let times = 0;
  let unknownZone: string | undefined;

  const spoken = spokenTime(rest);
  if (spoken) {
    time = spoken.time;
    times = 1;
    unknownZone = zoneAfter(rest.slice(spoken.end));
    rest = blank(rest, spoken.start, spoken.end);
  }
  const ordinal = /\b(?:on |by )?the (\d{1,2})(?:st|nd|rd|th)\b(?! (?:of )?(?:century|floor|time|street|avenue))/i.exec(rest);
  if (ordinal && !new RegExp(`^ (?:of )?(?:${monthNames})\\b`, "i").test(rest.slice(ordinal.index + ordinal[0].length))) {
    day = nearestDayOfMonth(Number(ordinal[1]), today(person), lean);
    if (day) rest = blank(rest, ordinal.index, ordinal.index + ordinal[0].length);
  }

  // British order reads "December 15" as a month of 2015; turned round, it is the day in either order.
  const monthThenDay = new RegExp(`\\b(${monthNames}) (\\d{1,2})\\b(?![:.\\d]|\\s?[ap]m\\b)`, "gi");
  rest = rest.replace(monthThenDay, (words, month: string, date: string) => (Number(date) <= 31 ? `${date} ${month}` : words));

  const reader = monthFirst(person) ? chrono.casual : chrono.GB;
  const from = { instant: new Date(person.now), timezone: zoneOffset(person) };
  for (const found of reader.parse(rest, from, { forwardDate: lean === "ahead" })) {
    if (isFalseFriend(found.text, rest, found.index)) continue;
    const hasDay = (["day", "weekday", "month"] as Component[]).some((part) => found.start.isCertain(part));
    const relative = !hasDay && !found.start.isCertain("hour");
    if (hasDay || relative) day ??= dayFrom(found.start, found.text, person, lean);
    if (found.start.isCertain("hour")) {
      times += 1;
      if (found.start.isCertain("timezoneOffset")) offset ??= found.start.get("timezoneOffset");
      else unknownZone ??= zoneAfter(rest.slice(found.index + found.text.length));
      const clock = clockOf(found.start, found.text, rest.slice(found.index + found.text.length), {
        remarks,
        halfDays: monthFirst(person),
        supper: /\b(?:dinner|supper|drinks|party|concert)\b/i.test(text),
      });
      if (time === undefined) time = clock;
      if (found.end?.isCertain("hour")) endTime ??= endClock(found.end, time);
    }
    rest = blank(rest, found.index, found.index + found.text.length);
  }
  rest = rest.replace(/\b(?:in the|this) (?:morning|afternoon|evening)\b/i, (words) => " ".repeat(words.length));
  const dayAssumed = time !== undefined && day === undefined;
  if (time !== undefined && typeof offset === "number") {
    const at = zonedInstant({ day, time, offset, now: person.now });
    const local = localTime(at, person.timeZone);
    const end = endTime && localTime(at + ((minutesOf(endTime) - minutesOf(time) + 1440) % 1440) * 60_000, person.timeZone);
    remarks.length = 0;
    remarks.push(`${time} there is ${local.slice(11, 16)} on your clock.`);
    [day, time, endTime] = [local.slice(0, 10), local.slice(11, 16), end?.slice(11, 16)];
  }
  if (dayAssumed && day === undefined && time !== undefined) {
    day = today(person);
    if (lean === "ahead" && minutesOf(time) < minuteOfDay(person)) {
      day = addDays(day, 1);
      remarks.push(`${time} has passed today, so it is taken for tomorrow.`);
    }
  }
  return { day, dayAssumed, time, endTime, rest, remarks, impossible, manyTimes: times > 1, unknownZone };
}

/** `offset`: minutes ahead of UTC of the zone that was named; with no day, the next time that it is this late there. */
function zonedInstant({ day, time, offset, now }: { day: Day | undefined; time: string; offset: number; now: number }): number {
  const instant = (on: Day) => Date.parse(`${on}T${time}:00Z`) - offset * 60_000;
  const there = day ?? new Date(now + offset * 60_000).toISOString().slice(0, 10);
  return day === undefined && instant(there) <= now ? instant(addDays(there, 1)) : instant(there);
}

/** "Tokyo time", "WIB", "Europe/Paris" right after a time. */
function zoneAfter(after: string): string | undefined {
  const named =
    /^\s*\(?((?:[A-Z][a-z]+ ){1,2}time|(?:pacific|eastern|central|mountain|atlantic)(?: standard| daylight)? time|[A-Z][a-z]+\/[A-Z][\w/]+|(?!NEXT|MUST)[A-Z]{2,4}T|[ECMP]T|UTC|GMT|WIB|WITA)\b/.exec(
      after,
    )?.[1];
  return named !== undefined && /^(?:my|local|this|the)\b/i.test(named) ? undefined : named;
}

function dayFrom(start: ParsedComponents, words: string, person: Person, lean: "ahead" | "behind"): Day {
  const [year, month, date] = [start.get("year"), start.get("month"), start.get("day")];
  const day = dayOf(year ?? 1970, month ?? 1, date ?? 1);
  // A bare weekday or date with no year that chrono put on the far side is moved to the side that is meant.
  if (lean === "behind" && day > today(person) && !start.isCertain("year")) {
    if (start.isCertain("weekday") && !/\bnext\b/i.test(words)) return addDays(day, -7);
    if (start.isCertain("month")) return dayOf((year ?? 1971) - 1, month ?? 1, date ?? 1);
  }
  return day;
}

/** Hours from one to seven with no am or pm are taken for the afternoon: few lunches are at one at night. Where
 * clocks have 24 hours, 6:45 is a quarter to seven in the morning as it stands. */
function clockOf(
  start: ParsedComponents,
  words: string,
  after: string,
  { remarks, halfDays, supper }: { remarks: string[]; halfDays: boolean; supper: boolean },
): string {
  let hour = start.get("hour") ?? 0;
  const minute = start.get("minute") ?? 0;
  const written = /\b0\d:|\b(?:[ap]\.?m\.?|noon|midnight|midday|morning|minutes?|hours?)\b|\d[ap]m/i.test(words);
  const vague = !start.isCertain("meridiem") || /\bat \d{1,2}(?::\d\d)?$/i.test(words.trim());
  const evening =
    /\b(?:tonight|evening|afternoon)\b/i.test(words) || /^\s*(?:in the )?(?:evening|tonight|afternoon)/i.test(after) || supper;
  const exact = /\d:\d\d/.test(words) && !halfDays;
  if (!written && !exact && vague && hour >= 1 && (hour <= 7 || (evening && hour < 12)) && !/\bmorning\b/i.test(after.slice(0, 20))) {
    hour += 12;
    if (!evening) remarks.push(`${hour - 12}${minute ? `:${pad(minute)}` : ""} is taken for ${hour}:${pad(minute)}.`);
  }
  return `${pad(hour)}:${pad(minute)}`;
}

function endClock(end: ParsedComponents, time: string): string {
  let hour = end.get("hour") ?? 0;
  const minute = end.get("minute") ?? 0;
  if (hour * 60 + minute < minutesOf(time) && hour < 12) hour += 12;
  return `${pad(hour)}:${pad(minute)}`;
}

const hours = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/** "half past six", "quarter to nine", "18h30", "seven o'clock". */
function spokenTime(text: string): { time: string; start: number; end: number } | undefined {
  const hourWords = hours.join("|");
  const spoken = new RegExp(
    `\\b(?:at )?(?:(half past|quarter past|quarter to|half) )?(${hourWords}|\\d{1,2})( o'?clock)?( ?[ap]m)?\\b`,
    "gi",
  );
  for (const match of text.matchAll(spoken)) {
    const [all, part, word = "", oclock, meridiem] = match;
    if (!part && !oclock) continue;
    if (part?.toLowerCase() === "half" && !/^at /i.test(all)) continue;
    const named = hours.indexOf(word.toLowerCase()) + 1;
    let hour = named || Number(word);
    if (hour > 24) continue;
    const said = meridiem?.trim().toLowerCase();
    if (said === "pm" && hour < 12) hour += 12;
    if (!said && hour >= 1 && hour <= 7) hour += 12;
    const before = part?.toLowerCase() === "quarter to";
    const minute = before ? 45 : part?.startsWith("quarter") ? 15 : part ? 30 : 0;
    return { time: `${pad((before ? hour + 23 : hour) % 24)}:${pad(minute)}`, start: match.index, end: match.index + all.length };
  }
  const french = /\b(?:at )?([01]?\d|2[0-3])h([0-5]\d)?\b/i.exec(text);
  if (!french) return undefined;
  return { time: `${pad(Number(french[1]))}:${french[2] ?? "00"}`, start: french.index, end: french.index + french[0].length };
}

/** "31 Feb", "Feb 30", "2026-02-30", "31/04/2027": named, so that nobody gets the first of March for it. */
function impossibleDay(text: string, person: Person): string | undefined {
  const named = new RegExp(
    `\\b(\\d{1,2})(?:st|nd|rd|th)? (?:of )?(${monthNames})\\b|\\b(${monthNames}) (\\d{1,2})(?:st|nd|rd|th)?\\b(?!:)`,
    "gi",
  );
  for (const match of text.matchAll(named)) {
    const month = months.indexOf((match[2] ?? match[3] ?? "").slice(0, 3).toLowerCase()) + 1;
    const day = Number(match[1] ?? match[4]);
    if (month === 5 && match[3] === "may") continue;
    if (day < 1 || day > daysInMonth(2028, month)) return match[0];
  }
  for (const match of text.matchAll(/\b(\d{4})-(\d\d)-(\d\d)\b/g)) {
    if (!isDay(Number(match[1]), Number(match[2]), Number(match[3]))) return match[0];
  }
  for (const match of text.matchAll(/(?<![\d/.])(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?![\d/])/g)) {
    const [first, second, year] = [Number(match[1]), Number(match[2]), Number(match[3])];
    const dayFirst = isDay(year, second, first);
    const monthLeads = isDay(year, first, second);
    if (monthFirst(person) && match[0].includes("/") ? !monthLeads && !dayFirst : !dayFirst && !monthLeads) return match[0];
  }
  return undefined;
}

function isDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

function nearestDayOfMonth(date: number, from: Day, lean: "ahead" | "behind"): Day | undefined {
  if (date < 1 || date > 31) return undefined;
  let [year = 1970, month = 1] = from.split("-").map(Number);
  for (let tries = 0; tries < 24; tries += 1) {
    const day = dayOf(year, month, date);
    if (date <= daysInMonth(year, month) && (lean === "ahead" ? day >= from : day <= from)) return day;
    month += lean === "ahead" ? 1 : -1;
    if (month === 13) [year, month] = [year + 1, 1];
    if (month === 0) [year, month] = [year - 1, 12];
  }
  return undefined;
}

/** Words that look like a date and are none: "may", "march", "sat", "now", a lone number, "a second". */
function isFalseFriend(words: string, text: string, at: number): boolean {
  if (
    /^(?:may|march|sat|sun|mar|now|second|dec|jan|wed|for \d+ (?:people|persons|guests))$/i.test(words) &&
    words === words.toLowerCase()
  ) {
    return !/(?:on|next|this|last|in) $/i.test(text.slice(0, at));
  }
  if (/^(?:now|this second|a second|the second|second)$/i.test(words)) return true;
  return /^\d{1,4}$/.test(words);
}

function minutesOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return hour * 60 + minute;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
