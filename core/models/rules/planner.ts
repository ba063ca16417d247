// Calendar: entries out of sentences, questions about what is on, and the words that answer.
import { readWhen } from "./dates.ts";
import { readMoney } from "./money.ts";
import { lastPerson, peopleIn } from "./people.ts";
import { readPeriod } from "./periods.ts";
import { addDays, spellDay, today } from "./person.ts";
import { impossible, stretch } from "./phrases.ts";
import { unable, type Reading, type Scene } from "./scene.ts";
import { blank, capitalise, tidy } from "./words.ts";

const events =
  /\b(?:lunch|dinner|breakfast|brunch|coffee|drinks|tea|meeting|appointment|dentist|doctor|vet|call|party|haircut|interview|stand-?up|flight|train|gym|yoga|class|lesson|concert|cinema|movie|wedding|conference|workshop|check-?up|visit|birthday|deadline|exam|rehearsal|game|match|trip|checkup|reminder|event|sync|retro|demo)\b/i;
const orders =
  /^(?:please |can you |could you |i (?:want|need|have|'ve got) to |i'd like to |also |and )*(?:remind me (?:to |about |of |that )?|(?:add|put|create|make|set up|schedule|book|plan|arrange|enter)(?: an?| the| my)?(?: (?:event|entry|appointment for|reminder(?: to| for)?|calendar entry(?: for)?)(?:[:]| to| for)?)? ?|don'?t forget (?:to )?|(?:i|we)(?:'ve| have)(?: got)? (?:an? )?|(?:i'm|i am|we're|we are) (?:having|meeting|seeing|going to) |there(?:'s| is) (?:an? )?|remember to )/i;

export function readEntry(scene: Scene): Reading | undefined {
  const { clause, person, chrono, words } = scene;
  if (/\?\s*$/.test(clause) || /^(?:what|who|how|why|which|where)\b/i.test(clause)) return undefined;
  const text = readMoney(clause, person).reduce((rest, { start, end }) => blank(rest, start, end), clause);
  const when = readWhen(chrono, text, person, "ahead");
  const order = orders.exec(when.rest.trimStart())?.[0] ?? "";
  const todo =
    /^(?:pay|buy|send|submit|e-?mail|renew|return|finish|clean|water|bring|order|check|collect|hand in|prepare|deliver|wash|ring|text|take|get)\b/i.test(
      text,
    );
  const wanted = order !== "" || todo || events.test(text) || when.time !== undefined;
  if (!wanted) return undefined;
  if (when.impossible) return impossible(when.impossible);
  const told = /^(?:please )?remind me|^(?:don'?t forget|remember) to/i.test(clause);
  if (when.day === undefined) {
    if (told)
      return {
        agent: "memory",
        intent: "note.add",
        calls: [note(clause, words)],
        remarks: ["There is no date in it, so it is kept as a note."],
      };
    if (!events.test(text) || order === "") return undefined;
    return { ...unable(), agent: "planner", says: `When is it? There is no date in “${tidy(words)}”.`, invalid: true };
  }
  const follows = when.dayAssumed && scene.previousDay !== undefined;
  const day = follows ? scene.previousDay : when.day;
  if (/^(?:i|we|he|she|they) (?:went|had|did|saw|met|was|were)\b/i.test(clause)) return undefined;

  const spoken = when.rest.trimStart().replace(orders, (all) => " ".repeat(all.length));
  const { place, rest } = placeIn(spoken);
  const title = titleOf(withName(rest, scene.before), order);
  if (title === "") return undefined;
  const people = peopleIn(title);
  const input = {
    title,
    date: day,
    ...(when.time ? { time: when.time } : {}),
    ...(when.endTime ? { endTime: when.endTime } : {}),
    ...(place ? { place } : {}),
    people,
    words,
  };
  return {
    agent: "planner",
    intent: "calendar.add",
    calls: [{ name: "calendar.add", input }],
    remarks: [...(follows ? [] : when.remarks), ...repeats(clause)],
  };
}

function repeats(clause: string): string[] {
  return /\b(?:every|each|daily|weekly|monthly|yearly)\b/i.test(clause) ? ["Only the first time is kept: entries do not repeat."] : [];
}

/** "The meeting with Peter is on Thursday at 3" states an appointment, not a fact about a meeting. */
export function readDatedEvent(told: Scene): Reading | undefined {
  const scene = { ...told, clause: told.clause.replace(/^(?:please )?remember(?: that)? (?!to\b)/i, "") };
  if (/^(?:i|we)(?:'ve|'m|'re| have| am| are)\b/i.test(scene.clause)) {
    if (!events.test(scene.clause) && !/\b(?:meeting|seeing)\b/i.test(scene.clause)) return undefined;
    const own = readEntry(scene);
    return own?.intent === "calendar.add" ? own : undefined;
  }
  const subject = /^(?:(?:the|my|our|a) )?([^,]{1,60}?) (?:is|starts|begins|will be|takes place)\b/i.exec(scene.clause)?.[1];
  if (!subject || !events.test(subject) || /birthday/i.test(subject)) return undefined;
  const reading = readEntry(scene);
  return reading?.intent === "calendar.add" ? reading : undefined;
}

const asksAgenda =
  /^(?:so |and |please )*(?:what(?: (?:appointments|meetings|events|plans|entries))?(?:'s| is| do (?:i|we) have| are there| have i got| am i doing| are my)(?: (?:on|planned|scheduled|happening|up|coming up|there|in my (?:calendar|agenda|diary)|on my (?:calendar|agenda|schedule)|plans))?\b|(?:do|have) (?:i|we) (?:have|got)\b|am i (?:free|busy|available)\b|(?:is|are) there (?:any|some|a)(?:thing|\b)|any(?:thing)? (?:on|planned|scheduled|meetings|appointments|plans)\b|(?:show|list|tell)(?: me)? (?:my |the )?(?:calendar|agenda|schedule|appointments|meetings|events|plans)|my (?:calendar|agenda|schedule|day|week)\b|when(?:'s| (?:is|are|do i|am i|was))\b|what time (?:is|are|do i)\b|which (?:meetings|appointments|events)\b)/i;

export function readAgendaQuestion({ clause, person, chrono }: Scene): Reading | undefined {
  if (!asksAgenda.test(clause)) return undefined;
  const period = readPeriod(chrono, clause, person, "ahead");
  const about =
    /\b(?:calendar|agenda|schedule|diary|appointments?|meetings?|plans?|planned|events?|busy|free|available|doing|coming up|on)\b/i.test(
      clause,
    );
  const when = /^(?:when(?:'s| (?:is|are|do i|am i))|what time)\b/i.test(clause);
  if (!period && !(when || (about && /^(?:show|list|tell|my|any|what are my|do i have any|am i|which)\b/i.test(clause)))) return undefined;
  if (
    period &&
    !about &&
    !when &&
    !/^(?:what(?: (?:appointments|meetings|events|plans|entries))?(?:'s| is| do (?:i|we) have| are there| am i doing| have i got)|do i have|have i got|is there any|are there any|any)/i.test(
      clause,
    )
  )
    return undefined;
  const query = topicOf(clause, period?.words ?? "");
  if (query !== "" && /^what(?:'s| is)\b/i.test(clause) && !events.test(query) && !about) return undefined;
  if (!period && when && !events.test(clause) && !/\bwith\b/i.test(clause)) return undefined;
  const from = period?.from ?? today(person);
  const to = period?.to ?? addDays(today(person), 730);
  const says = period ? stretch(from, to, period.words) : "from today on";
  return {
    agent: "planner",
    intent: "calendar.ask",
    calls: [{ name: "calendar.list", input: { from, to, ...(query ? { query } : {}) } }],
    remarks: [],
    says,
  };
}

interface Entry {
  readonly title: string;
  readonly date: string;
  readonly time?: string;
  readonly endTime?: string;
  readonly place?: string;
}

export function tellEntry(entry: Entry): string {
  return `In your calendar: ${entryWords(entry)}.`;
}

export function tellAgenda(entries: readonly Entry[], says: string): string {
  if (entries.length === 0) return `Nothing is in your calendar ${says}.`;
  const [only] = entries;
  if (entries.length === 1 && only) return `${capitalise(says)}: ${entryWords(only)}.`;
  return `${capitalise(says)}, ${entries.length} entries:\n${entries.map((entry) => `- ${entryWords(entry)}`).join("\n")}`;
}

function entryWords({ title, date, time, endTime, place }: Entry): string {
  const clock = time ? ` at ${time}${endTime ? `–${endTime}` : ""}` : "";
  return `${title}, ${spellDay(date)}${clock}${place ? `, at ${place}` : ""}`;
}

function note(clause: string, words: string) {
  const text = tidy(clause.replace(/^(?:please )?(?:remind me (?:to |about |of )?|don'?t forget (?:to )?|remember to )/i, ""));
  return { name: "notes.add", input: { text: capitalise(text), words } };
}

const notPlaces = /^(?:home time|once|least|last|first|the (?:moment|same time|end|start|beginning)|\d)/i;

/** "at Chipotle", "in Room 5", "@ the office": the last such phrase that is no time. */
function placeIn(text: string): { place: string | undefined; rest: string } {
  const phrase =
    /(?:\s|^)(?:at|in|@)\s+((?:the |my )?[\p{L}\d][^,;.]*?)(?=\s{2,}|\s+(?:with|for|about|to|on|from|and|at|in)\s|\s*[,;.]|\s*$)/giu;
  const found = [...text.matchAll(phrase)].filter(([, name = ""]) => !notPlaces.test(name.trim())).at(-1);
  if (!found?.[1]) return { place: undefined, rest: text };
  return { place: tidy(found[1]), rest: blank(text, found.index, found.index + found[0].length) };
}

/** "dinner with her" after Sara was named: "dinner with Sara". */
function withName(text: string, before: string): string {
  return text.replace(/\b(with|call|meet|see|visit|ring) (?:her|him|them)\b/i, (all, verb: string) => {
    const person = lastPerson(before);
    return person ? `${verb} ${person}` : all;
  });
}

export function titleOf(rest: string, order: string): string {
  let title = tidy(rest.replaceAll(/\s*[:;]\s*(?=,)/g, ""))
    .replace(/^(?:to |that |about |an? |the |my |for |of )+/i, "")
    .replace(/\b(?:on|at|in|by|from|for|to|@|until|this|next|and)\s*$/i, "")
    .replace(/\b(?:to|in|on) my (?:calendar|agenda|diary|schedule)\b/i, "");
  title = tidy(title.replace(/\s(?:on|at|by|from|in)\s*(?=$|,)/gi, " "));
  if (/^(?:is|are|was)\b/i.test(title)) title = tidy(title.replace(/^(?:is|are|was)\b/i, ""));
  title = tidy(title.replace(/\s+(?:is|are|starts|begins)\s*$/i, ""));
  if (/meeting|seeing/i.test(order) && !/\b(?:set up|book|schedule|add|create)\b/i.test(order)) title = tidy(`Meeting with ${title}`);
  return capitalise(title.replace(/^with /i, "Meeting with "));
}

/** The words a question is about, without the asking and the time. */
function topicOf(clause: string, period: string): string {
  const bare = clause
    .replace(period, " ")
    .replace(
      /\b(?:today|tonight|tomorrow|yesterday|this|next|last|week(?:end)?|month|year|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december|morning|afternoon|evening|\d+(?:st|nd|rd|th)?)\b/gi,
      " ",
    )
    .replace(
      /\b(?:what|what's|we|our|when|which|is|are|was|do|does|i|have|got|on|in|at|my|the|an?|any|anything|something|there|planned|scheduled|plans?|calendar|agenda|schedule|diary|am|free|busy|available|doing|happening|up|coming|show|list|tell|me|for|of|and|time|appointments?|meetings?|events?|with|so|please|the|day|after|next|s)\b/gi,
      " ",
    );
  return tidy(bare.replaceAll(/[?'’]/g, " "));
}
