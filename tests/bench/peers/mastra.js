// Mastra's workflows with its LibSQL store. The row is its loop, as its documentation advises for repeated work: the
// snapshot is written each time round, but over the last one, so no history is kept. A chain of as many steps would keep it
// and write all of it anew at every step.
import { join } from "node:path";
import { Mastra } from "@mastra/core";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { LibSQLStore } from "@mastra/libsql";
import { z } from "zod";
import { measure, versionOf } from "./measure.js";

// It sends events to its makers otherwise.
process.env.MASTRA_TELEMETRY_DISABLED = "1";
// The connections that LibSQL's client opens at most, its default; the store has no option to change it.
const connections = 20;

await measure(async ({ folder, durability }) => {
  const storage = new LibSQLStore({ id: "bench", url: `file:${join(folder, "mastra.db")}` });
  const state = z.object({ n: z.number(), limit: z.number() });
  const shape = { inputSchema: state, outputSchema: state };
  const step = (id) => createStep({ id, ...shape, execute: async ({ inputData: { n, limit } }) => ({ n: n + 1, limit }) });
  const loop = createWorkflow({ id: "loop", ...shape })
    .dountil(step("step"), async ({ inputData: { n, limit } }) => n >= limit)
    .commit();
  const chain = createWorkflow({ id: "chain", ...shape })
    .then(step("s1"))
    .then(step("s2"))
    .then(step("s3"))
    .then(step("s4"))
    .then(step("s5"))
    .commit();
  const mastra = new Mastra({ storage, workflows: { loop, chain }, logger: false });
  await storage.init();
  // The store asks for NORMAL itself, on the one connection that its client has by then, and leaves later ones at FULL. It
  // has no option for either, so each connection is told; calls made at once take one each.
  await Promise.all(Array.from({ length: connections }, () => storage.client.execute(`PRAGMA synchronous = ${durability}`)));
  const counted = async (name, limit, runId) => {
    const run = await mastra.getWorkflow(name).createRun({ runId });
    const ended = await run.start({ inputData: { n: 0, limit } });
    if (ended.status !== "success") throw new Error(`${runId} ended as ${ended.status}`, { cause: ended.error });
    return ended.result.n;
  };
  return {
    version: versionOf("@mastra/core"),
    row: (count) => counted("loop", count, "row"),
    run: (id) => counted("chain", 5, id),
    settle: () => storage.client.execute("PRAGMA wal_checkpoint(TRUNCATE)"),
    close: () => storage.close(),
  };
});
