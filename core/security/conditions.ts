// Conditions in CEL: no loops of their own, no globals, always an end. Numbers mix freely, as they do in JSON.
import { Environment } from "@marcbachmann/cel-js";
import { fail } from "../contract/failure.ts";

const limits = { maxAstNodes: 2000, maxDepth: 100, maxListElements: 1000, maxMapEntries: 1000, maxCallArguments: 32 };
const environment = new Environment({ unlistedVariablesAreDyn: true, limits });
const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
};
for (const [sign, work] of Object.entries(arithmetic)) {
  environment.registerOperator(`double ${sign} int`, (a: number, b: bigint) => work(a, Number(b)));
  environment.registerOperator(`int ${sign} double`, (a: bigint, b: number) => work(Number(a), b));
}

const compiled = new Map<string, (values: Record<string, unknown>) => unknown>();

function compile(condition: string): (values: Record<string, unknown>) => unknown {
  const known = compiled.get(condition);
  if (known) return known;
  const endless = endlessPart(condition);
  if (endless) throw fail("input.invalid", `The condition ${quoted(condition)} ${endless}`);
  try {
    const made = environment.parse(condition);
    if (compiled.size > 1000) compiled.clear();
    compiled.set(condition, made);
    return made;
  } catch (error) {
    throw fail("input.invalid", `The condition ${quoted(condition)} can't be read: ${firstLine(error)}`);
  }
}

/** What of it could take for ever over some values: a regular expression, or a loop inside a loop. */
function endlessPart(condition: string): string | undefined {
  const code = condition.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  if (/\bmatches\b/.test(code)) return "uses matches; contains, startsWith and endsWith always end.";
  let depth = 0;
  const loops: number[] = [];
  for (const [token] of code.matchAll(/\b(?:all|exists|exists_one|existsOne|map|filter|transformList|transformMap)\s*\(|[()]/g)) {
    if (token === ")") {
      depth -= 1;
      if (loops.at(-1) === depth) loops.pop();
      continue;
    }
    if (token !== "(") loops.push(depth);
    if (loops.length > 1) return "has a loop inside a loop, which could take for ever.";
    depth += 1;
  }
  return undefined;
}

/** Why a condition can't be read; undefined when it can. */
export function conditionFault(condition: string): string | undefined {
  try {
    compile(condition);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The same of conditions that stand where only these names are known: also why one can't hold there. The names are looked
 * at once, when the first is asked about. */
export function conditionFaultsAmong(names: Iterable<string>): (condition: string) => string | undefined {
  let strict: Environment | undefined;
  return (condition) => {
    const unread = conditionFault(condition);
    if (unread !== undefined) return unread;
    strict ??= environmentOf(names);
    const { error, type } = strict.check(condition);
    const unknown = /Unknown variable: (\S+)/.exec(firstLine(error))?.[1];
    if (unknown) return `The condition ${quoted(condition)} names ${unknown}, which there is not.`;
    // What it gives is known only now and then; other faults show over the values.
    if (type === undefined || type === "bool" || type === "dyn") return undefined;
    return `The condition ${quoted(condition)} gives ${type}, not true or false.`;
  };
}

function environmentOf(names: Iterable<string>): Environment {
  const strict = new Environment({ unlistedVariablesAreDyn: false, limits });
  for (const name of new Set(names)) if (/^[A-Za-z_]\w*$/.test(name)) strict.registerVariable(name, "dyn");
  return strict;
}

/** @throws FailureError `input.invalid` when it can't be read, fails over these values, or gives no yes or no */
export function holds(condition: string, values: Readonly<Record<string, unknown>>): boolean {
  const work = compile(condition);
  let result: unknown;
  try {
    result = work({ ...values });
  } catch (error) {
    throw fail("input.invalid", `The condition ${quoted(condition)} fails: ${firstLine(error)}`);
  }
  if (typeof result === "boolean") return result;
  throw fail("input.invalid", `The condition ${quoted(condition)} gives ${String(result)}, not true or false.`);
}

function quoted(condition: string): string {
  return `"${condition.length > 80 ? `${condition.slice(0, 79)}…` : condition}"`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
