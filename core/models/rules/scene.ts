// What a reader of a clause sees, and what it can make of it.
import type { Person } from "./person.ts";

export type Intent =
  | "calendar.add"
  | "calendar.ask"
  | "reminder.add"
  | "reminder.ask"
  | "expense.add"
  | "expense.ask"
  | "fact.add"
  | "note.add"
  | "memory.ask"
  | "files.list"
  | "files.read"
  | "files.search"
  | "files.summarise"
  | "arithmetic"
  | "talk"
  | "unable";

export type AgentName = "planner" | "reminders" | "finance" | "memory" | "files" | "generalist";

export interface PlannedCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Reading {
  readonly agent: AgentName;
  readonly intent: Intent;
  readonly calls: readonly PlannedCall[];
  /** What was assumed, to be said with the answer. */
  readonly remarks: readonly string[];
  /** For `talk`: the words themselves. For `unable`: why. For questions: how the stretch of time was said. */
  readonly says?: string;
  /** For `unable`: the sentence was understood but can't be right. */
  readonly invalid?: boolean;
  /** For `memory.ask`: a general question, which only an item that holds all its words answers. */
  readonly strict?: boolean;
  /** For `files.search`: what is to be done with the matches. */
  readonly keep?: boolean;
}

/** What a reader sees: the clause with its slips put right, the whole sentence around it, and who asks. */
export interface Scene {
  readonly clause: string;
  readonly goal: string;
  /** The sentence before this clause. */
  readonly before: string;
  /** The clause's own words as typed, for provenance. */
  readonly words: string;
  /** The day of the calendar entry before it in the same sentence. */
  readonly previousDay: string | undefined;
  readonly person: Person;
  readonly chrono: typeof import("chrono-node/en");
}

export function unable(): Reading {
  return { agent: "generalist", intent: "unable", calls: [], remarks: [] };
}
