// Puts earlier steps' results where a step's input refers to them.
import { fail } from "../contract/failure.ts";
import { Reference } from "../contract/plan.ts";

/** @throws FailureError `input.invalid` when a reference leads nowhere */
export function resolveReferences(value: unknown, outputOf: (step: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => resolveReferences(entry, outputOf));
  if (typeof value !== "object" || value === null) return value;
  if ("$from" in value) {
    const reference = Reference.parse(value);
    return follow(outputOf(reference.$from), reference);
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolveReferences(entry, outputOf)]));
}

/** The steps that a step's input refers to. */
export function referredSteps(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referredSteps);
  if (typeof value !== "object" || value === null) return [];
  if ("$from" in value && typeof value.$from === "string") return [value.$from];
  return Object.values(value).flatMap(referredSteps);
}

function follow(value: unknown, { $from, path }: Reference): unknown {
  let found = value;
  for (const part of path.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const inside: object | undefined = typeof found === "object" && found !== null ? found : undefined;
    if (!inside || !Object.hasOwn(inside, key)) {
      throw fail("input.invalid", `The result of ${$from} has nothing at ${path}.`);
    }
    found = (inside as Record<string, unknown>)[key];
  }
  return found;
}
