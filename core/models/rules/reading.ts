// What a clause asks for: the agent, the intent, and the tool calls that would do it. Readers are asked in order and
// the first that understands the clause has it; what nobody understands needs a language model.
import type { Span } from "../../contract/plan.ts";
import { readExpense, readExpenseQuestion } from "./finance.ts";
import { readFiles } from "./files.ts";
import { readTalk } from "./generalist.ts";
import { splitClauses } from "./clauses.ts";
import { readFact, readKnowledgeQuestion, readNote } from "./memory.ts";
import { readAgendaQuestion, readDatedEvent, readEntry } from "./planner.ts";
import type { Person } from "./person.ts";
import { readReminder, readReminderQuestion } from "./reminders.ts";
import { unable, type Reading, type Scene } from "./scene.ts";
import { correctSlips } from "./words.ts";

export interface Part extends Span {
  readonly words: string;
  readonly reading: Reading;
}

const readers: readonly ((scene: Scene) => Reading | undefined)[] = [
  readTalk,
  readRefusal,
  readFiles,
  readReminderQuestion,
  readReminder,
  readExpenseQuestion,
  readAgendaQuestion,
  readNote,
  readKnowledgeQuestion,
  readExpense,
  readDatedEvent,
  readFact,
  readEntry,
];

/** The goal's clauses, each read; spans are offsets into `goal`. */
export function readGoal(goal: string, person: Person, chrono: Scene["chrono"]): Part[] {
  const corrected = correctSlips(goal.slice(0, 20_000));
  const clauses = joinAnaphora(splitClauses(corrected.text));
  let previousDay: string | undefined;
  return clauses.map(({ text, start, end }) => {
    const span = { start: corrected.origin(start), end: corrected.origin(end) };
    const words = goal.slice(span.start, span.end);
    const before = corrected.text.slice(0, start);
    const reading = readClause({ clause: text, goal: corrected.text, before, words, previousDay, person, chrono });
    if (reading.intent === "calendar.add") previousDay = String(reading.calls[0]?.input["date"]);
    return { ...span, words, reading };
  });
}

function readClause(scene: Scene): Reading {
  for (const read of readers) {
    const reading = read(scene);
    if (reading) return reading;
  }
  return unable();
}

/** "find the TODOs and remember the three oldest" is one thing to do: what is remembered is what is found. */
function joinAnaphora(clauses: ReturnType<typeof splitClauses>): ReturnType<typeof splitClauses> {
  const joined: ReturnType<typeof splitClauses> = [];
  for (const clause of clauses) {
    const last = joined.at(-1);
    const refersBack = /^(?:please )?(?:remember|keep|save|store|note(?: down)?|write down) (?:the |all |those|them|these|it\b)/i.test(
      clause.text,
    );
    const counted = /\b(?:oldest|newest|first|latest|all|them|those|these|results?|matches|ones?)\b/i.test(clause.text);
    if (last && refersBack && counted && /^(?:please )?(?:find|search|list|look for|grep)\b/i.test(last.text)) {
      joined[joined.length - 1] = { text: `${last.text} and ${clause.text}`, start: last.start, end: clause.end };
    } else {
      joined.push(clause);
    }
  }
  return joined;
}

/** What must not be taken for an order: refusals, conditions, and requests to write or to judge. */
function readRefusal({ clause }: Scene): Reading | undefined {
  if (/^(?:please )?(?:forget|delete|remove|erase|cancel|unschedule|undo)\b/i.test(clause)) {
    return { ...unable(), says: "I can keep and find things, but I can't take anything back from a sentence.", invalid: true };
  }
  if (/^(?:please )?(?:do not|don'?t|never)\b(?! forget)/i.test(clause)) return unable();
  if (/^(?:if|unless|when(?:ever)? (?:i|you|he|she|they|we)\b(?!.*\?$)|suppose|imagine|what if|in case)\b/i.test(clause)) return unable();
  if (
    /^(?:please |can you |could you |i want you to |help me )*(?:write|compose|draft|translate|explain|describe|rewrite|improve|fix|debug|refactor|generate|design|invent|recommend|suggest|compare|analy[sz]e|brainstorm|paraphrase|review|predict|plan|organi[sz]e|tell me (?:a|an|about)|teach|advise|argue|code|implement|create)\b(?! down\b)/i.test(
      clause,
    )
  ) {
    return /^create (?:an? )?(?:event|appointment|meeting|note|reminder)\b/i.test(clause) ? undefined : unable();
  }
  if (
    /^(?:should|would|could|why|how (?:do|does|can|to|come|would|should|is|are)|can you|could you|which is better|is it (?:good|ok|safe|better))\b/i.test(
      clause,
    )
  ) {
    return /^(?:can|could) you (?:remember|remind|find|list|show|read|summari[sz]e|add|book|schedule|put|note)\b/i.test(clause)
      ? undefined
      : unable();
  }
  return undefined;
}
