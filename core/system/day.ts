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
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((found) => found.type === type)?.value ?? 0);
  return ((part("hour") * 60 + part("minute")) * 60 + part("second")) * 1000 + (((at % 1000) + 1000) % 1000);
}
