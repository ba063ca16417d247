// JSON as people write it: what fits on a line stands on one.

/** Indented by two; an object or list that fits in `columns` stays on its line. */
export function formatJson(value: unknown, columns: number, indent = 0): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const flat = flatJson(value);
  if (indent + flat.length <= columns) return flat;
  const pad = " ".repeat(indent + 2);
  const end = " ".repeat(indent);
  if (Array.isArray(value)) {
    const lines = value.map((entry: unknown) => `${pad}${formatJson(entry, columns, indent + 2)}`);
    return `[\n${lines.join(",\n")}\n${end}]`;
  }
  const lines = known(value).map(([name, entry]) => {
    const start = `${JSON.stringify(name)}: `;
    return `${pad}${start}${formatAfter(entry, columns, indent + 2, start.length)}`;
  });
  return `{\n${lines.join(",\n")}\n${end}}`;
}

function formatAfter(value: unknown, columns: number, indent: number, taken: number): string {
  const flat = flatJson(value);
  return indent + taken + flat.length <= columns ? flat : formatJson(value, Math.min(columns, indent + flat.length - 1), indent);
}

function flatJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[${value.map(flatJson).join(", ")}]`;
  const entries = known(value).map(([name, entry]) => `${JSON.stringify(name)}: ${flatJson(entry)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

const known = (value: object): [string, unknown][] => Object.entries(value).filter(([, entry]) => entry !== undefined);

export type TokenKind = "name" | "string" | "number" | "word" | "mark";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const pattern = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)/g;

/** The text cut where its colour changes; the pieces joined are the text. */
export function jsonTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) tokens.push({ kind: "mark", text: text.slice(at, match.index) });
    const [whole, quoted, colon, number] = match;
    const kind = quoted === undefined ? (number === undefined ? "word" : "number") : colon === undefined ? "string" : "name";
    tokens.push({ kind, text: quoted ?? whole });
    if (colon !== undefined) tokens.push({ kind: "mark", text: colon });
    at = match.index + whole.length;
  }
  if (at < text.length) tokens.push({ kind: "mark", text: text.slice(at) });
  return tokens;
}
