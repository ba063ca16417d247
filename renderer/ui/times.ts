// Times and lengths for people.

/** "12 s", "4 m", "2 h"; "14:10" for yesterday, "Sun" within a week, "19 Nov" before. */
export function shortAgo(at: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (sameDay(at, now)) {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} m`;
    return `${Math.floor(seconds / 3600)} h`;
  }
  const date = new Date(at);
  if (sameDay(at, now - 86_400_000)) return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (now - at < 6 * 86_400_000) return date.toLocaleDateString("en-GB", { weekday: "short" });
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

/** The group of a list that a moment belongs to. */
export function dayGroup(at: number, now: number): "Today" | "Yesterday" | "Earlier" {
  if (sameDay(at, now)) return "Today";
  return sameDay(at, now - 86_400_000) ? "Yesterday" : "Earlier";
}

/** "0.08 s", "12.4 s", "3 m 20 s". */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} m ${Math.round((ms % 60_000) / 1000)} s`;
}

/** "14:10:05.042", where the person is. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return `${date.toLocaleTimeString("en-GB", { hour12: false })}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

export function exactTime(at: number): string {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
