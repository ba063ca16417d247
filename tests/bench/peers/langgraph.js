// LangGraph.js with its SQLite saver.
import { join } from "node:path";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import Database from "better-sqlite3";
import { measure, versionOf } from "./measure.js";

await measure(({ folder, durability }) => {
  const db = new Database(join(folder, "langgraph.db"));
  db.pragma("journal_mode = WAL");
  db.pragma(`synchronous = ${durability}`);
  const checkpointer = new SqliteSaver(db);
  const State = Annotation.Root({ n: Annotation(), limit: Annotation() });
  const step = ({ n }) => ({ n: n + 1 });
  const loop = new StateGraph(State)
    .addNode("step", step)
    .addEdge(START, "step")
    .addConditionalEdges("step", ({ n, limit }) => (n < limit ? "step" : END))
    .compile({ checkpointer });
  const chain = new StateGraph(State)
    .addNode("s1", step)
    .addNode("s2", step)
    .addNode("s3", step)
    .addNode("s4", step)
    .addNode("s5", step)
    .addEdge(START, "s1")
    .addEdge("s1", "s2")
    .addEdge("s2", "s3")
    .addEdge("s3", "s4")
    .addEdge("s4", "s5")
    .addEdge("s5", END)
    .compile({ checkpointer });
  const counted = async (graph, limit, thread) =>
    (await graph.invoke({ n: 0, limit }, { configurable: { thread_id: thread }, recursionLimit: limit + 10 })).n;
  return {
    version: versionOf("@langchain/langgraph"),
    row: (count) => counted(loop, count, "row"),
    run: (thread) => counted(chain, 5, thread),
    settle: () => db.pragma("wal_checkpoint(TRUNCATE)"),
    close: () => db.close(),
  };
});
