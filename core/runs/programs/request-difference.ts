// Why a program asked its model something else than was recorded: the first difference that says most.
import { canonicalJson, shortJson } from "../../contract/canonical-json.ts";
import type { DivergenceCause } from "../../contract/replay.ts";
import { object } from "../../models/wire/fields.ts";

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
  const [before, after] = [object(then["body"]), object(now["body"])];
  const differs = (field: string) => canonicalJson(before[field] ?? null) !== canonicalJson(after[field] ?? null);
  if (differs("model")) {
    return { cause: "model", says: `It asks the model ${shortJson(after["model"])}, where ${shortJson(before["model"])} was recorded.` };
  }
  if (differs("system") || differs("instructions")) return { cause: "prompt", says: "Its instructions have changed." };
  if (differs("tools")) return { cause: "code", says: "It has other tools." };
  for (const field of ["messages", "input"]) if (differs(field)) return inConversation(before[field], after[field]);
  const other = Object.keys({ ...before, ...after }).find(differs);
  return {
    cause: "code",
    says:
      other === undefined
        ? "The request has changed."
        : `${other} is ${shortJson(after[other])}, where ${shortJson(before[other])} was recorded.`,
  };
}

function inConversation(then: unknown, now: unknown): Difference {
  const [before, after] = [Array.isArray(then) ? then : [then], Array.isArray(now) ? now : [now]];
  const longest = Math.max(before.length, after.length);
  for (let at = 0; at < longest; at += 1) {
    if (canonicalJson(before[at] ?? null) === canonicalJson(after[at] ?? null)) continue;
    const { role, type } = object(after[at] ?? before[at]);
    const words = `message ${at + 1} is ${shortJson(after[at])}, where ${shortJson(before[at])} was recorded.`;
    if (role === "tool" || type === "function_call_output" || holdsToolResult(after[at])) {
      return { cause: "tool result", says: `A tool of the program gave something else: ${words}` };
    }
    if (role === "assistant") return { cause: "memory", says: `The conversation before it is another: ${words}` };
    return { cause: "prompt", says: `Its prompt has changed: ${words}` };
  }
  return { cause: "code", says: "The request has changed." };
}

function holdsToolResult(message: unknown): boolean {
  const { content } = object(message);
  return Array.isArray(content) && content.some((block) => object(block)["type"] === "tool_result");
}
