// From a reading and what its calls brought to the words for the person.
import type { Failure } from "../../contract/failure.ts";
import type { ModelRequest, Turn } from "../model.ts";
import { tellExpense, tellExpenses } from "./finance.ts";
import { tellFile, tellListing, tellMatches, tellSummary } from "./files.ts";
import { tellRecalled } from "./memory.ts";
import type { Person } from "./person.ts";
import { tellAgenda, tellEntry } from "./planner.ts";
import { tellReminder, tellReminders } from "./reminders.ts";
import type { Reading } from "./scene.ts";
import { tidy } from "./words.ts";

export type Reply = { readonly text: string } | { readonly failure: Failure };

type Output<Tell extends (output: never, ...rest: never[]) => unknown> = Parameters<Tell>[0];

/** What to say once every call has come back. */
export function replyTo(reading: Reading, turns: readonly Turn[], words: string, person: Person): Reply {
  const calls = turns.flatMap((turn) => turn.calls);
  const failed = calls.flatMap(({ outcome }) => (outcome.ok ? [] : [outcome.failure]));
  const done = calls.flatMap(({ name, input, outcome }) => (outcome.ok ? [{ name, input, output: outcome.output as never }] : []));
  const [first] = done;
  if (!first) return { failure: failed[0] ?? needsModel(words) };
  const told = tell(reading, done, first, words, person);
  if (told === undefined) return { failure: needsModel(words) };
  const troubles = [...new Set(failed.map(({ message }) => message))].map((message) => `Not done: ${message}`);
  return { text: [told, ...reading.remarks, ...troubles].join(" ") };
}

function tell(
  reading: Reading,
  done: readonly { name: string; input: unknown; output: never }[],
  first: { input: unknown; output: never },
  words: string,
  person: Person,
): string | undefined {
  const input = first.input as Readonly<Record<string, unknown>>;
  switch (reading.intent) {
    case "calendar.add":
      return done.map(({ output }) => tellEntry(output)).join(" ");
    case "calendar.ask":
      return tellAgenda((first.output as { entries: Output<typeof tellAgenda> }).entries, reading.says ?? "");
    case "reminder.add":
      return done.map(({ output }) => tellReminder(output)).join(" ");
    case "reminder.ask":
      return tellReminders((first.output as { reminders: Output<typeof tellReminders> }).reminders);
    case "expense.add":
      return done.map(({ output }) => tellExpense(output, person)).join(" ");
    case "expense.ask":
      return tellExpenses(first.output, { says: reading.says ?? "so far", ...input }, person);
    case "fact.add":
      return done.map(({ output }) => `I will remember: ${(output as { statement: string }).statement}`).join(" ");
    case "note.add":
      return done.map(({ output }) => `Noted: ${(output as { text: string }).text}.`).join(" ");
    case "memory.ask": {
      const { items, notes } = first.output as { items?: { text: string }[]; notes?: { text: string }[] };
      return tellRecalled(items ?? notes ?? [], reading, words);
    }
    case "files.list":
      return tellListing(first.output);
    case "files.read":
      return tellFile(first.output);
    case "files.summarise":
      return tellSummary(first.output);
    case "files.search":
      return tellMatches(first.output, input, done.filter(({ name }) => name === "notes.add").length);
    case "arithmetic":
      return `${tidy(String(input["expression"]))} = ${String((first.output as { value: number }).value)}`;
    case "talk":
    case "unable":
      return undefined;
  }
}

/** One answer out of what the parts gave: what was done, then what was not, and why. */
export function composeAnswer({ brief }: ModelRequest): Reply {
  const done = brief.results.flatMap(({ outcome }) => (outcome.ok ? [textOf(outcome.output)] : []));
  const failed = brief.results.flatMap(({ part, outcome }) => (outcome.ok ? [] : [{ part, failure: outcome.failure }]));
  if (done.length === 0) return { failure: failed[0]?.failure ?? needsModel(brief.goal) };
  const missing = failed.map(({ part, failure }) =>
    failure.code === "model.needed" ? failure.message : `Not done, “${short(part)}”: ${failure.message}`,
  );
  return { text: [...done, ...missing].join("\n") };
}

export function needsModel(words: string): Failure {
  return {
    code: "model.needed",
    message: `I can't do that without a language model: “${short(words)}”.`,
    remedy: "Connect one: botmojo models find lists those within reach, botmojo models use MODEL takes one.",
  };
}

function textOf(output: unknown): string {
  return typeof output === "object" && output !== null && "text" in output ? String(output.text) : JSON.stringify(output);
}

function short(words: string): string {
  const text = tidy(words);
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
