// What the policy handlers answer: the rules as they stand, and what would be said of a call.
import { fail } from "../contract/failure.ts";
import type { PolicySetView, Verdict } from "../contract/policy.ts";
import { callFacts, fit } from "../tools/call-facts.ts";
import type { Rooms } from "./rooms.ts";

export function showPolicy({ policy, person }: Rooms, asked?: string): { version: string; sets: PolicySetView[] } {
  const workspace = asked ?? person().workspace;
  const sets = policy
    .sets(workspace)
    .map(({ layer, file, trusted, fault = null, rules }) => ({ layer, file, trusted, fault, rules: [...rules] }));
  return { version: policy.version(workspace), sets };
}

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
