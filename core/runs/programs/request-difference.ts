// Why a program asked its model something else than was recorded: the first difference that says most.
import { canonicalJson } from "../../contract/canonical-json.ts";
import type { DivergenceCause } from "../../contract/replay.ts";

interface Difference {
  readonly cause: DivergenceCause;
  readonly says: string;
}

/** Undefined for what is no program's request. */
export function requestDifference(then: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>): Difference | undefined {
  if (!("body" in then) || !("body" in now)) return undefined;
  if (then["path"] !== now["path"]) {
    return { cause: "code", says: `It asks ${String(now["path"])}, where ${String(then["path"])} was recorded.` };
  }
  const [before, after] = [fields(then["body"]), fields(now["body"])];
  const differs = (field: string) => canonicalJson(before[field] ?? null) !== canonicalJson(after[field] ?? null);
  if (differs("model")) {
    return { cause: "model", says: `It asks the model ${short(after["model"])}, where ${short(before["model"])} was recorded.` };
  }
  if (differs("system") || differs("instructions")) return { cause: "prompt", says: "Its instructions have changed." };
  if (differs("tools")) return { cause: "code", says: "It has other tools." };
  for (const field of ["messages", "input"]) if (differs(field)) return inConversation(before[field], after[field]);
  const other = Object.keys({ ...before, ...after }).find(differs);
  return {
    cause: "code",
    says:
      other === undefined ? "The request has changed." : `${other} is ${short(after[other])}, where ${short(before[other])} was recorded.`,
  };
}

function inConversation(then: unknown, now: unknown): Difference {
  const [before, after] = [Array.isArray(then) ? then : [then], Array.isArray(now) ? now : [now]];
  const longest = Math.max(before.length, after.length);
  for (let at = 0; at < longest; at += 1) {
    if (canonicalJson(before[at] ?? null) === canonicalJson(after[at] ?? null)) continue;
    const { role, type } = fields(after[at] ?? before[at]);
    const words = `message ${at + 1} is ${short(after[at])}, where ${short(before[at])} was recorded.`;
    if (role === "tool" || type === "function_call_output" || holdsToolResult(after[at])) {
      return { cause: "tool result", says: `A tool of the program gave something else: ${words}` };
    }
    if (role === "assistant") return { cause: "memory", says: `The conversation before it is another: ${words}` };
    return { cause: "prompt", says: `Its prompt has changed: ${words}` };
  }
  return { cause: "code", says: "The request has changed." };
}

function holdsToolResult(message: unknown): boolean {
  const { content } = fields(message);
  return Array.isArray(content) && content.some((block) => fields(block)["type"] === "tool_result");
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function short(value: unknown): string {
  const text = canonicalJson(value ?? null);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
