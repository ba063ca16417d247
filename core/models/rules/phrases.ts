// Phrases that several readers use.
import { spellDay } from "./person.ts";
import { unable, type Reading } from "./scene.ts";
import { tidy } from "./words.ts";

export function impossible(day: string): Reading {
  return { ...unable(), says: `There is no ${tidy(day)} in any calendar.`, invalid: true };
}

export function stretch(from: string, to: string, words: string): string {
  if (from === to) return `on ${spellDay(from)}`;
  return `${words ? `${words}, ` : ""}${spellDay(from)} to ${spellDay(to)}`;
}
