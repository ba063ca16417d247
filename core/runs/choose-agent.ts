// Who does a step, decided when it is ready.
import type { Agent } from "../agents/agent.ts";
import { fail } from "../contract/failure.ts";
import type { AgentStep } from "../contract/plan.ts";
import { stateOf, stepOf } from "./active-run.ts";
import { agentOfTry } from "./record/replay.ts";
import { recordOf } from "./tables/agent-record.ts";
import type { World } from "./scope.ts";

/** Whoever began it before a restart; else whoever has the capability and is least busy now; among those, whoever was oftenest right so far. */
export function chooseAgent({ deps, run }: World, step: AgentStep, id: string): { agent: Agent; why: string } {
  const begun = stepOf(run, id);
  const tries = (begun?.retries ?? 0) + 1;
  const named = step.agent ?? (begun && agentOfTry(begun, tries)) ?? run.replay?.agent(id, tries);
  if (named !== undefined) {
    const agent = deps.agents.get(named);
    if (!agent) throw fail("not.found", `There is no agent called ${named}.`);
    return { agent, why: step.agent === undefined ? "It was chosen then." : "The plan names it." };
  }
  const able = [...deps.agents.values()].filter(({ capabilities }) => capabilities.includes(step.capability ?? ""));
  const { steps } = stateOf(run);
  const scored = able
    .map((agent) => {
      const load = steps.filter((known) => known.agent === agent.name && known.status === "running").length;
      const record = recordOf(deps.log.reader, agent.name);
      // One success and one failure more than there were, so that a newcomer stands between a good and a bad record.
      return { agent, load, record, right: (record.completed + 1) / (record.completed + record.failed + 2) };
    })
    .toSorted((a, b) => a.load - b.load || b.right - a.right);
  const best = scored[0];
  if (!best) throw fail("not.found", `No agent has the capability ${step.capability ?? ""}.`);
  const { completed, failed } = best.record;
  const why = `Of ${scored.length} with ${step.capability ?? ""}: ${best.load} running now, ${completed} done and ${failed} failed so far.`;
  return { agent: best.agent, why };
}
