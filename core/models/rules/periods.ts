// Stretches of days that questions are about: today, this week, last month, the next ten days.
import { addDays, dayOf, daysInMonth, firstWeekday, today, weekdayOf, type Day, type Person } from "./person.ts";
import { readWhen } from "./dates.ts";

type Chrono = typeof import("chrono-node/en");

export interface Period {
  readonly from: Day;
  /** Included. */
  readonly to: Day;
  /** As said: `this week`. */
  readonly words: string;
}

const months = "january february march april may june july august september october november december".split(" ");

/** The stretch that a question names, or undefined when it names none. */
export function readPeriod(chrono: Chrono, text: string, person: Person, lean: "ahead" | "behind"): Period | undefined {
  const now = today(person);
  const lower = text.toLowerCase();
  const said = /\b(this|last|past|next|coming|previous|current)\s+(week(?:end)?|month|year)\b/.exec(lower);
  if (said) {
    const step = /last|past|previous/.test(said[1] ?? "") ? -1 : /next|coming/.test(said[1] ?? "") ? 1 : 0;
    return { ...unitAround(said[2] ?? "week", step, now, person), words: said[0] };
  }
  const counted =
    /\b(?:(last|past|next|coming)\s+(\d{1,3}|two|three|four|five|six|seven|ten)\s+(day|week|month)s?|(?:in|over) the (?:last|past) (\d{1,3}) (day|week|month)s?)\b/.exec(
      lower,
    );
  if (counted) {
    const count = numberOf(counted[2] ?? counted[4] ?? "1");
    const days = count * { day: 1, week: 7, month: 30 }[(counted[3] ?? counted[5] ?? "day") as "day" | "week" | "month"];
    const ahead = /next|coming/.test(counted[1] ?? "");
    return { from: ahead ? now : addDays(now, 1 - days), to: ahead ? addDays(now, days) : now, words: counted[0] };
  }
  const month = new RegExp(`\\b(?:in|during|for|of) (${months.join("|")})(?: (\\d{4}))?\\b(?! \\d)`).exec(lower);
  if (month) return namedMonth(months.indexOf(month[1] ?? ""), month[2], now, lean, month[0]);
  const year = /\b(?:in|during) (20\d\d)\b/.exec(lower);
  if (year) return { from: `${year[1]}-01-01`, to: `${year[1]}-12-31`, words: year[0] };
  const since = /\bsince\b(.*)$/i.exec(text);
  if (since) {
    const { day } = readWhen(chrono, since[1] ?? "", person, "behind");
    if (day) return { from: day, to: now, words: `since${since[1]}`.trim() };
  }
  const { day } = readWhen(chrono, text, person, lean);
  return day ? { from: day, to: day, words: day === now ? "today" : "" } : undefined;
}

function unitAround(unit: string, step: number, now: Day, person: Person): { from: Day; to: Day } {
  const [year = 1970, month = 1] = now.split("-").map(Number);
  if (unit === "year") return { from: `${year + step}-01-01`, to: `${year + step}-12-31` };
  if (unit === "month") {
    const index = year * 12 + (month - 1) + step;
    const [y, m] = [Math.floor(index / 12), (index % 12) + 1];
    return { from: dayOf(y, m, 1), to: dayOf(y, m, daysInMonth(y, m)) };
  }
  if (unit === "weekend") {
    const saturday = addDays(now, ((6 - weekdayOf(now) + 7) % 7) + step * 7);
    const from = weekdayOf(now) === 0 && step === 0 ? addDays(now, -1) : saturday;
    return { from, to: addDays(from, 1) };
  }
  const back = (weekdayOf(now) - firstWeekday(person) + 7) % 7;
  const from = addDays(now, step * 7 - back);
  return { from, to: addDays(from, 6) };
}

function namedMonth(index: number, named: string | undefined, now: Day, lean: "ahead" | "behind", words: string): Period {
  const [thisYear = 1970, thisMonth = 1] = now.split("-").map(Number);
  let year = named ? Number(named) : thisYear;
  if (!named && lean === "behind" && index + 1 > thisMonth) year -= 1;
  if (!named && lean === "ahead" && index + 1 < thisMonth) year += 1;
  return { from: dayOf(year, index + 1, 1), to: dayOf(year, index + 1, daysInMonth(year, index + 1)), words };
}

function numberOf(text: string): number {
  const named = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"].indexOf(text);
  return named >= 0 ? named : Number(text);
}
