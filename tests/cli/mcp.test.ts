// MCP servers from the command line: added, looked through, approved, called with leave, closed when they change.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, lineOf, startCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";
import { answerLogin } from "../support/login-answer.ts";
import { loginStub } from "../support/mcp-login-stub.ts";
import { stubFolder, stubTool } from "../support/mcp-stub.ts";

function home(tools?: readonly object[]) {
  const folder = stubFolder(tools);
  const dataDir = join(temporaryFolder(), "data");
  const botmojo = (...args: string[]) => cli(["--data-dir", dataDir, ...args], { cwd: folder });
  return { folder, dataDir, botmojo };
}

test("MP1: a server is added, approved and called from the command line; the call asks for leave first", async () => {
  const { botmojo } = home([{ ...stubTool, description: "Says\u200b it." }]);
  const added = await botmojo("mcp", "add", "stub", "--env", "HOME", "--", "node", "stub.mjs");
  expect(added).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /stub {2}new[^]*\["node","stub.mjs"\][^]*HOME[^]*tool echo[^]*Says⟨200b⟩ it\.[^]*"words"[^]*SHA-256 [0-9a-f]{64}/,
    ),
    err: expect.stringContaining("botmojo mcp approve stub"),
  });
  expect(await botmojo("tools", "call", "mcp.stub.echo", '{"words":"hi"}')).toMatchObject({
    code: 2,
    err: expect.stringContaining("which there is not"),
  });
  expect(await botmojo("mcp", "approve", "stub")).toMatchObject({ code: 0, out: expect.stringMatching(/^stub {2}approved/) });
  expect(await botmojo("mcp", "ls")).toMatchObject({ out: expect.stringMatching(/stub +approved +1 +node stub\.mjs/) });
  const asked = await botmojo("tools", "call", "mcp.stub.echo", '{"words":"hi"}');
  expect(asked).toMatchObject({ code: 3, err: expect.stringContaining("No rule lets mcp.stub.echo do this without asking") });
  const [review] = JSON.parse((await botmojo("--json", "review", "ls")).out) as { id: string }[];
  expect(await botmojo("review", "approve", review?.id ?? "")).toMatchObject({ code: 0, out: expect.stringContaining("hi") });
});

test("MP2: once it has changed its calls are denied; what changed is shown word by word; approved anew it is open again", async () => {
  const { botmojo, folder } = home();
  await botmojo("mcp", "add", "stub", "--", "node", "stub.mjs");
  await botmojo("mcp", "approve", "stub");
  await botmojo("policy", "set", "allow", "mcp.stub.*");
  expect((await botmojo("tools", "call", "mcp.stub.echo", '{"words":"hi"}')).code).toBe(0);
  writeFileSync(join(folder, "tools.json"), JSON.stringify([{ ...stubTool, description: "Says the secret words again." }]));
  for (const _ of [1, 2]) {
    expect(await botmojo("tools", "call", "mcp.stub.echo", '{"words":"hi"}')).toMatchObject({
      code: 4,
      err: expect.stringContaining("botmojo mcp show stub shows what changed"),
    });
  }
  expect((await botmojo("policy", "explain", "plan", "mcp.stub.echo", "{}")).out).toMatch(/^deny by tools\.closed/);
  expect((await botmojo("mcp", "show", "stub")).out).toMatch(/stub {2}changed[^]*Says the \{\+secret \+\}words again\./);
  expect((await botmojo("mcp", "approve", "stub")).code).toBe(0);
  expect((await botmojo("tools", "call", "mcp.stub.echo", '{"words":"hi"}')).code).toBe(0);
  expect((await botmojo("mcp", "rm", "stub")).code).toBe(0);
  expect((await botmojo("tools", "ls")).out).not.toContain("mcp.");
});

test("MP3: another command, folder or variable in the file closes it too; faults of the file are told with the line", async () => {
  const { botmojo, dataDir, folder } = home();
  await botmojo("mcp", "add", "stub", "--", "node", "stub.mjs");
  await botmojo("mcp", "approve", "stub");
  const file = join(dataDir, "mcp.yaml");
  const write = (more: string) => writeFileSync(file, `# mine\n- name: stub\n  command: [node, stub.mjs]\n  folder: ${folder}\n${more}`);
  write("  env: [TOKEN]\n");
  expect(await botmojo("tools", "call", "mcp.stub.echo", "{}")).toMatchObject({
    code: 4,
    err: expect.stringContaining("no longer what you approved"),
  });
  write("  env: [NODE_OPTIONS]\n");
  expect(await botmojo("mcp", "ls")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/mcp\.yaml, line 2: "env\.0" would make programs run other code/),
  });
  write("  envs: []\n");
  expect(await botmojo("mcp", "ls")).toMatchObject({ err: expect.stringMatching(/line 2: a server there is no field "envs"/) });
  write("  enabled: false\n");
  expect((await botmojo("mcp", "ls")).out).toMatch(/stub +off/);
});

