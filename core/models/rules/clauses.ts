// A sentence split where a new thing to do begins: at full stops, and at commas and "and" that a verb or an event
// follows. "Jazz and hiking" stays together; "paid $5, remember …" does not.
import type { Span } from "../../contract/plan.ts";

export interface Clause extends Span {
  readonly text: string;
}

const maxChars = 20_000;
const maxClauses = 40;

const verbs =
  "remember|remind|note|don'?t forget|keep in mind|write down|jot down|save|store|paid|spent|bought|schedule|book|add|put|set up|plan|call|meet|" +
  "find|search|look for|list|show|read|open|summari[sz]e|what|who|when|where|how|which|is there|are there|do i|did i|am i|tell me|calculate|compute|" +
  "i (?:paid|spent|bought|have|need|am|like|love|hate|live|work|want|also|just)|i'm|i've|she|he|they|it (?:cost|was)|it's|my|we|also|if|please|cost|write|translate|explain|draft|should";
const events =
  "lunch|dinner|breakfast|brunch|coffee|drinks|meeting|appointment|dentist|doctor|call|date|party|haircut|interview|standup|stand-up|flight|train|gym|yoga|class|lesson|concert|cinema|movie|birthday|wedding|conference|workshop|review|demo|check-?up|visit|pick ?up|drop ?off";

const starts = new RegExp(`^(?:${verbs})\\b`, "i");
const startsEvent = new RegExp(`^(?:an? |the |my )?(?:[\\w'-]+ )?(?:${events})\\b`, "i");
const startsMoney = /^(?:[$€£¥₹]|(?:us|ca|au)\$)\s?\d/i;
const splitter =
  /(?<stop>[.!?;\n]+(?=\s|$))|(?<comma>,\s*(?:and |then |and then |but |also |plus )?)|(?<and>\s+(?:and then|and also|and|then|plus|but)\s+)/gi;

/** Clauses in order; the spans leave out what stands between them. */
export function splitClauses(whole: string): Clause[] {
  const text = whole.slice(0, maxChars);
  const clauses: Clause[] = [];
  let start = 0;
  for (const match of text.matchAll(splitter)) {
    const end = match.index;
    const next = end + match[0].length;
    if (end < start) continue;
    if (!match.groups?.["stop"] && !beginsAnew(text.slice(start, end), text.slice(next), match.groups?.["comma"] !== undefined)) continue;
    if (match.groups?.["stop"] && isAbbreviation(text, end)) continue;
    push(clauses, text, start, match.groups?.["stop"]?.includes("?") ? end + 1 : end);
    start = next;
    if (clauses.length >= maxClauses) return clauses;
  }
  push(clauses, text, start, text.length);
  return clauses;
}

/** Whether what follows stands on its own rather than going on with a list. */
function beginsAnew(left: string, right: string, atComma: boolean): boolean {
  const tail = right.trimStart();
  if (tail === "" || left.trim() === "") return false;
  if (/^(?:and|or)\s*$/i.test(left)) return false;
  if (/^if\b/i.test(left.trim())) return false;
  if (/^(?:write|translate|explain|draft|should)\b/i.test(left.trim())) return false;
  // A date goes on with a date: "Tuesday, 5pm" and "at 9 and 10".
  if (
    /^(?:she|he|they)\b/i.test(tail) &&
    !/^(?:she|he|they)(?:'s|'re| is| are| was| likes?| loves?| hates?| has| have| lives?| works?| prefers?| can't| can| doesn't| don't| eats?| needs?| got| became| \w+ed)\b/i.test(
      tail,
    )
  )
    return false;
  if (/^(?:call|date|note|book|review|visit|show|store|plan)s?\s+(?:with|at|on)\b/i.test(tail)) return hasDateOrIsLong(left);
  if (starts.test(tail)) return true;
  if (startsMoney.test(tail))
    return (
      atComma &&
      !/\d\s*$/.test(left) &&
      !/\b(?:spent|paid|cost|on|and)\s*$/i.test(left) &&
      !/[$€£¥]\s?\d|\d\s?(?:eur|usd|euros?|dollars?)/i.test(left)
    );
  if (startsEvent.test(tail)) return hasDateOrIsLong(left) && !/^(?:remember|note|buy|get)\b/i.test(left.trim());
  return /^[A-Z][\w'-]+(?:'s [\w ]{2,20})? (?:is|was|likes|loves|hates|has|lives|works|prefers|doesn't|can't|eats|needs)\b/.test(tail);
}

function hasDateOrIsLong(left: string): boolean {
  return /\b(?:today|tonight|tomorrow|mon|tue|wed|thu|fri|sat|sun|\d{1,2}(?::\d\d|\s?[ap]m)|(?:mon|tues|wednes|thurs|fri|satur|sun)day|paid|spent|remember|week|month|noon)\b|[$€£¥]\d/i.test(
    left,
  );
}

function isAbbreviation(text: string, end: number): boolean {
  return (
    text[end] === "." &&
    /\b(?:mr|mrs|ms|dr|prof|st|vs|e\.g|i\.e|approx|no|a\.m|p\.m|sfr|kr|rs|fr)$/i.test(text.slice(Math.max(0, end - 8), end)) &&
    end + 1 < text.trimEnd().length
  );
}

function push(clauses: Clause[], text: string, from: number, to: number): void {
  let [start, end] = [from, to];
  while (start < end && /[\s,]/.test(text.charAt(start))) start += 1;
  while (end > start && /[\s,.;!]/.test(text.charAt(end - 1))) end -= 1;
  if (end > start && /[\p{L}\p{N}]/u.test(text.slice(start, end))) clauses.push({ text: text.slice(start, end), start, end });
}
