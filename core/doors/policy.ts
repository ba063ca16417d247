// What the policy handlers answer: the rules as they stand, and what would be said of a call.
import { fail } from "../contract/failure.ts";
import { nearest } from "../contract/faults.ts";
import type { RunId } from "../contract/ids.ts";
import { mostRunRules, type PolicyMatrix, type PolicyRule, type PolicySetView, type Verdict } from "../contract/policy.ts";
import { readFold } from "../runs/tables/lineage.ts";
import { readRule } from "../security/permissions.ts";
import { usualOf } from "../security/policy.ts";
import { callFacts, fit } from "../tools/call-facts.ts";
import type { Rooms } from "./rooms.ts";

export function showPolicy(
  rooms: Rooms,
  { workspace: asked, run }: { workspace?: string | undefined; run?: RunId | undefined },
): { version: string; sets: PolicySetView[] } {
  const { policy, person } = rooms;
  const workspace = asked ?? person().workspace;
  const sets = policy
    .sets(workspace)
    .map(({ layer, file, trusted, fault = null, rules }) => ({ layer, file, trusted, fault, rules: [...rules] }));
  if (run) sets.push({ layer: "run", file: run, trusted: true, fault: null, rules: [...rulesOf(rooms, run)] });
  return { version: policy.version(workspace), sets };
}

function rulesOf({ log }: Rooms, run: RunId): readonly PolicyRule[] {
  const { state } = readFold(log, run);
  if (!state) throw fail("not.found", `There is no run ${run}.`, "botmojo runs ls lists them.");
  return state.rules;
}

/** A rule that a person gives now: its names are of tools and agents that there are, unless it has a star in them.
 * @throws FailureError `config.invalid` or `input.invalid`, which begins with `place` */
export function readRuleOf({ tools, agents }: Rooms, value: unknown, place: string): PolicyRule {
  const rule = readRule(value, place);
  const check = (what: string, names: readonly string[], known: readonly string[]) => {
    const strange = names.find((name) => !name.includes("*") && !name.startsWith("mcp.") && !known.includes(name));
    if (strange === undefined) return;
    const near = nearest(strange, known);
    const meant = near === undefined ? "" : ` Did you mean ${near}?`;
    throw fail(
      "input.invalid",
      `${place}: there is no ${what} called ${strange}, so it would never fit.${meant}`,
      "A name with a * may stand for what is not there yet.",
    );
  };
  check("tool", [rule.tool ?? []].flat(), [...tools.keys()]);
  check("agent", [rule.agent ?? []].flat(), [...agents.keys(), planCaller.agent]);
  return rule;
}

/** To the person's own rules, or to one run's. Returns its name, such as `user 3`.
 * @throws FailureError `not.found`, or `conflict` for a run that has ended and where there are too many */
export async function addRule(rooms: Rooms, rule: PolicyRule, run?: RunId): Promise<string> {
  if (!run) return rooms.policy.add(rule);
  const rules = [...rulesOf(rooms, run), rule];
  if (rules.length > mostRunRules) throw fail("conflict", `${run} has ${mostRunRules} rules of its own already.`);
  await rooms.engine.setRules(run, rules);
  return `run ${rules.length}`;
}

/** The rule with this number, from 1. @throws FailureError `not.found`, or `conflict` for a run that has ended */
export async function removeRule(rooms: Rooms, number: number, run?: RunId): Promise<PolicyRule> {
  if (!run) return rooms.policy.remove(number);
  const rules = rulesOf(rooms, run);
  const rule = rules[number - 1];
  if (!rule) throw fail("not.found", `${run} has no rule ${number} of its own.`, `botmojo policy show --run ${run} lists them.`);
  await rooms.engine.setRules(run, rules.toSpliced(number - 1, 1));
  return rule;
}

/** Agents in the order in which they are listed, the plan's own steps last; tools by their names. */
export function policyMatrix({ agents, tools, policy, person }: Rooms, asked?: string): PolicyMatrix {
  const workspace = asked ?? person().workspace;
  const sets = policy.sets(workspace);
  // Until a file of rules can be read again, whatever is not harmless asks.
  const unreadable = sets.some(({ fault }) => fault !== undefined);
  const callers = [...[...agents.values()].map(({ name, tools: granted }) => ({ agent: name, granted })), planCaller];
  const rows = [...tools.values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, leave, writes, closed }) => {
      const about = { tool: name, leave: unreadable && leave !== "free" ? ("always" as const) : leave, writes, closed: closed?.() };
      const nothing = { workspace, input: {}, paths: [], hosts: [], command: undefined, taint: [] };
      return { tool: name, cells: callers.map((caller) => usualOf({ ...about, ...nothing, ...caller }, unreadable ? [] : sets)) };
    });
  return { agents: callers.map(({ agent }) => agent), rows };
}

const planCaller = { agent: "plan", granted: undefined };

/** @throws FailureError `not.found` for a tool or an agent that is not there, `input.invalid` for arguments that don't fit */
export function explainCall(
  { agents, tools, policy, person }: Rooms,
  call: { agent: string; tool: string; input: unknown; workspace?: string | undefined; tainted?: boolean | undefined },
): Verdict {
  const { agent, tool, input, workspace = person().workspace, tainted = false } = call;
  const who = agents.get(agent);
  if (!who && agent !== "plan") {
    throw fail("not.found", `There is no agent called ${agent}.`, "botmojo agents ls lists them; `plan` stands for a plan's own steps.");
  }
  const fitting = fit(tools, tool, input);
  if (!fitting.ok)
    throw fail(fitting.failure.code, fitting.failure.message, "botmojo tools ls lists them, tools show TOOL their arguments.");
  const taint = () => (tainted ? ["somewhere else"] : []);
  return policy.judge(callFacts(fitting, { agent, granted: who?.tools, workspace, taint }));
}
