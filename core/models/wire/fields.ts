// Reading JSON of which nothing is certain.
import type { Json, WireCall } from "./wire.ts";

export function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}

export function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** Arguments as they are written: JSON as a rule. */
export function argumentsOf(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export function argumentText(input: unknown): string {
  return typeof input === "string" ? input : JSON.stringify(input ?? {});
}

/** The words of a message: a text, or the texts of its parts. */
export function wordsOf(content: unknown): unknown {
  if (!Array.isArray(content)) return content ?? null;
  const texts = list(content).flatMap((part) => (typeof part["text"] === "string" ? [part["text"]] : []));
  return texts.length === content.length ? texts.join("\n") : content;
}

/** Calls that come in pieces, by the place they have in the answer. */
export class CallPieces {
  readonly #pieces = new Map<number, { id: string; name: string; text: string }>();

  get begun(): boolean {
    return this.#pieces.size > 0;
  }

  add(place: number, { id = "", name = "", text = "" }: { id?: string; name?: string; text?: string }): void {
    const known = this.#pieces.get(place) ?? { id: "", name: "", text: "" };
    this.#pieces.set(place, { id: known.id || id, name: known.name || name, text: known.text + text });
  }

  calls(): WireCall[] {
    return [...this.#pieces].map(([place, { id, name, text }]) => ({ id: id || `call_${place}`, name, input: argumentsOf(text) }));
  }
}
