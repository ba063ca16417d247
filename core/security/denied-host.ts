// Hosts that a person's rules keep everything from, also a program that is only followed.
import { judge, type RuleSet } from "./policy.ts";

/** Why a program may not reach a host: the first rule that names it and denies a page of it to anybody, or to the agent
 * `program`. A rule that names no host is about tools, and a program has its own.
 * @param host as a URL has it, with its port where that is not the usual one */
export function denialOfHost(host: string, sets: readonly RuleSet[], workspace: string): string | undefined {
  const facts = { agent: "program", granted: undefined, tool: "http.fetch", leave: "always" as const, writes: true, input: {}, paths: [] };
  for (const set of sets) {
    for (const [index, rule] of set.rules.entries()) {
      if (rule.decide !== "deny" || rule.hosts === undefined) continue;
      const alone = [{ ...set, rules: [rule] }];
      const { leave } = judge({ ...facts, hosts: [host], command: undefined, taint: [], workspace }, alone);
      if (leave === "deny") return rule.because ?? `The rule ${set.layer} ${index + 1} denies ${host}.`;
    }
  }
  return undefined;
}
