// A host of ours, as the public conformance package starts it: `node conformance-client.ts URL`, the scenario's name and
// what it needs in the environment. All it does goes through the calls that every door makes; the person is played here.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCore, type CoreClient } from "../../core/index.ts";
import { Plan, failureOf } from "../../core/contract/index.ts";

const url = process.argv.at(-1) ?? "";
const { toolCalls } = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as {
  toolCalls?: readonly { name: string; arguments: Record<string, unknown> }[];
};
const folder = mkdtempSync(join(tmpdir(), "botmojo-conformance-"));
const core = openCore({ dataDir: join(folder, "data"), version: "0.0.0-test", env: process.env, workspace: folder, flags: {} });
if (!core) throw new Error("the folder is held");
const { client } = core;
try {
  await client.policy.add({ rule: { decide: "allow", tool: "mcp.*", tainted: true } });
  await client.mcp.add({ server: { name: "far", url, env: [], enabled: true } });
  await client.mcp.approve({ name: "far" });
  const offered = (await client.tools.list()).filter(({ name }) => name.startsWith("mcp.far."));
  const calls =
    toolCalls ?? offered.map(({ name, inputSchema }) => ({ name: name.slice("mcp.far.".length), arguments: argumentsFor(inputSchema) }));
  for (const call of calls) await callTool(client, call.name, call.arguments);
} catch (error) {
  const { message, remedy } = failureOf(error);
  process.stderr.write(`${message} ${remedy ?? ""}\n`);
  process.exitCode = 1;
} finally {
  await core.close();
  rmSync(folder, { recursive: true, force: true });
}

function argumentsFor(schema: Record<string, unknown>): Record<string, unknown> {
  const samples: Readonly<Record<string, unknown>> = { number: 5, integer: 5, string: "us-west1", boolean: true };
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> };
  return Object.fromEntries(Object.entries(properties).map(([name, { type = "string" }]) => [name, samples[type] ?? null]));
}

async function callTool(host: CoreClient, tool: string, input: Record<string, unknown>): Promise<void> {
  const plan = Plan.parse({ version: 1, goal: "Call it.", steps: [{ id: "call", kind: "tool", tool: `mcp.far.${tool}`, input }] });
  const { run } = await host.runs.start({ goal: plan.goal, door: "core", plan });
  for await (const followed of await host.events.follow({ run, untilEnd: true })) {
    if (followed.is !== "event") continue;
    const { type, data } = followed.event;
    if (type === "step.failed") process.stderr.write(`${tool}: ${data.failure.message}\n`);
  }
}
