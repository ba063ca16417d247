// What is wrong with a value from outside, in one sentence with its place: `steps[3].onEror is not a field of a tool
// step; did you mean onError?`
import { z } from "zod";

/** An object that takes these fields and no other. `noun` names it in a refusal: `tool step`. */
export function closed<const Shape extends z.core.$ZodShape>(noun: string, shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  const error = (issue: z.core.$ZodRawIssue): string | undefined =>
    issue.code === "unrecognized_keys" ? notAField(noun, String((issue["keys"] as readonly string[])[0]), known) : undefined;
  return z.strictObject(shape, { error });
}

function notAField(noun: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const says = near === undefined ? `there are ${known.join(", ")}` : `did you mean ${near}?`;
  return `is not a field of ${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}; ${says}`;
}

interface Fault {
  /** `steps[3].onEror`; empty for the whole. */
  readonly place: string;
  /** What is to be said of that place, without its full stop. */
  readonly reason: string;
}

type Issue = z.core.$ZodIssue;

/** What a schema found of `value`, a sentence each: first the fields that there are not, since a slip in a name also
 * leaves the one that was meant missing. `whole` stands where a fault has no place of its own. */
export function faultSentences(issues: readonly Issue[], value: unknown, whole: string): string[] {
  const found = issues.map(innermost);
  const strange = found.filter(({ code }) => code === "unrecognized_keys");
  return [...strange, ...found.filter((issue) => !strange.includes(issue))].map((issue) => {
    const { place, reason } = faultOf(issue, value);
    return ended(`${place || whole} ${reason}`);
  });
}

/** The first of them. */
export function faultSentence(issues: readonly Issue[], value: unknown, whole: string): string {
  return faultSentences(issues, value, whole)[0] ?? `${whole} has another shape.`;
}

function ended(words: string): string {
  return words.endsWith("?") ? words : `${words}.`;
}

function faultOf(issue: Issue, value: unknown): Fault {
  const found = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
  if (issue.code === "unrecognized_keys") {
    const place = placeOf([...issue.path, ...issue.keys.slice(0, 1)]);
    return { place, reason: issue.message.startsWith("Unrecognized") ? "is not a field here" : issue.message };
  }
  return { place: placeOf(issue.path), reason: reasonOf(issue, found) };
}

function reasonOf(issue: Issue, found: unknown): string {
  // A schema's own words are better than any made of its parts.
  if (!/^(Invalid|Too|Unrecognized)/.test(issue.message)) return `is not right: ${issue.message}`;
  const options = optionsOf(issue);
  if (found === undefined) return options.length > 1 ? `is missing; it must be one of ${options.join(", ")}` : "is missing";
  switch (issue.code) {
    case "invalid_type":
      return `is ${shown(found)}; it must be ${kindNames[issue.expected] ?? issue.expected}`;
    case "invalid_value":
    case "invalid_union":
      return options.length === 0 ? `is ${shown(found)}, which does not fit` : `is ${shown(found)}; it must be ${oneOf(options)}`;
    case "too_small":
      if (issue.origin === "array" || issue.origin === "string")
        return issue.minimum === 1 ? "is empty" : `is shorter than ${issue.minimum}`;
      return `is ${shown(found)}; it must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big": {
      const unit = issue.origin === "array" ? "entries" : issue.origin === "string" ? "characters" : undefined;
      const most = issue.maximum.toLocaleString("en");
      return unit ? `is longer than ${most} ${unit}` : `is ${shown(found)}; ${most} is the limit`;
    }
    default:
      return `is ${shown(found)}, which does not fit: ${issue.message}`;
  }
}

const kindNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function optionsOf(issue: Issue): readonly string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  return "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function oneOf(options: readonly string[]): string {
  return options.length === 1 ? String(options[0]) : `one of ${options.join(", ")}`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Of the ways in which a choice between shapes failed, the one that came furthest: a field inside, not another kind. */
function innermost(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const tried = issue.errors.flatMap((way) => {
    const first = way.find(({ code }) => code === "unrecognized_keys") ?? way[0];
    return first && (first.path.length > 0 || first.code === "unrecognized_keys") ? [first] : [];
  });
  const [best] = tried;
  return best ? innermost({ ...best, path: [...issue.path, ...best.path] }) : issue;
}

function placeOf(path: readonly PropertyKey[]): string {
  const named = (key: PropertyKey) => {
    const name = String(key);
    return name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
  };
  return path.reduce<string>(
    (place, key) => (typeof key === "number" ? `${place}[${key}]` : `${place}${place === "" ? "" : "."}${named(key)}`),
    "",
  );
}

const longestName = 64;

/** A name that is a slip or two away. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > longestName) return undefined;
  const far = known.map((other) => ({ other, slips: slipsBetween(name.toLowerCase(), other.toLowerCase()) }));
  const [best] = far.toSorted((a, b) => a.slips - b.slips);
  return best && best.slips <= Math.max(1, Math.min(3, Math.floor(best.other.length / 3))) ? best.other : undefined;
}

/** Letters to change, add, leave out or swap with the next one. */
function slipsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + same, swapped));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
