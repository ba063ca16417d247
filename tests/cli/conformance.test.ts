// The public conformance package of the Model Context Protocol against a host of ours, offline: what each era requires of
// a client, each scenario with a server of its own on loopback.
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root } from "../../electron/setup/places.ts";
import { installApart } from "../support/install-apart.ts";

const folder = join(root, "tests", "conformance");
const conformance = join(folder, "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js");
const client = join("tests", "support", "conformance-client.ts");
const atOnce = 2;
/** In milliseconds; the package's own 30 s are short for a machine that does much else. */
const longest = "120000";
const asClient = ["client", "--command", `node ${client}`, "--timeout", longest];

beforeAll(() => installApart(folder), 300_000);

test.for([
  { revision: "2025-11-25", scenarios: 18 },
  { revision: "2026-07-28", scenarios: 32 },
])("MF1: all $scenarios scenarios that $revision requires of a client pass", { timeout: 900_000 }, async ({ revision, scenarios }) => {
  const listed = await run(["list", "--client", "--requirements", revision]);
  const [, required = ""] = /^Client scenarios.*\n((?: {2}- .*\n)+)/m.exec(listed.says) ?? [];
  const names = required
    .trim()
    .split("\n")
    .map((line) => line.replace("- ", "").trim());
  expect(names).toHaveLength(scenarios);
  const failed: string[] = [];
  const left = [...names];
  const work = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const { code, says } = await run([...asClient, "--scenario", name, "--spec-version", revision]);
      if (code !== 0) failed.push(`${name}:\n${says}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  expect(failed).toEqual([]);
});

function run(args: readonly string[]): Promise<{ code: number | null; says: string }> {
  // It starts its client by a shell; `node` there is to be this one.
  const env = { ...process.env, NO_COLOR: "1", PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter) };
  const child = spawn(process.execPath, [conformance, ...args], { cwd: root, env });
  let says = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (says += data.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, says })));
}
