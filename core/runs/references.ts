// Puts earlier steps' results where a step's input refers to them.
import { fail } from "../contract/failure.ts";
import { faultSentence } from "../contract/faults.ts";
import { Reference } from "../contract/plan.ts";

/** As they stand in older logs too, where what a reference does not know was passed over. */
const StoredReference = Reference.strip();

/** @throws FailureError `input.invalid` when a reference leads nowhere and has no default */
export function resolveReferences(value: unknown, outputOf: (step: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => resolveReferences(entry, outputOf));
  if (typeof value !== "object" || value === null) return value;
  if ("$from" in value) {
    const reference = StoredReference.parse(value);
    return follow(outputOf(reference.$from), reference);
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolveReferences(entry, outputOf)]));
}

/** The references in a step's input. */
export function referencesIn(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== "object" || value === null) return [];
  if ("$from" in value) {
    const read = StoredReference.safeParse(value);
    return read.success ? [read.data] : [];
  }
  return Object.values(value).flatMap(referencesIn);
}

/** What is wrong with the references in a step's input, a sentence each, with its place in the step. */
export function referenceFaults(value: unknown, place: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((entry, index) => referenceFaults(entry, `${place}[${index}]`));
  if (!("$from" in value)) return Object.entries(value).flatMap(([key, entry]) => referenceFaults(entry, `${place}.${key}`));
  const read = Reference.safeParse(value);
  if (read.success) return [];
  const said = faultSentence(read.error.issues, value, "");
  return [`${place}${said.startsWith(" ") ? "" : "."}${said}`];
}

function follow(value: unknown, reference: Reference): unknown {
  const { $from, path } = reference;
  let found = value;
  if (found === undefined && "default" in reference) return reference.default;
  for (const part of path.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const inside: object | undefined = typeof found === "object" && found !== null ? found : undefined;
    if (!inside || !Object.hasOwn(inside, key)) {
      if ("default" in reference) return reference.default;
      throw fail("input.invalid", `The result of ${$from} has nothing at ${path}.`);
    }
    found = (inside as Record<string, unknown>)[key];
  }
  return found;
}
