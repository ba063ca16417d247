// An agent as data: who it is, what it is told, which tools it has.
import type { AgentCard } from "../contract/views.ts";

export interface Agent {
  readonly name: string;
  readonly description: string;
  readonly instructions: string;
  readonly tools: readonly string[];
  /** What it can take on when a plan asks for a capability rather than a name. */
  readonly capabilities: readonly string[];
  /** Present when its answer must be JSON of this schema. */
  readonly outputSchema?: Readonly<Record<string, unknown>>;
}

export function agentCard(agent: Agent): AgentCard {
  return { name: agent.name, description: agent.description, tools: [...agent.tools], source: "built in" };
}
