// Where and when the person is, as far as reading a sentence needs it.

export interface Person {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** IANA zone. */
  readonly timeZone: string;
  /** BCP 47. */
  readonly locale: string;
}

/** A calendar day, `YYYY-MM-DD`. */
export type Day = string;

export function regionOf({ locale }: Person): string {
  try {
    return new Intl.Locale(locale).maximize().region ?? "US";
  } catch {
    return "US";
  }
}

/** Month before day, as in 3/4 for the fourth of March. */
export function monthFirst(person: Person): boolean {
  return ["US", "PH", "FM", "MH", "PW"].includes(regionOf(person));
}

/** 0 for Sunday, 1 for Monday, 6 for Saturday. */
export function firstWeekday(person: Person): number {
  const region = regionOf(person);
  if ("US CA MX BR JP IN IL PH TW HK KR ZA CO PE AU".split(" ").includes(region)) return region === "AU" ? 1 : 0;
  return "AE EG SA IR IQ DZ JO KW QA".split(" ").includes(region) ? 6 : 1;
}

export function today({ now, timeZone }: Person): Day {
  return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(now);
}

/** Minutes since midnight where the person is. */
export function minuteOfDay({ now, timeZone }: Person): number {
  const [hours = 0, minutes = 0] = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
    .format(now)
    .split(":")
    .map(Number);
  return hours * 60 + minutes;
}

/** How far the person's clock is ahead of UTC, in minutes. */
export function zoneOffset(person: Person): number {
  const local = Date.parse(`${today(person)}T00:00:00Z`) + minuteOfDay(person) * 60_000;
  return Math.round((local - Math.floor(person.now / 60_000) * 60_000) / 60_000);
}

export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** 0 for Sunday. */
export function weekdayOf(day: Day): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

export function dayOf(year: number, month: number, day: number): Day {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

export function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** `Wednesday 25 November 2026`. */
export function spellDay(day: Day): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`)).replace(",", "");
}
