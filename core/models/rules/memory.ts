// Facts and notes out of sentences, questions about what is known, and the words that answer.
import { lastPerson } from "./people.ts";
import type { Reading, Scene } from "./scene.ts";
import { capitalise, tidy } from "./words.ts";

const asked =
  /^(?:please |can you |could you |also |and )*(?:remember|keep in mind|note|memori[sz]e|don'?t forget|bear in mind|save|store|fyi|for the record)(?:,|:)?(?: that| this)?[:,]?\s+(?!to\b)/i;
const notes =
  /^(?:please |can you |could you |also |and )*(?:(?:(?:take|make|add|write|create|save) (?:me )?(?:a |down a )?note|note|notes|memo|jot down|write down|note down|note to self)(?:\s+(?:that|to|of|about))?\s*[:,-]?\s+)/i;

export function readNote({ clause, words }: Scene): Reading | undefined {
  const order = notes.exec(clause);
  if (!order || /^note(?:s)?\s+(?:that )\b/i.test(clause)) return undefined;
  if (/\?\s*$/.test(clause)) return undefined;
  const text = capitalise(tidy(clause.slice(order[0].length)));
  if (text === "") return undefined;
  return { agent: "memory", intent: "note.add", calls: [{ name: "notes.add", input: { text, words } }], remarks: [] };
}

const stative =
  "is|are|was|were|isn't|aren't|has|have|hasn't|likes?|loves?|hates?|dislikes?|prefers?|lives?|works?|wants?|needs?|owns?|knows?|speaks?|eats?|drinks?|can't|cannot|can|doesn't|don't|does not|do not|never|always|owes?|moved|studies|studied|plays?|drives?|wears?|turned|got|became|married|allergic";

/** "Sara is vegetarian", "I am allergic to nuts", "my wifi password is …", or anything after "remember". */
export function readFact(scene: Scene): Reading | undefined {
  const { clause, before, words } = scene;
  const order = asked.exec(clause)?.[0] ?? "";
  const told = tidy(clause.slice(order.length));
  if (told === "" || /\?\s*$/.test(told)) return undefined;
  const fact = statementIn(told, before);
  if (fact) return { agent: "memory", intent: "fact.add", calls: [{ name: "memory.remember", input: { ...fact, words } }], remarks: [] };
  if (order === "" || /^(?:all|those|them|these|it|the \w+ (?:oldest|newest|first|latest))\b.{0,20}$/i.test(told)) return undefined;
  return { agent: "memory", intent: "note.add", calls: [{ name: "notes.add", input: { text: capitalise(told), words } }], remarks: [] };
}

function statementIn(told: string, before: string): { subject: string; statement: string } | undefined {
  const pronoun = /^(she|he|they|it|her|his|their)\b(['’]s|['’]re)?/i.exec(told);
  if (pronoun) {
    const person = lastPerson(before);
    if (!person) return undefined;
    const possessive = /^(?:her|his|their)$/i.test(pronoun[1] ?? "");
    const verb = pronoun[2] ? " is" : "";
    const rest = told.slice(pronoun[0].length);
    return {
      subject: person,
      statement: sentence(`${person}${possessive ? "'s" : verb}${/^they$/i.test(pronoun[1] ?? "") ? singular(rest) : rest}`),
    };
  }
  const own = /^(?:i|i['’]m|i['’]ve|my|we|our|mine)\b/i.test(told);
  const kin = /^(?:[Mm]y|[Oo]ur) (?:(?!is |are |was )[\p{Ll}'’-]+ ){1,4}(\p{Lu}[\p{L}'’-]+)\b/u.exec(told)?.[1];
  if (kin && own) return { subject: kin.replace(/['’]s$/, ""), statement: sentence(toSecondPerson(told)) };
  if (own) {
    const says = new RegExp(
      `^(?:i['’]m|i['’]ve|i|we|our|my .{1,60}?)\\s+(?:(?:really|also|just|still|usually|often|always|never) )?(?:${stative}|am|have|work|live|like|love|hate|prefer|need|want|own|know|speak|eat|drink|['’]m)\\b|^i['’]m\\s|^(?:my|our) .{1,60} (?:is|are|was)\\b`,
      "i",
    );
    if (!says.test(told) || /^i (?:paid|spent|bought|went|need to|want to|have to|have an? (?:meeting|appointment))\b/i.test(told))
      return undefined;
    return { subject: "me", statement: sentence(toSecondPerson(told)) };
  }
  const named = new RegExp(
    `^((?:the |an? |my )?\\p{Lu}[\\p{L}\\d'’.-]*(?:\\s+(?:of |de |van |von |the )?\\p{Lu}[\\p{L}\\d'’.-]*)*)(?:['’]s?\\s+[\\p{L}\\d' -]{2,40}?)?\\s+(?:(?:really|also|just|still|now|usually) )?(?:${stative})\\b`,
    "u",
  ).exec(told);
  const subject =
    named?.[1] ??
    new RegExp(
      `^((?:the |an? )?[\\p{L}\\d][\\p{L}\\d '’-]{0,40}?)\\s+(?:is|are|has|lives|works|likes|loves|hates|prefers|owes)\\b`,
      "iu",
    ).exec(told)?.[1];
  if (!subject || /^(?:there|this|that|it|what|who|where|when|how|lunch|dinner|meeting|today|tomorrow)\b/i.test(subject)) return undefined;
  const bare = subject.replace(/^(?:the|an?|my) /i, "").replace(/['’]s?(?:\s.*)?$/, "");
  return {
    subject: /^\p{Ll}/u.test(bare) && bare.split(" ").length === 1 ? capitalise(bare) : bare,
    statement: sentence(toSecondPerson(told)),
  };
}

/** "they like" said of one person: "likes". */
function singular(rest: string): string {
  return rest.replace(/^ (?:are|were|have|do|like|love|hate|prefer|live|work|eat|need|want)\b/, (verb) => {
    const irregular: Record<string, string> = { " are": " is", " were": " was", " have": " has", " do": " does" };
    return irregular[verb] ?? `${verb}s`;
  });
}

function toSecondPerson(text: string): string {
  const swaps: readonly (readonly [RegExp, string])[] = [
    [/\bI am\b|\bI['’]m\b/gi, "you are"],
    [/\bI was\b/gi, "you were"],
    [/\bI['’]ve\b/gi, "you have"],
    [/\bI\b/g, "you"],
    [/^i\b/g, "you"],
    [/\bmyself\b/gi, "yourself"],
    [/\bmy\b/gi, "your"],
    [/\bmine\b/gi, "yours"],
    [/\bme\b/gi, "you"],
  ];
  return swaps.reduce((result, [from, to]) => result.replace(from, to), text);
}

function sentence(text: string): string {
  const clean = capitalise(tidy(text).replace(/[.!]+$/, ""));
  return `${clean}.`;
}

/** Questions about what was told before. General ones are only answered by an item that holds all their words. */
export function readKnowledgeQuestion({ clause, before }: Scene): Reading | undefined {
  const about =
    /^(?:so |and |please )*(?:what|anything|everything|all)(?: else)? (?:do|did) (?:i|you|we) (?:know|remember|tell you|say|have)(?: about| of| on)?\s+(.+?)\??$/i.exec(
      clause,
    ) ??
    /^(?:what do you know|tell me(?: everything| what you know)?|what(?:'s| is) (?:there to )?know(?:n)?|do you (?:know|remember) (?:anything|something))(?: about| of| on)\s+(.+?)\??$/i.exec(
      clause,
    ) ??
    /^(?:what have i told you|what did i (?:tell you|say))(?: about| of)\s+(.+?)\??$/i.exec(clause) ??
    /^(?:recall|remind me (?:what i know )?about|who(?:'s| is) my)\s+(.+?)\??$/i.exec(clause);
  if (about?.[1]) {
    const topic = tidy(about[1].replaceAll(/[?]/g, ""));
    const subject = /^(?:me|myself)$/i.test(topic) ? "me" : /^(?:her|him|them|it)$/i.test(topic) ? lastPerson(before) : nameOnly(topic);
    return asks({ query: subject ?? topic, ...(subject ? { subject } : {}) }, `about ${subject === "me" ? "you" : (subject ?? topic)}`);
  }
  if (/^(?:what do (?:i|you) (?:know|remember)|what(?:'s| is) in your memory|what have i told you)\s*\??$/i.test(clause)) {
    return asks({ query: "you your", subject: "me" }, "about you");
  }
  const list = /^(?:show|list|find|search|what are)(?: me)?(?: all)? (?:my |the )?notes?(?: (?:about|on|with|for))?\s*(.*?)\??$/i.exec(
    clause,
  );
  if (list?.[1])
    return {
      ...asks({ query: tidy(list[1]) }, `about ${tidy(list[1])}`),
      calls: [{ name: "notes.search", input: { query: tidy(list[1]) } }],
    };
  const personal =
    /^(?:what(?:'s| is| are| was)|where(?:'s| is| are| do| did)|when(?:'s| is| did| was)|who(?:'s| is)|which|do|does|did|is|are|am|has|have|how old)\b.*\b(?:my|i|me)\b/i.test(
      clause,
    );
  const question = /^(?:who|what|where|when|which|does|is|are|did|has|whose|how old)\b/i.test(clause);
  if (!question || (!personal && !/\?\s*$/.test(clause) && !/^(?:who|whose|when|where|what|does)\b/i.test(clause))) return undefined;
  const words = contentWords(clause);
  if (words.length === 0 || words.length > 8) return undefined;
  return { ...asks({ query: words.join(" ") }, `about ${words.join(" ")}`), strict: true };
}

function asks(input: Record<string, string>, says: string): Reading {
  return { agent: "memory", intent: "memory.ask", calls: [{ name: "memory.recall", input }], remarks: [], says };
}

function nameOnly(topic: string): string | undefined {
  return /^(?:\p{Lu}[\p{L}'’-]*(?:\s+\p{Lu}[\p{L}'’-]*)*|\p{L}{2,20})$/u.test(topic) ? capitalise(topic.replace(/['’]s$/, "")) : undefined;
}

const empty = new Set(
  "who what where when which whose is are was were do does did has have had my i me you your the a an of to in on at for and or it its s how old last see saw name there any about with be been can could would should he she they his her their not this that please tell s again like likes love loves live lives".split(
    " ",
  ),
);

/** The words of a question that an answer must share. */
export function contentWords(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  const kept = words.filter((word) => !empty.has(word.toLowerCase()));
  const verbs = words.filter((word) => /^(?:likes?|loves?|lives?)$/i.test(word));
  return kept.length > 1 ? kept : [...kept, ...(kept.length > 0 ? verbs : [])];
}

interface Recalled {
  readonly text: string;
  readonly kind?: string;
  readonly date?: string;
}

export function tellRecalled(items: readonly Recalled[], reading: Reading, question: string): string | undefined {
  const wanted = reading.strict ? contentWords(question).map(stem) : [];
  const fitting = items.filter(({ text }) => wanted.every((word) => text.toLowerCase().includes(word)));
  if (fitting.length === 0) return reading.strict ? undefined : `I know nothing ${reading.says ?? "about that"} yet.`;
  const [only] = fitting;
  if (fitting.length === 1 && only) return dot(only.text);
  return `This is what I know ${reading.says ?? ""}:\n${fitting.map(({ text }) => `- ${dot(text)}`).join("\n")}`;
}

function stem(word: string): string {
  const lower = word.toLowerCase();
  return lower.length > 4 ? lower.replace(/(?:ing|ies|es|ed|s|y)$/, "") : lower;
}

function dot(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
