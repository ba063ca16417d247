// May this agent make this call? A pure question with a reasoned answer; nothing acts without it.
import { holds } from "./conditions.ts";
import type { Leave, PolicyCell, PolicyLayer, PolicyRule, Verdict } from "../contract/policy.ts";
import { isObeyed, isPrivate } from "./guarded-names.ts";
import {
  commandWords,
  hostFits,
  listFits,
  pathFits,
  pathParts,
  readPathPattern,
  wildcardFits,
  type CommandWords,
  type PathPattern,
} from "./rule-match.ts";

/** When a tool asks where no rule says anything: never; when its arguments may come from outside; always. */
export type ToolLeave = "free" | "tainted" | "always";

export interface CallFacts {
  readonly agent: string;
  /** The tools that this agent was given; undefined for a step of the plan itself. */
  readonly granted: readonly string[] | undefined;
  readonly tool: string;
  /** Why the tool can't be called as of now. */
  readonly closed?: string | undefined;
  readonly leave: ToolLeave;
  /** It changes what it touches. */
  readonly writes: boolean;
  readonly input: unknown;
  /** Files and folders the call would touch, links resolved. */
  readonly paths: readonly { readonly asked: string; readonly path: string; readonly inside: boolean }[];
  /** Hosts that it would reach, as a URL has them. */
  readonly hosts: readonly string[];
  /** The shell's line that it would run. */
  readonly command: string | undefined;
  /** Where its arguments may come from, other than from the person. */
  readonly taint: readonly string[];
  readonly workspace: string;
  /** What a person said of the calls of this run alone. */
  readonly rules?: readonly PolicyRule[] | undefined;
}

/** Rules in one place, in their order. */
export interface RuleSet {
  readonly layer: PolicyLayer;
  readonly rules: readonly PolicyRule[];
  /** Only these may allow; what anybody could have put into a folder can only tighten. */
  readonly trusted: boolean;
}

/** Names what is built in; a decision in the log says by which policy it was made. */
export const builtInPolicy = "built-in 2";

interface Fitting {
  readonly name: string;
  readonly rule: PolicyRule;
}

/** What is built in denies first and can't be lifted. Then, whatever the file, a rule that denies goes before one that
 * asks, and that before one that allows. Where no rule fits, the tool's own default holds. */
export function judge(facts: CallFacts, sets: readonly RuleSet[] = []): Verdict {
  const call = partsOf(facts);
  const fitting: Fitting[] = [];
  const also: string[] = [];
  for (const { layer, rules, trusted } of sets) {
    for (const [index, rule] of rules.entries()) {
      if (!fits(rule, call)) continue;
      const name = nameOf(layer, index);
      if (rule.decide === "allow" && !trusted) also.push(`${name} would allow it, but a folder's own file can only tighten.`);
      else fitting.push({ name, rule });
    }
  }
  const guard = guardOf(facts, fitting);
  if (guard) return { leave: "deny", ...guard, also };
  const [first, ...rest] = (["deny", "ask", "allow"] as const).flatMap((leave) => fitting.filter(({ rule }) => rule.decide === leave));
  also.push(...rest.map(({ name, rule }) => `${name} would ${rule.decide} it.`));
  const found = first ? { leave: first.rule.decide, rule: first.name, reason: reasonOf(first) } : defaultOf(facts);
  if (found.leave !== "allow" || facts.taint.length === 0 || facts.leave === "free" || first?.rule.tainted) return { ...found, also };
  const reason = `What it is to do may come from ${listOf(facts.taint)}, not from you.`;
  return { leave: "ask", rule: "taint", reason, also: [`${found.rule} would allow it otherwise.`, ...also] };
}

/** What is said of an agent's calls of a tool before anything is known of their arguments. `facts` has none. */
export function usualOf(facts: CallFacts, sets: readonly RuleSet[]): PolicyCell {
  const plainly = sets.map((set) => ({ ...set, rules: set.rules.map((rule) => (looksAtArguments(rule) ? fitsNothing : rule)) }));
  const { leave, rule, reason } = judge(facts, plainly);
  const narrower = sets.flatMap(({ layer, rules, trusted }) =>
    rules.flatMap((one, index) =>
      looksAtArguments(one) && fitsCaller(one, facts) && (trusted || one.decide !== "allow")
        ? [{ rule: nameOf(layer, index), decide: one.decide }]
        : [],
    ),
  );
  return {
    agent: facts.agent,
    given: facts.granted?.includes(facts.tool) ?? true,
    usual: { leave, rule, reason },
    tainted: judge({ ...facts, taint: ["somewhere else"] }, plainly).leave,
    narrower,
  };
}

const fitsNothing: PolicyRule = { decide: "ask", tool: [] };

function looksAtArguments(rule: PolicyRule): boolean {
  return rule.paths !== undefined || rule.hosts !== undefined || rule.command !== undefined || rule.if !== undefined;
}

/** `user 3`: the third rule of the person's own file. */
const nameOf = (layer: PolicyLayer, index: number) => `${layer} ${index + 1}`;

/** What the rules say of `host`, which a call under way would reach besides what it was judged by; undefined when they say
 * nothing. A rule that lets the call itself through says nothing of hosts unless it names them. */
export function reachOf(facts: CallFacts, host: string, sets: readonly RuleSet[]): Leave | undefined {
  const reaching = partsOf({ ...facts, hosts: [host] });
  const said = sets.flatMap(({ rules, trusted }) =>
    rules.filter((rule) => (rule.decide !== "allow" || (trusted && rule.hosts !== undefined)) && fits(rule, reaching)),
  );
  return (["deny", "ask", "allow"] as const).find((leave) =>
    said.some(({ decide, hosts }) => decide === leave && (leave !== "ask" || hosts !== undefined)),
  );
}

