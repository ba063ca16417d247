// JSON as a person is still typing it.

export type ReadJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly says: string };

/** The value of the text, or what keeps it from being JSON, in a sentence. */
export function readJson(text: string): ReadJson {
  if (text.trim() === "") return { ok: false, says: "There is nothing here yet; write a value as JSON." };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error);
    const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(says) ?? [];
    const what = says.replace(/ (?:in JSON )?at position.*$/s, "").replace(/, "?.*" is not valid JSON$/s, "");
    return { ok: false, says: `This is not JSON yet: ${what}${line ? `, line ${line}, column ${column}` : ""}.` };
  }
}

export function writeJson(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "null";
}

/** Whether two values are the same JSON, in whatever order their keys stand. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [mine, theirs] = [a, b].map((value) => Object.entries(value).filter(([, entry]) => entry !== undefined));
  if (mine?.length !== theirs?.length) return false;
  const others = new Map(theirs);
  return mine?.every(([key, value]) => others.has(key) && sameJson(value, others.get(key))) ?? false;
}
