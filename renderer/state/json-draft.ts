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
