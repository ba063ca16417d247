// Who can do what: the agents and tools that the host knows.
import { create } from "zustand";
import type { AgentCard, Failure, ToolView } from "../../core/contract/index.ts";
import { call, keepStreaming } from "./link.ts";

interface Registry {
  readonly agents: readonly AgentCard[] | undefined;
  readonly tools: readonly ToolView[] | undefined;
  readonly failure: Failure | undefined;
}

export const useRegistry = create<Registry>(() => ({ agents: undefined, tools: undefined, failure: undefined }));

/** Asks anew whenever the host is there again. Returns its stop. */
export function followRegistry(): () => void {
  return keepStreaming(async (_client, signal) => {
    const answer = await call((client) => Promise.all([client.agents.list(), client.tools.list()]));
    if (signal.aborted) return;
    if (answer.ok) useRegistry.setState({ agents: answer.value[0], tools: answer.value[1], failure: undefined });
    else useRegistry.setState({ failure: answer.failure });
  });
}