function guardOf(facts: CallFacts, fitting: readonly Fitting[]): { rule: string; reason: string } | undefined {
  const { agent, granted, tool, closed, paths, workspace, writes } = facts;
  if (granted && !granted.includes(tool)) return { rule: "agents.tools", reason: `The agent ${agent} was not given the tool ${tool}.` };
  if (closed !== undefined) return { rule: "tools.closed", reason: closed };
  const outside = paths.find(({ inside }) => !inside);
  const isLet = fitting.some(({ rule }) => rule.decide === "allow" && rule.paths !== undefined);
  if (outside && !isLet) return { rule: "files.workspace", reason: `${outside.asked} lies outside the workspace ${workspace}.` };
  const hidden = paths.find(({ path }) => isPrivate(path));
  if (hidden) return { rule: "files.private", reason: `${hidden.asked} usually holds keys or passwords.` };
  const guarded = writes ? paths.find(({ path }) => isObeyed(path)) : undefined;
  if (guarded) {
    return { rule: "files.guarded", reason: `${guarded.asked} is run or obeyed by other programs, so no tool writes it.` };
  }
  return undefined;
}

function defaultOf({ leave, tool }: CallFacts): { leave: Leave; rule: string; reason: string } {
  if (leave === "always") return { leave: "ask", rule: "builtin.ask", reason: `No rule lets ${tool} do this without asking.` };
  const reason = leave === "free" ? "A built-in tool that only looks, or keeps what you asked it to." : "It can be undone.";
  return { leave: "allow", rule: "builtin.allow", reason };
}

function reasonOf({ name, rule: { because, decide } }: Fitting): string {
  return because ?? `The rule ${name} says ${decide}.`;
}

function listOf(sources: readonly string[]): string {
  const some = sources.slice(0, 3).join(", ");
  return sources.length > 3 ? `${some} and ${sources.length - 3} more` : some;
}

const many = <T>(given: T | readonly T[] | undefined): readonly T[] | undefined =>
  given === undefined ? undefined : Array.isArray(given) ? (given as readonly T[]) : [given as T];

/** A call with what rules are held against taken apart once. */
interface CallParts {
  readonly facts: CallFacts;
  readonly command: CommandWords | undefined;
  readonly paths: readonly (readonly string[])[];
  readonly workspace: readonly string[];
}

function partsOf(facts: CallFacts): CallParts {
  return {
    facts,
    command: facts.command === undefined ? undefined : commandWords(facts.command),
    paths: facts.paths.map(({ path }) => pathParts(path)),
    workspace: pathParts(facts.workspace),
  };
}

/** Taken apart once, for as long as the rule is there. */
const patternsRead = new WeakMap<PolicyRule, RulePatterns>();

interface RulePatterns {
  readonly paths: readonly PathPattern[] | undefined;
  readonly commands: readonly (readonly string[])[] | undefined;
}

function patternsOf(rule: PolicyRule): RulePatterns {
  let read = patternsRead.get(rule);
  if (!read) {
    const commands = many(rule.command)?.map((pattern) => pattern.split(/\s+/).filter((word) => word !== ""));
    patternsRead.set(rule, (read = { paths: many(rule.paths)?.map(readPathPattern), commands }));
  }
  return read;
}

/** A rule that allows must fit all that the call touches; one that asks or denies, any of it. */
function fits(rule: PolicyRule, { facts, command, paths, workspace }: CallParts): boolean {
  const { hosts } = facts;
  const patterns = patternsOf(rule);
  const allows = rule.decide === "allow";
  const each = <T, P>(things: readonly T[], wanted: readonly P[] | undefined, fit: (pattern: P, thing: T) => boolean) => {
    if (wanted === undefined) return true;
    if (things.length === 0) return false;
    const one = (thing: T) => wanted.some((pattern) => fit(pattern, thing));
    return allows ? things.every(one) : things.some(one);
  };
  return (
    fitsCaller(rule, facts) &&
    each(paths, patterns.paths, (pattern, path) => pathFits(pattern, path, workspace)) &&
    each(hosts, many(rule.hosts), hostFits) &&
    commandFits(patterns.commands, command, allows) &&
    conditionFits(rule, facts)
  );
}

function fitsCaller(rule: PolicyRule, { tool, agent }: Pick<CallFacts, "tool" | "agent">): boolean {
  const one = (patterns: readonly string[] | undefined, name: string) => patterns?.some((pattern) => wildcardFits(pattern, name)) ?? true;
  return one(many(rule.tool), tool) && one(many(rule.agent), agent);
}

function commandFits(wanted: readonly (readonly string[])[] | undefined, command: CommandWords | undefined, allows: boolean): boolean {
  if (wanted === undefined) return true;
  if (!command) return false;
  const { plain, parts } = command;
  if (allows) return plain !== undefined && wanted.some((words) => listFits(words, plain));
  // Whatever stands before it, such as sudo or env, it may be what runs in the end.
  return parts.some((part) => part.some((_, from) => wanted.some((words) => listFits(words, part.slice(from)))));
}

function conditionFits(rule: PolicyRule, { input, tool, agent }: CallFacts): boolean {
  if (rule.if === undefined) return true;
  try {
    return holds(rule.if, { input, tool, agent });
  } catch {
    return rule.decide !== "allow";
  }
}
