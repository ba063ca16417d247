// A host of ours, as the public conformance package starts it: `node conformance-client.ts URL`, the scenario's name and
// what it needs in the environment. All it does goes through the calls that every door makes; the person is played here.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCore } from "../../core/index.ts";
import { failureOf, Plan, type McpServer } from "../../core/contract/index.ts";
import { answerLogin } from "./login-answer.ts";

const name = "far";
/** Of the same demand a person has enough at some time. */
const mostLogins = 5;

const url = process.argv.at(-1) ?? "";
const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
const given = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as {
  client_id?: string;
  client_secret?: string;
  toolCalls?: readonly { name: string; arguments: Record<string, unknown> }[];
};
const folder = mkdtempSync(join(tmpdir(), "botmojo-conformance-"));
const core = openCore({
  dataDir: join(folder, "data"),
  version: "0.0.0-test",
  env: { ...process.env, CLIENT_SECRET_OF_TEST: given.client_secret },
  workspace: folder,
  flags: {},
});
if (!core) throw new Error("the folder is held");
const { client } = core;

function server(): McpServer {
  const plain = { name, url, env: [], enabled: true };
  if (scenario === "auth/basic-cimd") return { ...plain, login: { client: "https://conformance-test.local/client-metadata.json" } };
  if (given.client_id === undefined) return plain;
  return { ...plain, login: { client: given.client_id, secretEnv: "CLIENT_SECRET_OF_TEST" } };
}

/** Logs in for as long as the server asks for that, and does it once more after. */
async function loggedIn(work: () => Promise<unknown>): Promise<void> {
  for (let logins = 0; ; logins += 1) {
    const failure = await work().then(
      () => undefined,
      (error: unknown) => error,
    );
    const [view] = await client.mcp.list();
    if (view?.login !== "needed" || logins === mostLogins) {
      if (failure !== undefined) throw failure;
      return;
    }
    for await (const step of await client.mcp.login({ name })) if (step.is === "open") await answerLogin(step.address);
  }
}

async function callTool(tool: string, input: Record<string, unknown>): Promise<void> {
  const plan = Plan.parse({ version: 1, goal: "Call it.", steps: [{ id: "call", kind: "tool", tool: `mcp.${name}.${tool}`, input }] });
  const { run } = await client.runs.start({ goal: plan.goal, door: "core", plan });
  for await (const followed of await client.events.follow({ run, untilEnd: true })) {
    if (followed.is !== "event") continue;
    const { type, data } = followed.event;
    if (type === "review.requested" && data.kind === "question") await client.review.decide({ review: data.review, decision: "approve" });
    if (type === "step.failed") process.stderr.write(`${tool}: ${data.failure.message}\n`);
  }
}

function argumentsFor(schema: Record<string, unknown>): Record<string, unknown> {
  const samples: Readonly<Record<string, unknown>> = { number: 5, integer: 5, string: "us-west1", boolean: true };
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> };
  return Object.fromEntries(Object.entries(properties).map(([key, { type = "string" }]) => [key, samples[type] ?? null]));
}

try {
  await client.policy.add({ rule: { decide: "allow", tool: "mcp.*", tainted: true } });
  await client.mcp.add({ server: server() });
  await loggedIn(() => client.mcp.look({ name }));
  await loggedIn(() => client.mcp.approve({ name }));
  const offered = (await client.tools.list()).filter((tool) => tool.name.startsWith(`mcp.${name}.`));
  const calls =
    given.toolCalls ?? offered.map((tool) => ({ name: tool.name.slice(`mcp.${name}.`.length), arguments: argumentsFor(tool.inputSchema) }));
  for (const call of calls) await loggedIn(() => callTool(call.name, call.arguments));
} catch (error) {
  const { message, remedy } = failureOf(error);
  process.stderr.write(`${message} ${remedy ?? ""}\n`);
  process.exitCode = 1;
} finally {
  await core.close();
  rmSync(folder, { recursive: true, force: true });
}
