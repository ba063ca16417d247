// How each agent has done: steps it completed and steps it failed, over all runs. Whoever is chosen for a step is
// chosen by it.
import type { Reader } from "../store/database.ts";
import type { Projection } from "../store/event-log.ts";

export const agentRecordProjection: Projection = {
  name: "agent record",
  tables: ["agent_record"],
  apply(writer, events) {
    for (const { type, actor } of events) {
      if ((type !== "step.completed" && type !== "step.failed") || !actor.startsWith("agent:")) continue;
      const [completed, failed] = type === "step.completed" ? [1, 0] : [0, 1];
      writer.run(
        `INSERT INTO agent_record (agent, completed, failed) VALUES (?, ?, ?)
         ON CONFLICT (agent) DO UPDATE SET completed = completed + excluded.completed, failed = failed + excluded.failed`,
        actor.slice("agent:".length),
        completed,
        failed,
      );
    }
  },
};

export interface AgentRecord {
  readonly completed: number;
  readonly failed: number;
}

export function recordOf(reader: Reader, agent: string): AgentRecord {
  const row = reader.get<{ completed: number; failed: number }>("SELECT completed, failed FROM agent_record WHERE agent = ?", agent);
  return row ?? { completed: 0, failed: 0 };
}
