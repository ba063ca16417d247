// Checks a call's arguments against the server's own JSON Schema. Nothing of a schema is compiled or run: its patterns are
// left to the server, and zod's compiling is off.
import { z } from "zod";

/** The arguments pass as they were given, without defaults filled in; only a null in the place of one that may be left out,
 * and may not be null, is left out. A schema of a kind that can't be read here (such as one with conditions) leaves all but
 * "an object" to the server. */
export function argumentsOf(schema: Record<string, unknown>): z.ZodType {
  const inner = readSchema(schema);
  if (!inner) return z.record(z.string(), z.unknown());
  const { required = [] } = schema as { required?: readonly unknown[] };
  return z.record(z.string(), z.unknown()).transform((given, context) => {
    const wrong = faultsOf(inner, given);
    const nulls = wrong.filter(({ path: [name] }) => typeof name === "string" && given[name] === null && !required.includes(name));
    if (wrong.length === 0) return given;
    const kept = Object.fromEntries(Object.entries(given).filter(([name]) => !nulls.some(({ path }) => path[0] === name)));
    for (const { path, message } of nulls.length > 0 ? faultsOf(inner, kept) : wrong)
      context.addIssue({ code: "custom", path: [...path], message });
    return kept;
  });
}

function faultsOf(schema: z.ZodType, given: unknown) {
  const checked = schema.safeParse(given, { jitless: true });
  return checked.success ? [] : checked.error.issues;
}

function readSchema(schema: Record<string, unknown>): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(withoutPatterns(schema) as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return undefined;
  }
}

function withoutPatterns(schema: unknown, inProperties = false): unknown {
  if (Array.isArray(schema)) return schema.map((one) => withoutPatterns(one));
  if (typeof schema !== "object" || schema === null) return schema;
  const open = !inProperties && "patternProperties" in schema;
  const entries = Object.entries(schema).filter(
    ([key]) => inProperties || !(key === "pattern" || key === "patternProperties" || (open && key === "additionalProperties")),
  );
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      !inProperties && (key === "enum" || key === "const" || key === "default")
        ? value
        : withoutPatterns(value, !inProperties && (key === "properties" || key === "$defs" || key === "definitions")),
    ]),
  );
}
