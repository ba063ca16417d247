// The rules in force: what a person wrote for all workspaces, and what a workspace's own file adds. Read anew when a file
// changes; a file that can't be read makes everything ask that is not harmless.
import { hash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LineCounter, parseDocument, YAMLSeq } from "yaml";
import { canonicalJson } from "../contract/canonical-json.ts";
import { fail, failureOf } from "../contract/failure.ts";
import { PolicyRule, type Verdict } from "../contract/policy.ts";
import { conditionFault } from "./conditions.ts";
import { builtInPolicy, judge, type CallFacts, type RuleSet } from "./policy.ts";

export interface Policy {
  /** What the rules say of a call now. */
  judge(facts: CallFacts): Verdict;
  /** What they would say with other rules of the person's in place of theirs. */
  judgeWith(rules: readonly PolicyRule[], facts: CallFacts): Verdict;
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

/** What is built in, without anybody's file. */
export function builtInRules(): Pick<Policy, "judge" | "version"> {
  return { judge: (facts) => judge(facts), version: () => builtInPolicy };
}

const largestFile = 256 * 1024;
const most = 1000;

interface ReadFile {
  readonly stamp: string;
  readonly rules: readonly PolicyRule[];
  readonly fault: string | undefined;
  /** Equal for equal rules. */
  readonly print: string;
}

/** `file`: the person's own rules, for every workspace. A workspace has its own in `.botmojo/permissions.yaml`. */
export function openPolicy(options: { readonly file: string }): Policy {
  const { file } = options;
  const known = new Map<string, ReadFile>();

  const read = (path: string): ReadFile => {
    const stamp = stampOf(path);
    const before = known.get(path);
    if (before?.stamp === stamp) return before;
    const found = readRules(path);
    const now = { stamp, ...found, print: found.rules.length === 0 ? "" : hash("sha256", canonicalJson(found.rules)).slice(0, 8) };
    known.set(path, now);
    return now;
  };
  const sets = (workspace: string) => {
    const own = join(workspace, ".botmojo", "permissions.yaml");
    return [
      { layer: "user" as const, trusted: true, file, ...read(file) },
      { layer: "project" as const, trusted: false, file: own, ...read(own) },
    ];
  };
  const broken = (facts: CallFacts, fault: string): Verdict => {
    const strict = judge({ ...facts, leave: facts.leave === "free" ? "free" : "always" });
    if (strict.leave !== "ask") return strict;
    return { ...strict, rule: "permissions.unreadable", reason: `The permissions can't be read: ${fault}` };
  };
  const write = (change: (rules: YAMLSeq) => void) => {
    const { fault } = read(file);
    if (fault) throw fail("config.invalid", fault, "Mend that line first.");
    const document = parseDocument(existsSync(file) ? readFileSync(file, "utf8") : "");
    if (!(document.contents instanceof YAMLSeq)) document.contents = new YAMLSeq() as typeof document.contents;
    change(document.contents as unknown as YAMLSeq);
    const temporary = `${file}.new`;
    writeFileSync(temporary, document.toString(), { mode: 0o600 });
    renameSync(temporary, file);
    known.delete(file);
  };

  return {
    sets,
    judge(facts) {
      const inForce = sets(facts.workspace);
      const fault = inForce.find((set) => set.fault)?.fault;
      return fault === undefined ? judge(facts, inForce) : broken(facts, fault);
    },
    judgeWith: (rules, facts) =>
      judge(
        facts,
        sets(facts.workspace).map((set) => (set.layer === "user" ? { ...set, rules } : set)),
      ),
    version(workspace) {
      return [builtInPolicy, ...sets(workspace).flatMap(({ layer, print }) => (print === "" ? [] : [`${layer} ${print}`]))].join(", ");
    },
    add(rule) {
      if (read(file).rules.length >= most) throw fail("conflict", `There are ${most} rules already.`);
      write((rules) => {
        rules.add(rule);
      });
      return `user ${read(file).rules.length}`;
    },
    remove(number) {
      const rule = read(file).rules[number - 1];
      if (!rule) throw fail("not.found", `There is no rule ${number} in ${file}.`, "botmojo policy show lists them.");
      write((rules) => {
        rules.delete(number - 1);
      });
      return rule;
    },
  };
}

/** Changes whenever the file does. */
function stampOf(path: string): string {
  const info = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return info ? `${info.ino} ${info.size} ${info.mtimeNs}` : "";
}

function readRules(path: string): { rules: readonly PolicyRule[]; fault: string | undefined } {
  try {
    const info = lstatSync(path, { throwIfNoEntry: false });
    if (!info) return { rules: [], fault: undefined };
    if (!info.isFile()) throw fail("config.invalid", `${path} is not a plain file.`);
    if (info.size > largestFile) throw fail("config.invalid", `${path} is larger than ${largestFile / 1024} KiB.`);
    return { rules: parseRules(readFileSync(path, "utf8"), path), fault: undefined };
  } catch (error) {
    return { rules: [], fault: failureOf(error).message };
  }
}

/** @throws FailureError `config.invalid` with the line */
function parseRules(text: string, path: string): readonly PolicyRule[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: "core", lineCounter: lines });
  const at = (offset: number | undefined) => (offset === undefined ? path : `${path}, line ${lines.linePos(offset).line}`);
  const [error] = document.errors;
  if (error) throw fail("config.invalid", `${at(error.pos[0])}: ${error.message.split("\n", 1)[0]?.replace(/ at line.*$/, "")}`);
  const { contents } = document;
  if (contents === null) return [];
  if (!(contents instanceof YAMLSeq)) throw fail("config.invalid", `${path} is not a list of rules ("- decide: ask").`);
  if (contents.items.length > most) throw fail("config.invalid", `${path} has more than ${most} rules.`);
  return contents.items.map((item, index) => {
    const node = item as { range?: readonly number[] | null; toJS(doc: unknown, options: object): unknown };
    const place = `${at(node.range?.[0])}: rule ${index + 1}`;
    return readRule(
      plainValue(() => node.toJS(document, { maxAliasCount: 0 }), place),
      place,
    );
  });
}

function plainValue(read: () => unknown, place: string): unknown {
  try {
    return read();
  } catch {
    throw fail("config.invalid", `${place} uses anchors, which rules do not need.`);
  }
}

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
  return checked.data;
}
