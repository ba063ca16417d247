// A host with an MCP server beside it: a real process that does what its calls say.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../electron/setup/places.ts";
import { Plan, type Failure } from "../../core/contract/index.ts";
import { followToEnd, openTestCore, temporaryFolder } from "./core.ts";

export const stubTool = {
  name: "echo",
  description: "Says the words again.",
  inputSchema: { type: "object", properties: { words: { type: "string" }, do: { type: "string" } } },
};

/** A folder with the stub in it, offering these tools. */
export function stubFolder(tools: readonly object[] = [stubTool]): string {
  const folder = temporaryFolder({ "tools.json": JSON.stringify(tools) });
  copyFileSync(join(root, "tests", "fixtures", "mcp", "stub.mjs"), join(folder, "stub.mjs"));
  return folder;
}

export function stubServer(folder: string, name = "stub") {
  return { name, command: [process.execPath, "stub.mjs"], folder, env: ["ELECTRON_RUN_AS_NODE"], enabled: true };
}

export type Called =
  | { readonly output: unknown; readonly from: readonly string[] }
  | { readonly failure: Failure; readonly denied: boolean };

/** A host that lets every call of an MCP tool through, with the stub approved. */
export async function hostWithStub(tools: readonly object[] = [stubTool], env: NodeJS.ProcessEnv = process.env) {
  const folder = stubFolder(tools);
  const core = openTestCore({ env });
  const { client } = core;
  await client.policy.add({ rule: { decide: "allow", tool: "mcp.*", tainted: true } });
  await client.mcp.add({ server: stubServer(folder) });
  await client.mcp.approve({ name: "stub" });
  return {
    core,
    client,
    folder,
    call: (input: object, tool = "mcp.stub.echo") => callTool(core, tool, input),
    offer: (next: readonly object[]) => writeFileSync(join(folder, "tools.json"), JSON.stringify(next)),
    lines: (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trim().split("\n") : []),
  };
}

/** One call, as a step whose arguments are known only as it begins, so that they are looked at on the way to the tool. */
export async function callTool({ client }: Pick<ReturnType<typeof openTestCore>, "client">, tool: string, input: object): Promise<Called> {
  const late = (value: unknown) => ({ $from: "first", path: "/none", default: value });
  const given = Object.fromEntries(Object.entries(input).map(([name, value]) => [name, late(value)]));
  const first = { id: "first", kind: "wait", forMs: 0 };
  const plan = Plan.parse({
    version: 1,
    goal: "Call it.",
    steps: [first, { id: "call", kind: "tool", tool, input: given, needs: ["first"] }],
  });
  const { run } = await client.runs.start({ goal: plan.goal, door: "core", plan });
  const { events } = await followToEnd(client, run);
  for (const { type, data } of events) {
    if (type === "effect.completed") return { output: data.output, from: data.from ?? [] };
    if (type === "effect.failed") return { failure: data.failure, denied: false };
    if (type === "tool.denied") return { failure: { code: "denied", message: data.reason }, denied: true };
    if (type === "step.failed") return { failure: data.failure, denied: false };
  }
  throw new Error(`it came to nothing: ${events.map(({ type }) => type).join(", ")}`);
}

export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