test("MP4: wrong use is said in words, and what can't be reached is not added", async () => {
  const { botmojo } = home();
  const wrong: [string[], RegExp][] = [
    [["mcp", "add", "A b", "--", "node"], /small letters/],
    [["mcp", "add", "a"], /either a command or a url/],
    [["mcp", "add", "a", "--url", "http://example.com/mcp"], /https/],
    [["mcp", "add", "a", "--url", "file:///etc/passwd"], /https/],
    [["mcp", "add", "a", "--url", "https://me:you@example.com/"], /https/],
    [["mcp", "show", "a"], /no MCP server called a/],
    [["mcp", "approve", "a"], /no MCP server called a/],
    [["mcp", "rm", "a"], /no MCP server called a/],
  ];
  for (const [args, says] of wrong) expect(await botmojo(...args)).toMatchObject({ code: 2, err: expect.stringMatching(says) });
  expect(await botmojo("mcp", "add", "a", "--", "no-such-program")).toMatchObject({
    code: 1,
    err: expect.stringContaining("can't be started"),
  });
  expect((await botmojo("--json", "mcp", "ls")).out).toBe("[]\n");
});

test("MP5: a login from the command line: the address is printed, the browser's answer ends it, a logout forgets it", async () => {
  const stub = await loginStub();
  const { botmojo, dataDir } = home();
  expect(await botmojo("mcp", "add", "far", "--url", stub.url)).toMatchObject({
    code: 0,
    err: expect.stringContaining("It needs you to log in: botmojo mcp login far"),
  });
  expect((await botmojo("mcp", "ls")).out).toMatch(/far +new +needed/);
  const going = startCli(["--data-dir", dataDir, "mcp", "login", "far"]);
  await answerLogin(await lineOf(going, (line) => line.startsWith("http")));
  await lineOf(going, (line) => line.includes("far: you are logged in."));
  expect((await botmojo("mcp", "show", "far")).out).toMatch(/far {2}new[^]*tool echo/);
  expect(await botmojo("mcp", "login", "far")).toMatchObject({ code: 1, err: expect.stringContaining("wants no login") });
  expect(await botmojo("mcp", "logout", "far")).toMatchObject({ code: 0, out: "far: you are logged out.\n" });
  expect(await botmojo("mcp", "show", "far")).toMatchObject({ code: 1, err: expect.stringContaining("botmojo mcp login far") });
});

test("MP6: Ctrl-C gives a login up, and what was refused is said in words", async () => {
  const { botmojo, dataDir } = home();
  const stub = await loginStub();
  await botmojo("mcp", "add", "far", "--url", stub.url);
  const going = startCli(["--data-dir", dataDir, "mcp", "login", "far"]);
  await lineOf(going, (line) => line.startsWith("http"));
  going.kill("SIGINT");
  expect(await new Promise((resolve) => going.once("close", resolve))).toBe(130);
  const lying = await loginStub(() => ({ metadata: { authorization_endpoint: "file:///etc/passwd" } }));
  await botmojo("mcp", "add", "lies", "--url", lying.url);
  expect(await botmojo("mcp", "login", "lies")).toMatchObject({
    code: 4,
    err: expect.stringMatching(/authorization_endpoint file:\/\/\/etc\/passwd is neither https nor http/),
  });
});

test("MP8: a question in the midst of a call keeps the command until it is answered elsewhere; where nobody may be waited for it ends at once", async () => {
  const { botmojo, folder, dataDir } = home();
  await botmojo("mcp", "add", "stub", "--", "node", "stub.mjs");
  await botmojo("mcp", "approve", "stub");
  await botmojo("policy", "set", "allow", "mcp.stub.*");
  const form = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const input = JSON.stringify({ do: "asks_person", message: "Where to?", form });
  const calling = startCli(["--data-dir", dataDir, "tools", "call", "mcp.stub.echo", input], { cwd: folder });
  let out = "";
  calling.stdout?.on("data", (data: Buffer) => (out += data.toString()));
  const ended = new Promise<number | null>((resolve) => calling.once("close", resolve));
  await expect
    .poll(async () => (JSON.parse((await botmojo("--json", "review", "ls")).out) as object[]).length, { timeout: 20_000 })
    .toBe(1);
  const [review] = JSON.parse((await botmojo("--json", "review", "ls")).out) as { id: string }[];
  expect(await botmojo("review", "edit", review?.id ?? "", '{"city":"Tartu"}')).toMatchObject({ code: 0 });
  expect(await ended).toBe(0);
  expect(out).toContain("Tartu");
  expect(await botmojo("--no-input", "tools", "call", "mcp.stub.echo", input)).toMatchObject({ code: 3 });
}, 60_000);
