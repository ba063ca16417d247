// A call before it is made: the tool that fits it, its arguments as the schema reads them, and what policy looks at.
import type { Failure } from "../contract/failure.ts";
import { faultSentence } from "../contract/faults.ts";
import type { CallFacts } from "../security/policy.ts";
import { resolveInWorkspace } from "../security/workspace.ts";
import type { Tool } from "./tool.ts";

export interface Fitting {
  readonly tool: Tool;
  readonly input: unknown;
}

/** The tool and its arguments as its schema reads them, or why there can be no such call. */
export function fit(
  tools: ReadonlyMap<string, Tool>,
  name: string,
  rawInput: unknown,
): ({ ok: true } & Fitting) | { ok: false; failure: Failure } {
  const tool = tools.get(name);
  if (!tool) return { ok: false, failure: { code: "not.found", message: `There is no tool called ${name}.` } };
  const checked = tool.input.safeParse(rawInput);
  if (checked.success) return { ok: true, tool, input: checked.data };
  const [issue] = checked.error.issues;
  const message = `${name}: ${issue?.path.join(".") || "input"} ${issue?.message ?? "is not valid"}.`;
  return { ok: false, failure: { code: "input.invalid", message } };
}

/** What is wrong with a call's arguments before it is made, in a sentence with the place. */
export function inputFault(tool: Tool, input: unknown): string | undefined {
  const checked = tool.input.safeParse(input);
  return checked.success ? undefined : `${tool.name}: ${faultSentence(checked.error.issues, input, "the input")}`;
}

/** What policy looks at; paths as they resolve now. */
export function callFacts(
  { tool, input }: Fitting,
  by: Pick<CallFacts, "agent" | "granted" | "workspace" | "rules"> & { readonly taint: () => readonly string[] },
): CallFacts {
  const { agent, granted, workspace, rules } = by;
  const { name, leave, writes, closed } = tool;
  const taint = leave === "free" ? [] : by.taint();
  const paths = tool.touches(input).map((asked) => ({ asked, ...resolveInWorkspace(workspace, asked) }));
  return {
    agent,
    granted,
    tool: name,
    closed: closed?.(),
    leave,
    writes,
    input,
    paths,
    hosts: tool.hosts(input),
    command: tool.command(input),
    taint,
    workspace,
    rules,
  };
}
