// What tools may do: rules that a person writes, and the answer to one call.
import { z } from "zod";
import { RunId, Seq } from "./ids.ts";

/** `ask` makes a review item, and the run sleeps until a person decides. */
export const Leave = z.enum(["allow", "ask", "deny"]);
export type Leave = z.infer<typeof Leave>;

const name = z.string().min(1).max(200);
const pattern = z.string().min(1).max(1000);
const someOf = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1).max(100)]);

/** One rule. All that it names must fit; of a list, one entry is enough. Without any, it fits every call. */
export const PolicyRule = z.strictObject({
  decide: Leave,
  /** A tool's name; `*` stands for any letters, as in `files.*`. */
  tool: someOf(name).optional(),
  /** An agent's name, or `plan` for the steps of a plan itself. */
  agent: someOf(name).optional(),
  /** Every file that the call touches lies here, links resolved: `src/**` in the workspace, or an absolute path. `*` stays
   * inside one folder, `**` does not. */
  paths: someOf(pattern).optional(),
  /** Every host that the call reaches: `api.example.com`, `*.example.com` (not example.com itself), with a `:port` when it
   * is not the usual one. What a command of the shell or an open page may reach besides is judged by it too. */
  hosts: someOf(pattern).optional(),
  /** The words of a plain command: `npm test`, `git log **`. `*` stands for letters of one word, `**` for further words. A
   * command with pipes, quotes of quotes, or substitutions fits no rule that allows. */
  command: someOf(pattern).optional(),
  /** A condition (CEL) over `input`, `tool` and `agent`. One that fails fits where the rule denies or asks. */
  if: z.string().min(1).max(2000).optional(),
  /** An allowing rule holds also where the arguments may come from outside, such as from a page that was read. */
  tainted: z.boolean().optional(),
  because: z.string().max(500).optional(),
});
export type PolicyRule = z.infer<typeof PolicyRule>;

/** Whether a rule can only make less possible. */
export function tightens({ decide }: PolicyRule): boolean {
  return decide !== "allow";
}

export const mostRunRules = 100;

/** What a rule is about, in words: `tool shell; command npm test`. */
export function ruleWords({ decide: _, because: __, ...what }: PolicyRule): string {
  const words = Object.entries(what).map(([field, value]) => `${field} ${Array.isArray(value) ? value.join(", ") : String(value)}`);
  return words.join("; ") || "every call";
}

/** The rules of one run. */
export const RunRules = z.array(PolicyRule).max(mostRunRules);

export const PolicyLayer = z.enum(["built-in", "user", "project", "run"]);
export type PolicyLayer = z.infer<typeof PolicyLayer>;

/** What policy says of one call, and why. */
export const Verdict = z.object({
  leave: Leave,
  /** Which rule decided: `user 3` is the third of the user's file, `files.private` one that is built in. */
  rule: z.string(),
  reason: z.string(),
  /** Rules that fitted and lost, strictest first, and rules that were not obeyed, each with the reason. */
  also: z.array(z.string()).readonly(),
});
export type Verdict = z.infer<typeof Verdict>;

/** Rules in one place, as a person is shown them. */
export const PolicySetView = z.object({
  layer: PolicyLayer,
  file: z.string(),
  /** Whether they may allow; others only tighten. */
  trusted: z.boolean(),
  /** Why the file can't be read; its rules are none then, and everything asks that is not harmless. */
  fault: z.string().nullable(),
  rules: z.array(PolicyRule),
});
export type PolicySetView = z.infer<typeof PolicySetView>;

/** What a rule would have done to calls that were made or denied before. */
export const PolicyTrial = z.object({
  calls: z.int(),
  allow: z.int(),
  ask: z.int(),
  deny: z.int(),
  /** Calls that it would have treated otherwise than the rules of now, newest first, and how many there are in all. */
  changed: z.array(
    z.object({
      run: RunId,
      seq: Seq,
      tool: z.string(),
      agent: z.string(),
      input: z.unknown(),
      now: Leave,
      tried: Verdict,
    }),
  ),
  changes: z.int(),
});
export type PolicyTrial = z.infer<typeof PolicyTrial>;

export function trialWords({ calls, allow, ask, deny, changes }: PolicyTrial): string {
  if (calls === 0) return "There are no past calls to try it against.";
  return `Of the last ${calls} calls it would have allowed ${allow}, asked ${ask}, denied ${deny}; ${changes} would change.`;
}

/** What is said of an agent's calls of a tool while nothing is known of their arguments. */
export const PolicyCell = z.object({
  /** `plan` stands for the steps of a plan itself. */
  agent: z.string(),
  /** Whether the agent was given the tool; `plan` has them all. */
  given: z.boolean(),
  usual: Verdict.pick({ leave: true, rule: true, reason: true }),
  /** The same once the arguments may come from outside. */
  tainted: Leave,
  /** Rules for this agent and tool that look at arguments, and so may say otherwise. */
  narrower: z.array(z.object({ rule: z.string(), decide: Leave })).readonly(),
});
export type PolicyCell = z.infer<typeof PolicyCell>;

/** A row for each tool, in it a cell for each agent, in the same order. */
export const PolicyMatrix = z.object({
  agents: z.array(z.string()),
  rows: z.array(z.object({ tool: z.string(), cells: z.array(PolicyCell) })),
});
export type PolicyMatrix = z.infer<typeof PolicyMatrix>;
