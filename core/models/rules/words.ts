// Words as they were typed, and the keywords they were probably meant to be. A slip in a keyword ("tomorow") is put
// right; any other word is content and stays as it is.
import { distance } from "fastest-levenshtein";

/** A text with its slips put right, and the way back to where each of its characters stood. */
export interface Corrected {
  readonly text: string;
  /** From an offset into `text` to the offset into the original. */
  readonly origin: (offset: number) => number;
}

const keywords = (
  "tomorrow yesterday tonight today monday tuesday wednesday thursday friday saturday sunday weekend " +
  "january february april june july august september october november december " +
  "remember remind reminder schedule appointment meeting calendar birthday breakfast lunch dinner spent spend bought " +
  "paid expenses summarise summarize summary search morning afternoon evening dentist doctor"
).split(" ");
const known = new Set(keywords);

/** Ordinary words one slip away from a keyword. */
const ordinary = new Set(
  "launch brought sent said laid maid raid spends spender diner dinners lunches members member friday's meetings reminds reminded remembers remembered scheduled schedules appointments doctors dentists mornings evenings afternoons birthdays summaries searched searches tommorows junes julys suspend spelt spent bough mending meaning meting paint pair pain aid maybe sundays sunny mondays fridays".split(
    " ",
  ),
);

export function correctSlips(text: string): Corrected {
  const pieces: { at: number; from: number }[] = [{ at: 0, from: 0 }];
  let corrected = "";
  let last = 0;
  for (const match of text.matchAll(/(?<![\p{L}\p{N}./_-])\p{L}{4,14}(?![\p{L}\p{N}/_-]|\.\p{L})/gu)) {
    const meant = keywordMeant(match[0]);
    if (meant === undefined) continue;
    corrected += text.slice(last, match.index) + meant;
    last = match.index + match[0].length;
    pieces.push({ at: corrected.length, from: last });
  }
  corrected += text.slice(last);
  return {
    text: corrected,
    origin(offset) {
      const piece = pieces.findLast(({ at }) => at <= offset) ?? { at: 0, from: 0 };
      return Math.min(text.length, piece.from + (offset - piece.at));
    },
  };
}

/** The keyword that a word is one slip away from: two letters swapped, one doubled, one left out, or, in longer
 * words, one wrong. */
function keywordMeant(word: string): string | undefined {
  const lower = word.toLowerCase();
  if (known.has(lower) || ordinary.has(lower)) return undefined;
  for (const keyword of keywords) {
    if (Math.abs(keyword.length - lower.length) > 1 || keyword[0] !== lower[0]) continue;
    const far = distance(lower, keyword);
    const swapped = far === 2 && lower.length === keyword.length && sameLetters(lower, keyword);
    const dropped = far === 1 && lower.length === keyword.length - 1 && keyword.length >= 6;
    const added = far === 1 && lower.length === keyword.length + 1 && /(.)\1/.test(lower);
    const wrong = far === 1 && lower.length === keyword.length && keyword.length >= 7;
    if (swapped || dropped || added || wrong) return word[0] === lower[0] ? keyword : capitalise(keyword);
  }
  return undefined;
}

function sameLetters(a: string, b: string): boolean {
  return a.split("").sort().join("") === b.split("").sort().join("");
}

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Spaces folded, and what hangs loose at the ends taken off. */
export function tidy(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\s+([,.;:!?])/g, "$1")
    .replace(/^[\s,.;:–-]+/, "")
    .replace(/[\s,;:–-]+$/, "")
    .trim();
}

/** Blanks a span with spaces of the same length, so that offsets hold. */
export function blank(text: string, start: number, end: number): string {
  return text.slice(0, start) + " ".repeat(end - start) + text.slice(end);
}
