// Breakpoints: where a run is to be held, read from a line such as `tool:calculator if input.expression == "1+1" #3`.
import { z } from "zod";
import { PausePoint } from "../contract/events.ts";
import { fail, failureOf } from "../contract/failure.ts";
import { conditionFault, conditionFaultsAmong, holds } from "../security/conditions.ts";

export interface Breakpoint {
  readonly text: string;
  readonly on: PausePoint["on"];
  /** The step's id or the tool's, agent's or model's name; any when empty. */
  readonly name: string;
  readonly condition: string | undefined;
  /** Holds from this hit on. */
  readonly hits: number;
  /** Gone after its first hit. */
  readonly once: boolean;
}

const On: z.ZodType<PausePoint["on"]> = PausePoint.shape.on;

/** What a condition is about. */
const names = ["input", "name", "step", "differs"];
const faultOf = conditionFaultsAmong(names);

/** @throws FailureError `input.invalid` that says what is wrong with the line */
export function readBreakpoint(text: string): Breakpoint {
  const breakpoint = keptBreakpoint(text);
  const fault = breakpoint.condition === undefined ? undefined : faultOf(breakpoint.condition);
  if (fault) throw fail("input.invalid", fault, `A breakpoint's condition is over ${names.join(", ")}.`);
  return breakpoint;
}

/** In a sentence; undefined when it can be set. */
export function breakpointMistake(text: string): string | undefined {
  try {
    readBreakpoint(text);
    return undefined;
  } catch (error) {
    return failureOf(error).message;
  }
}

/** One that a run has already, from before names in conditions were looked at perhaps. */
function keptBreakpoint(text: string): Breakpoint {
  const match = /^\s*(\w+)(?::(\S+))?(?:\s+if\s+(.+?))?(?:\s+#(\d+))?(\s+once)?\s*$/s.exec(text);
  const on = On.safeParse(match?.[1] === "handover" ? "agent" : match?.[1]);
  if (!match || !on.success) {
    throw fail(
      "input.invalid",
      `"${text}" is not a breakpoint.`,
      "Write step:ID, agent:NAME (or handover), model, tool:NAME, memory or budget; then perhaps: if CONDITION (over input, name, step, differs), #HITS, once.",
    );
  }
  const [, , name = "", condition, hits = "1", once] = match;
  const fault = condition === undefined ? undefined : conditionFault(condition);
  if (fault) throw fail("input.invalid", fault);
  return { text: text.trim(), on: on.data, name, condition, hits: Math.max(1, Number(hits)), once: once !== undefined };
}

/** A place that a run comes past; `differs`: in a replay, when what is asked is not what was recorded. */
export type Passing = PausePoint & { readonly differs?: boolean };

/** Which breakpoint is to hold the run here, and which ones count this place but hold only from a later one on. `passed`
 * has the places that each has counted so far. A condition that fails over these values does not hold. */
export function meetBreakpoints(
  breakpoints: readonly Breakpoint[],
  point: Passing,
  passed: Readonly<Record<string, readonly string[]>>,
): { hit: Breakpoint | undefined; counted: readonly Breakpoint[] } {
  const counted: Breakpoint[] = [];
  for (const breakpoint of breakpoints) {
    const { on, name, condition, text } = breakpoint;
    if (on !== point.on || (name !== "" && name !== point.name && name !== point.step)) continue;
    if (condition !== undefined && !holdsAt(condition, point)) continue;
    const before = (passed[text] ?? []).filter((place) => place !== placeOf(point)).length;
    if (before + 1 >= breakpoint.hits) return { hit: breakpoint, counted };
    counted.push(breakpoint);
  }
  return { hit: undefined, counted };
}

function holdsAt(condition: string, { input, name, step, differs = false }: Passing): boolean {
  try {
    return holds(condition, { input, name, step, differs });
  } catch {
    return false;
  }
}

/** `into` holds before the next thing of any kind, `over` before the next step of the plan. */
export type Stepping = "into" | "over";

export interface Hold {
  stepping: Stepping | undefined;
  breakpoints: readonly Breakpoint[];
  /** Where it was let go on; not held there again, also when the host was another then. */
  passed: string | undefined;
}

/** Names a point of a run. */
export function placeOf({ on, step, key = "" }: PausePoint): string {
  return `${on} ${step} ${key}`;
}

export function newHold(breakpoints: readonly string[]): Hold {
  return { passed: undefined, stepping: undefined, breakpoints: breakpoints.map(keptBreakpoint) };
}
