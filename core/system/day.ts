// Days as people have them: from midnight to midnight where they are.

/** The last midnight in an IANA zone, in milliseconds since 1970. Where clocks are put forward at midnight, the first
 * moment of the day. */
export function startOfDay(now: number, timeZone: string): number {
  let start = now - sinceMidnight(now, timeZone);
  // A day on which clocks change is an hour longer or shorter than the time on the clock says.
  const off = sinceMidnight(start, timeZone);
  if (off !== 0) start += off > dayMs / 2 ? dayMs - off : -off;
  return start;
}

const dayMs = 86_400_000;

function sinceMidnight(at: number, timeZone: string): number {
  const local = at + aheadOfUtc(at, timeZone);
  return ((local % dayMs) + dayMs) % dayMs;
}

/** The instant of a date and time such as `2026-12-01T09:00` on the clocks of an IANA zone, NaN where there is none. Where
 * clocks are put forward over it, as much later. */
export function instantOf(local: string, timeZone: string): number {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc) || new Date(asUtc).toISOString().slice(0, 10) !== local.slice(0, 10)) return Number.NaN;
  const near = asUtc - aheadOfUtc(asUtc, timeZone);
  return asUtc - aheadOfUtc(near, timeZone);
}

/** `2026-12-01T09:00+02:00`. */
export function localTime(at: number, timeZone: string): string {
  const ahead = aheadOfUtc(at, timeZone);
  const minutes = Math.abs(Math.round(ahead / 60_000));
  const two = (value: number) => String(Math.trunc(value)).padStart(2, "0");
  return `${new Date(at + ahead).toISOString().slice(0, 16)}${ahead < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** In milliseconds. */
function aheadOfUtc(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? "00";
  const local = Date.parse(`${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}Z`);
  return local - Math.floor(at / 1000) * 1000;
}
