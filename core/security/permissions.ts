// The rules in force: what a person wrote for all workspaces, and what a workspace's own file adds. Read anew when a file
// changes; a file that can't be read makes everything ask that is not harmless.
import { hash } from "node:crypto";
import { join } from "node:path";
import { openListFile, type ListFile, type ListKind } from "../config/list-file.ts";
import { canonicalJson } from "../contract/canonical-json.ts";
import { fail, failureOf } from "../contract/failure.ts";
import { PolicyRule, type Leave, type Verdict } from "../contract/policy.ts";
import { conditionFault } from "./conditions.ts";
import { hostPatternFault } from "./rule-match.ts";
import { builtInPolicy, judge, reachOf, type CallFacts, type RuleSet } from "./policy.ts";

/** A verdict, and the name of the rules that it was made by. */
export interface Judgement extends Verdict {
  readonly policy: string;
}

export interface Policy {
  /** What the rules say of a call now. */
  judge(facts: CallFacts): Judgement;
  /** What they say of a host that a call under way would reach; undefined when nothing. */
  reach(facts: CallFacts, host: string): Leave | undefined;
  /** What they would say with one more rule of the person's. */
  judgeWith(rule: PolicyRule, facts: CallFacts): Verdict;
  /** Names the rules in force in a workspace; another set of rules has another name. */
  version(workspace: string): string;
  /** The rule sets in force in a workspace, weakest voice first, each with its file and what is wrong with it. */
  sets(workspace: string): readonly (RuleSet & { readonly file: string; readonly fault: string | undefined })[];
  /** Appends a rule to the person's own file, keeping its comments. Returns its name.
   * @throws FailureError `config.invalid` when the file can't be read; it is as it was then */
  add(rule: PolicyRule): string;
  /** Takes the rule with this number (from 1) out of the person's file. @throws FailureError `not.found` */
  remove(number: number): PolicyRule;
}

/** What a call is judged by. */
export type CallPolicy = Pick<Policy, "judge" | "reach">;

/** What is built in, and a run's own rules, without anybody's file. */
export function builtInRules(): CallPolicy {
  return {
    judge: (facts) => ({ ...judge(facts, ofRun(facts)), policy: builtInPolicy }),
    reach: (facts, host) => reachOf(facts, host, ofRun(facts)),
  };
}

/** What a person said of the calls of one run alone; they said it here, so that it may allow. */
function ofRun({ rules = [] }: CallFacts): RuleSet[] {
  return rules.length === 0 ? [] : [{ layer: "run", rules, trusted: true }];
}

const most = 1000;

/** `file`: the person's own rules, for every workspace. A workspace has its own in `.botmojo/permissions.yaml`. */
export function openPolicy(options: { readonly file: string }): Policy {
  const { file } = options;
  const known = new Map<string, ListFile<PolicyRule>>();
  const prints = new WeakMap<readonly PolicyRule[], string>();

  const fileAt = (path: string): ListFile<PolicyRule> => {
    const before = known.get(path);
    if (before) return before;
    const opened = openListFile(path, rulesFile);
    known.set(path, opened);
    return opened;
  };
  const read = (path: string): { rules: readonly PolicyRule[]; fault: string | undefined } => {
    try {
      return { rules: fileAt(path).read(), fault: undefined };
    } catch (error) {
      return { rules: [], fault: failureOf(error).message };
    }
  };
  /** Equal for equal rules. */
  const printOf = (rules: readonly PolicyRule[]): string => {
    let print = prints.get(rules);
    if (print === undefined) prints.set(rules, (print = hash("sha256", canonicalJson(rules)).slice(0, 8)));
    return print;
  };
  const sets = (workspace: string) => {
    const own = join(workspace, ".botmojo", "permissions.yaml");
    return [
      { layer: "user" as const, trusted: true, file, ...read(file) },
      { layer: "project" as const, trusted: false, file: own, ...read(own) },
    ];
  };
  const nameOf = (inForce: readonly RuleSet[]): string => {
    const named = inForce.flatMap(({ layer, rules }) => (rules.length === 0 ? [] : [`${layer} ${printOf(rules)}`]));
    return [builtInPolicy, ...named].join(", ");
  };
  const broken = (facts: CallFacts, fault: string): Verdict => {
    const strict = judge({ ...facts, leave: facts.leave === "free" ? "free" : "always" });
    if (strict.leave !== "ask") return strict;
    return { ...strict, rule: "permissions.unreadable", reason: `The permissions can't be read: ${fault}` };
  };
  return {
    sets,
    judge(facts) {
      const files = sets(facts.workspace);
      const fault = files.find((set) => set.fault)?.fault;
      const inForce = [...files, ...ofRun(facts)];
      return { ...(fault === undefined ? judge(facts, inForce) : broken(facts, fault)), policy: nameOf(inForce) };
    },
    reach(facts, host) {
      const files = sets(facts.workspace);
      return files.some(({ fault }) => fault !== undefined) ? "deny" : reachOf(facts, host, [...files, ...ofRun(facts)]);
    },
    judgeWith: (rule, facts) =>
      judge(
        facts,
        sets(facts.workspace).map((set) => (set.layer === "user" ? { ...set, rules: [...set.rules, rule] } : set)),
      ),
    version: (workspace) => nameOf(sets(workspace)),
    add(rule) {
      const own = fileAt(file);
      if (own.read().length >= most) throw fail("conflict", `There are ${most} rules already.`);
      own.add(rule);
      return `user ${own.read().length}`;
    },
    remove(number) {
      const own = fileAt(file);
      const rule = own.read()[number - 1];
      if (!rule) throw fail("not.found", `There is no rule ${number} in ${file}.`, "botmojo policy show lists them.");
      own.removeAt(number - 1);
      return rule;
    },
  };
}

const rulesFile: ListKind<PolicyRule> = {
  noun: "rules",
  example: "- decide: ask",
  most,
  placeOf: (line, index) => `${line}: rule ${index + 1}`,
  readEntry: readRule,
};

/** @throws FailureError `config.invalid` that begins with `place` */
export function readRule(value: unknown, place: string): PolicyRule {
  const checked = PolicyRule.safeParse(value);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const what =
      issue?.code === "unrecognized_keys"
        ? `has no field "${issue.keys[0] ?? ""}"`
        : `"${issue?.path.join(".") ?? ""}" ${issue?.message ?? ""}`;
    throw fail("config.invalid", `${place} ${what}.`, "A rule has decide, and tool, agent, paths, hosts, command, if, tainted, because.");
  }
  const fault = checked.data.if === undefined ? undefined : conditionFault(checked.data.if);
  if (fault) throw fail("config.invalid", `${place}: ${fault}`);
  for (const host of [checked.data.hosts ?? []].flat()) {
    const says = hostPatternFault(host);
    if (says !== undefined) throw fail("config.invalid", `${place}: the host "${host}" ${says}, so the rule would never fit.`);
  }
  return checked.data;
}
