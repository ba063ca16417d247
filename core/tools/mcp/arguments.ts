// Checks a call's arguments against the server's own JSON Schema. Nothing of a schema is compiled or run: its patterns are
// left to the server, and zod's compiling is off.
import { z } from "zod";

/** The arguments pass as they were given, without defaults filled in. A schema of a kind that can't be read here (such as
 * one with conditions) leaves all but "an object" to the server. */
export function argumentsOf(schema: Record<string, unknown>): z.ZodType {
  const inner = readSchema(schema);
  return z.record(z.string(), z.unknown()).superRefine((given, context) => {
    const checked = inner?.safeParse(given, { jitless: true });
    if (!checked || checked.success) return;
    for (const { path, message } of checked.error.issues) context.addIssue({ code: "custom", path, message });
  });
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
