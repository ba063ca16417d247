// Names of people in a sentence, and whom a pronoun means.

const notNames = new Set(
  "I The A An Lunch Dinner Breakfast Brunch Coffee Drinks Meeting Call Remember Remind Note Paid Spent Bought Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September October November December Today Tomorrow Tonight Yesterday My What Who When Where How Please And Then Also Is Are Do Did Book Schedule Add Put Find Show List Read He She They It We You If Dentist Doctor Appointment Gym Party EUR USD GBP Room Our This That Her His Their Your".split(
    " ",
  ),
);

const groups = new Set("mum mom dad grandma grandpa granny boss team family kids children wife husband".split(" "));

/** Who an appointment is with: the names after "with", or after "call", "meet", "see". */
export function peopleIn(title: string): string[] {
  const after = /\b(?:with|call|ring|phone|meet|see|visit)\s+(?:my (?:\w+ )?)?(.+)$/i.exec(title)?.[1];
  if (!after) return [];
  return after
    .split(/\s*,\s*|\s+and\s+|\s*&\s*/)
    .map((name) => /^(?:the )?((?:[\p{Lu}][\p{L}'’-]+)(?:\s+[\p{Lu}][\p{L}'’-]+)*|\p{L}+)/u.exec(name)?.[1] ?? "")
    .filter((name) => isName(name))
    .map((name) => name.replace(/['’]s$/, ""));
}

function isName(word: string): boolean {
  if (word === "" || notNames.has(word)) return false;
  return /^\p{Lu}/u.test(word) || groups.has(word.toLowerCase()) || !/^\p{Ll}{2,}$/u.test(word);
}

/** The last name before a pronoun; undefined when nobody was named. */
export function lastPerson(before: string): string | undefined {
  const named = [...before.matchAll(/(?<![\p{L}\d@./])\p{Lu}[\p{L}'’-]+(?:\s+\p{Lu}[\p{L}'’-]+)*/gu)];
  const withPlace = (index: number) => /\b(?:at|in|@)\s+(?:the )?$/i.test(before.slice(0, index));
  const people = named.filter(({ 0: name, index }) => !notNames.has(name) && !withPlace(index));
  const name = people.at(-1)?.[0] ?? /\bwith (\p{L}{3,})\b/iu.exec(before)?.[1];
  if (!name) return undefined;
  const words = name.split(/\s+/).filter((word) => !notNames.has(word));
  return words.length > 0 ? words.join(" ").replace(/['’]s$/, "") : undefined;
}
