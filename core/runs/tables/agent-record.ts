// How each agent has done: steps it completed and steps it failed, over all runs. Whoever is chosen for a step is
// chosen by it.
import type { Reader } from "../../store/database.ts";
import type { Projection } from "../../store/event-log.ts";

export const agentRecordProjection: Projection = {
  name: "agent record",
  tables: ["agent_record"],
  apply(writer, events) {
    for (const { type, actor, run, recorded } of events) {
      if (type === "run.removed") writer.run("DELETE FROM agent_record WHERE run = ?", run);
      if (recorded || (type !== "step.completed" && type !== "step.failed") || !actor.startsWith("agent:")) continue;
      const [completed, failed] = type === "step.completed" ? [1, 0] : [0, 1];
      writer.run(
        `INSERT INTO agent_record (run, agent, completed, failed) VALUES (?, ?, ?, ?)
         ON CONFLICT (run, agent) DO UPDATE SET completed = completed + excluded.completed, failed = failed + excluded.failed`,
        run,
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

/** Over the newest 1,000 runs it took part in. */
export function recordOf(reader: Reader, agent: string): AgentRecord {
  const row = reader.get<{ completed: number | null; failed: number | null }>(
    `SELECT sum(completed) AS completed, sum(failed) AS failed
     FROM (SELECT completed, failed FROM agent_record WHERE agent = ? ORDER BY run DESC LIMIT 1000)`,
    agent,
  );
  return { completed: row?.completed ?? 0, failed: row?.failed ?? 0 };
}
