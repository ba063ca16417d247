// Tools that ask first, from the command line: what policy says, rules tried against the past, and a person's leave.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";

function home() {
  const top = temporaryFolder({ "workspace/a.txt": "one\n", "workspace/secret/b.txt": "two\n" });
  const workspace = join(top, "workspace");
  const dataDir = join(top, "data");
  const botmojo = (...args: string[]) => cli(["--data-dir", dataDir, ...args], { cwd: workspace });
  const firstReview = async () => (JSON.parse((await botmojo("--json", "review", "ls")).out) as { id: string }[])[0]?.id ?? "";
  return { workspace, dataDir, botmojo, firstReview };
}

test("PL1: a command waits for leave, and is made as a person let it", async () => {
  const { botmojo, firstReview, workspace } = home();
  const asked = await botmojo("tools", "call", "shell", '{"command":"cp a.txt c.txt"}');
  expect(asked).toMatchObject({ code: 3, err: expect.stringContaining("No rule lets shell do this without asking") });
  expect(() => readFileSync(join(workspace, "c.txt"))).toThrow("ENOENT");
  const review = await firstReview();
  expect((await botmojo("review", "show", review)).out).toContain('"command": "cp a.txt c.txt"');
  const made = await botmojo("review", "approve", review, "--input", '{"command":"cp a.txt d.txt"}');
  expect(made).toMatchObject({ code: 0, out: expect.stringContaining('"exitCode":0') });
  expect(readFileSync(join(workspace, "d.txt"), "utf8")).toBe("one\n");
  expect(() => readFileSync(join(workspace, "c.txt"))).toThrow("ENOENT");
  const again = await botmojo("review", "approve", review);
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining("Nothing waits under") });
});

test("PL2: a rule is tried against the past, then holds; every answer names its rule", async () => {
  const { botmojo, dataDir } = home();
  await botmojo("tools", "call", "files.read", '{"path":"secret/b.txt"}');
  const tried = await botmojo("policy", "set", "deny", "files.*", "--paths", "secret/**", "--because", "Not these.", "--dry-run");
  expect(tried).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /Of the last 1 calls it would have allowed 0, asked 0, denied 1; 1 would change.[^]*allow → deny[^]*Nothing was added/,
    ),
  });
  expect((await botmojo("policy", "set", "deny", "files.*", "--paths", "secret/**", "--because", "Not these.")).out).toContain(
    "Added as user 1.",
  );
  const denied = await botmojo("tools", "call", "files.read", '{"path":"./secret/../secret/b.txt"}');
  expect(denied).toMatchObject({ code: 4, err: expect.stringContaining("Not these.") });
  expect(await botmojo("policy", "explain", "files", "files.read", '{"path":"secret/b.txt"}')).toMatchObject({
    code: 4,
    out: expect.stringMatching(/^deny by user 1: Not these\./),
  });
  expect((await botmojo("policy", "explain", "files", "files.read", '{"path":"a.txt"}')).out).toMatch(/^allow by builtin\.allow/);
  expect(readFileSync(join(dataDir, "permissions.yaml"), "utf8")).toContain("secret/**");
  expect(await botmojo("policy", "rm", "1")).toMatchObject({ code: 0, out: expect.stringContaining("Taken out: deny") });
  expect((await botmojo("tools", "call", "files.read", '{"path":"secret/b.txt"}')).code).toBe(0);
});

test("PL3: a command that a rule lets through runs at once; with more to it than the rule's words, it asks", async () => {
  const { botmojo } = home();
  await botmojo("policy", "set", "allow", "shell", "--command", "cat a.txt");
  expect(await botmojo("tools", "call", "shell", '{"command":"cat a.txt"}')).toMatchObject({
    code: 0,
    out: expect.stringContaining("one"),
  });
  for (const command of ["cat a.txt secret/b.txt", "cat a.txt; cat secret/b.txt", "cat a.txt > .bashrc", "cat $(ls)"]) {
    expect((await botmojo("tools", "call", "shell", JSON.stringify({ command }))).code).toBe(3);
  }
});

test("PL4: wrong use is said in words", async () => {
  const { botmojo } = home();
  const wrong: [string[], RegExp][] = [
    [["policy", "set", "maybe"], /neither allow, ask nor deny/],
    [["policy", "set", "deny", "x", "--if", "input. =="], /can't be read/],
    [["policy", "explain", "nobody", "files.read", "{}"], /no agent called nobody/],
    [["policy", "explain", "plan", "files.read", "{}"], /path/],
    [["policy", "explain", "plan", "files.read", "{"], /not JSON/],
    [["policy", "rm", "x"], /no rule's number/],
    [["policy", "rm", "7"], /no rule 7/],
    [["tools", "call", "nothing", "{}"], /calls the tool "nothing", which there is not/],
    [["review", "show", "review_x"], /Nothing waits under/],
  ];
  for (const [args, says] of wrong) expect(await botmojo(...args)).toMatchObject({ code: 2, err: expect.stringMatching(says) });
});
