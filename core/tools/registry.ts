// The tools of a host, by name: those built in for good, others that join and leave while it runs.
import type { Tool } from "./tool.ts";

export interface Registry {
  /** Always as of now. */
  readonly tools: ReadonlyMap<string, Tool>;
  /** Puts these in the place of all tools whose names begin with `prefix`, which no tool that is built in does. */
  replace(prefix: string, tools: readonly Tool[]): void;
}

export function toolRegistry(builtIn: ReadonlyMap<string, Tool>): Registry {
  const tools = new Map(builtIn);
  return {
    tools,
    replace(prefix, joining) {
      for (const name of tools.keys()) if (name.startsWith(prefix) && !builtIn.has(name)) tools.delete(name);
      for (const tool of joining) if (tool.name.startsWith(prefix) && !builtIn.has(tool.name)) tools.set(tool.name, tool);
    },
  };
}
