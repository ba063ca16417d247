// Values that a person gives on the command line: JSON, and results of steps to go on with.
import { fail, failureOf } from "../../contract/failure.ts";
import { StepId } from "../../contract/ids.ts";

export function readJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail("input.invalid", `${what} is not JSON: ${failureOf(error).message}`, "Texts need their quotes: '\"like this\"'.");
  }
}

/** `s1=5`, `s1.output.value=5`, `steps.s1.output=…` or the same as a pointer, `/s1/output/value=5`; a step inside a body
 * by its whole id, `each/3/sum.output=5`. */
export function readEdit(text: string, outputOf: (step: string) => unknown): { step: StepId; output: unknown } {
  const cut = text.indexOf("=");
  if (cut < 1) throw fail("input.invalid", `"${text}" is not PATH=JSON.`, "Such as s1.output=5.");
  const path = text.slice(0, cut);
  const value = readJson(`The value of ${path}`, text.slice(cut + 1));
  const parts = (path.startsWith("/") ? path.slice(1).split("/") : path.split(".")).filter(
    (part, index) => !(index === 0 && part === "steps"),
  );
  // In a pointer the id of a step inside a body looks like a way into a result; the longest id that there is counts.
  const lengths = path.startsWith("/") ? parts.map((_, index) => parts.length - index) : [1];
  const length = lengths.find((count) => outputOf(parts.slice(0, count).join("/")) !== undefined) ?? 1;
  const name = parts.slice(0, length).join("/");
  const rest = parts.slice(length);
  const step = StepId.safeParse(name);
  if (!step.success) throw fail("input.invalid", `"${name}" is no step's id.`);
  const inside = rest[0] === "output" ? rest.slice(1) : rest;
  return { step: step.data, output: withValue(outputOf(name), inside, value, path) };
}

function withValue(whole: unknown, path: readonly string[], value: unknown, named: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (key === "__proto__") throw fail("input.invalid", `${named} names __proto__, which nothing can be called.`);
  if (Array.isArray(whole) && /^\d+$/.test(key)) return whole.with(Number(key), withValue(whole[Number(key)], rest, value, named));
  if (typeof whole !== "object" || whole === null) throw fail("input.invalid", `The recorded result has nothing at ${named}.`);
  return { ...whole, [key]: withValue((whole as Record<string, unknown>)[key], rest, value, named) };
}
