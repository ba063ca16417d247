// What policy says of a call: built-in guards, rules in two files, and where what it is to do comes from.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PolicyRule } from "../../../core/contract/index.ts";
import { openPolicy } from "../../../core/security/permissions.ts";
import { judge, usualOf, type CallFacts } from "../../../core/security/policy.ts";
import {
  commandWords,
  hostFits,
  hostPatternFault,
  listFits,
  pathFits,
  pathParts,
  readPathPattern,
  wildcardFits,
} from "../../../core/security/rule-match.ts";
import { plainCall } from "../../support/call-facts.ts";
import { temporaryFolder } from "../../support/core.ts";

const at = (path: string, inside = true) => ({ asked: path, path, inside });
const by = (rules: readonly PolicyRule[], more: Partial<CallFacts> = {}) =>
  judge({ ...plainCall, ...more }, [{ layer: "user", rules, trusted: true }]);

test("PO1: what is built in denies, whatever a rule says, and names itself", () => {
  const all: PolicyRule[] = [{ decide: "allow", paths: "/**", tainted: true }];
  expect(by(all, { granted: ["files.read"] })).toMatchObject({ leave: "deny", rule: "agents.tools" });
  for (const name of [".env", ".env.local", ".ssh/config", "keys/server.pem", "id_rsa"]) {
    expect(by(all, { paths: [at(`/w/${name}`)] })).toMatchObject({ leave: "deny", rule: "files.private" });
  }
  for (const path of ["/proc/self/root/etc/passwd", "/dev/fd/3", "/proc/1/environ", "/sys/kernel"]) {
    expect(by(all, { paths: [at(path, false)] })).toMatchObject({ leave: "deny", rule: "files.private" });
  }
  for (const name of [
    ".git/hooks/pre-commit",
    ".bashrc",
    ".npmrc",
    ".vscode/tasks.json",
    "package.json",
    ".envrc",
    ".botmojo/permissions.yaml",
  ]) {
    expect(by(all, { writes: true, paths: [at(`/w/${name}`)] })).toMatchObject({ leave: "deny", rule: "files.guarded" });
  }
  expect(judge({ ...plainCall, leave: "free", paths: [at("/etc/hosts", false)] })).toMatchObject({
    leave: "deny",
    rule: "files.workspace",
  });
  expect(by(all, { leave: "free", paths: [at("/data/a.txt", false)] })).toMatchObject({ leave: "allow", rule: "user 1" });
  expect(judge({ ...plainCall, leave: "free", paths: [at("/w/environment.ts")] })).toMatchObject({ leave: "allow", rule: "builtin.allow" });
});

test("PO2: without a rule a tool's own default holds", () => {
  expect(judge(plainCall)).toMatchObject({ leave: "ask", rule: "builtin.ask" });
  expect(judge({ ...plainCall, leave: "tainted" })).toMatchObject({ leave: "allow", rule: "builtin.allow" });
  expect(judge({ ...plainCall, leave: "tainted", taint: ["the file a.txt"] })).toMatchObject({ leave: "ask", rule: "taint" });
  expect(judge({ ...plainCall, leave: "free", taint: ["the file a.txt"] })).toMatchObject({ leave: "allow" });
});

test("PO3: what denies goes before what asks, that before what allows, and the losers are named", () => {
  const rules: PolicyRule[] = [
    { decide: "allow", tool: "shell*" },
    { decide: "ask", tool: "shell", because: "Look first." },
    { decide: "deny", tool: "shell", agent: "finance" },
  ];
  expect(by(rules)).toEqual({ leave: "ask", rule: "user 2", reason: "Look first.", also: ["user 1 would allow it."] });
  expect(by(rules, { agent: "finance" })).toMatchObject({ leave: "deny", rule: "user 3" });
  expect(by(rules, { tool: "shell.other" })).toMatchObject({ leave: "allow", rule: "user 1" });
});

test("PO4: a folder's own file can only tighten", () => {
  const project = { layer: "project" as const, trusted: false };
  const verdict = judge(plainCall, [{ ...project, rules: [{ decide: "allow" }] }]);
  expect(verdict).toMatchObject({ leave: "ask", also: ["project 1 would allow it, but a folder's own file can only tighten."] });
  expect(judge({ ...plainCall, leave: "free" }, [{ ...project, rules: [{ decide: "deny" }] }])).toMatchObject({
    leave: "deny",
    rule: "project 1",
  });
});

test("PO5: where the arguments may come from outside, it asks even where a rule allows, unless the rule says so", () => {
  const taint = ["the page https://example.com"];
  expect(by([{ decide: "allow" }], { taint })).toMatchObject({
    leave: "ask",
    rule: "taint",
    reason: expect.stringContaining("https://example.com"),
  });
  expect(by([{ decide: "allow", tainted: true }], { taint })).toMatchObject({ leave: "allow", rule: "user 1" });
});

test.each<[string, string, boolean, boolean]>([
  // pattern, command line, may be allowed by it, is denied by it
  ["npm test", "npm test", true, true],
  ["npm test", "npm test --watch", false, false],
  ["npm test **", "npm test --watch", true, true],
  ["npm test **", "npm  'test'", true, true],
  ["git log **", "git log --format=%H", true, true],
  ["git *", "git log -1", false, false],
  ["npm test **", "npm test; rm -rf /", false, true],
  ["rm **", "npm test; rm -rf /", false, true],
  ["rm **", "sudo rm -rf /", false, true],
  ["rm **", "echo $(rm -rf /)", false, true],
  ["rm **", "echo `rm -rf /`", false, true],
  ["npm test **", "npm test > ~/.bashrc", false, true],
  ["npm test **", "npm test $HOME", false, true],
  ["npm test **", "npm test\nrm x", false, true],
  ["npm test **", "LD_PRELOAD=x npm test", false, true],
  ["echo **", 'echo "$(id)"', false, true],
  ["echo **", "echo 'a;b'", true, true],
  ["echo **", "echo 'open", false, true],
  ["ls", "l\\s", false, false],
])("PO6: the command pattern %s over: %s", (command, line, allowed, denied) => {
  expect(by([{ decide: "allow", command }], { command: line }).leave).toBe(allowed ? "allow" : "ask");
  expect(by([{ decide: "deny", command }], { command: line }).leave).toBe(denied ? "deny" : "ask");
});

const fitsPath = (pattern: string, path: string, workspace = "/w") =>
  pathFits(readPathPattern(pattern), pathParts(path), pathParts(workspace));

test("PO7: patterns over hosts and paths fit parsed values, whole", () => {
  expect(hostFits("*.example.com", "api.example.com")).toBe(true);
  for (const host of ["example.com", "evilexample.com", "api.example.com.evil", "api.example.com:8080", ".example.com"]) {
    expect(hostFits("*.example.com", host)).toBe(false);
  }
  expect(hostFits("API.example.com", "api.example.com")).toBe(true);
  expect(fitsPath("src/**", "/w/src/a/b.ts")).toBe(true);
  expect(fitsPath("src/*", "/w/src/a/b.ts")).toBe(false);
  expect(fitsPath("src/**", "/w/srcs/a.ts")).toBe(false);
  expect(fitsPath("/data/**", "/data/x")).toBe(true);
  expect(fitsPath("**", "/w/x")).toBe(true);
  expect(fitsPath("**", "/x")).toBe(false);
  expect(fitsPath("a", "/w*/a", "/w*")).toBe(true);
  expect(fitsPath("a", "/wx/a", "/w*")).toBe(false);
  expect(listFits(["**", "a", "**"], ["b", "a", "c"])).toBe(true);
  expect(listFits(["**", "a", "*", "c"], ["a", "b", "a", "b", "c"])).toBe(true);
  expect(listFits(["**", "a", "b"], ["a", "b", "c"])).toBe(false);
  const allowed = { decide: "allow" as const, paths: "src/**" };
  expect(by([allowed], { paths: [at("/w/src/a"), at("/w/b")] }).leave).toBe("ask");
  expect(by([{ decide: "deny", paths: "b" }], { paths: [at("/w/src/a"), at("/w/b")] }).leave).toBe("deny");
  expect(by([allowed]).leave).toBe("ask");
});

test("PO8: no pattern takes for ever", () => {
  expect(wildcardFits("*a".repeat(400), `${"a".repeat(4000)}b`)).toBe(false);
  expect(
    listFits(
      Array.from({ length: 200 }, () => "**"),
      Array.from({ length: 2000 }, () => "x"),
    ),
  ).toBe(true);
  expect(commandWords("$(".repeat(50_000)).plain).toBeUndefined();
});

test("PO9: a condition that fails fits where the rule denies or asks, never where it allows", () => {
  const broken = "input.nothing.there == 1";
  expect(by([{ decide: "allow", if: broken }]).leave).toBe("ask");
  expect(by([{ decide: "deny", if: broken }]).leave).toBe("deny");
  expect(by([{ decide: "allow", if: "input.n < 10" }], { input: { n: 3 } }).leave).toBe("allow");
});

const write = (folder: string, text: string) => {
  mkdirSync(join(folder, ".botmojo"), { recursive: true });
  writeFileSync(join(folder, ".botmojo", "permissions.yaml"), text);
};

test("PO10: rules are read from both files, anew when they change, and added with the comments kept", () => {
  const home = temporaryFolder({ "permissions.yaml": "# mine\n- decide: deny\n  tool: shell\n  command: rm **\n" });
  const workspace = temporaryFolder();
  const policy = openPolicy({ file: join(home, "permissions.yaml") });
  const call = { ...plainCall, workspace, command: "npm test" };
  const first = policy.version(workspace);
  expect(policy.judge({ ...call, command: "rm x" })).toMatchObject({ leave: "deny", rule: "user 1" });
  expect(policy.add({ decide: "allow", tool: "shell", command: "npm test" })).toBe("user 2");
  expect(policy.judge(call)).toMatchObject({ leave: "allow", rule: "user 2" });
  expect(policy.version(workspace)).not.toBe(first);
  write(workspace, "- decide: ask\n  command: npm **\n  because: Tests of this folder call out.\n");
  expect(policy.judge(call)).toMatchObject({ leave: "ask", rule: "project 1", reason: "Tests of this folder call out." });
  expect(policy.remove(2)).toMatchObject({ command: "npm test" });
  expect(openPolicy({ file: join(home, "permissions.yaml") }).sets(workspace)[0]?.rules).toHaveLength(1);
});

test.each([
  ["- decide: maybe\n", "line 1"],
  ["- decide: allow\n  tol: x\n", 'no field "tol"'],
  ["- decide: allow\n- decide: deny\n  if: 'input. =='\n", "rule 2"],
  ["decide: allow\n", "is not a list"],
  ["- decide: [\n", "line"],
  ["- &a {decide: allow}\n- *a\n", "permissions.yaml"],
  ["- {decide: allow, __proto__: {leave: allow}}\n", "permissions.yaml"],
])("PO11: a file that can't be read makes everything ask that is not harmless: %j", (text, says) => {
  const home = temporaryFolder({ "permissions.yaml": text });
  const policy = openPolicy({ file: join(home, "permissions.yaml") });
  const workspace = temporaryFolder();
  expect(policy.judge({ ...plainCall, leave: "tainted", workspace })).toMatchObject({
    leave: "ask",
    rule: "permissions.unreadable",
    reason: expect.stringContaining(says),
  });
  expect(policy.judge({ ...plainCall, leave: "free", workspace }).leave).toBe("allow");
  expect(() => policy.add({ decide: "allow" })).toThrow(says);
  expect(({} as { leave?: string }).leave).toBeUndefined();
});

test("PO12: a file that is a link to a device, or too long, is not read", () => {
  const home = temporaryFolder();
  symlinkSync("/dev/zero", join(home, "permissions.yaml"));
  const policy = openPolicy({ file: join(home, "permissions.yaml") });
  expect(policy.judge({ ...plainCall, workspace: home })).toMatchObject({
    leave: "ask",
    reason: expect.stringContaining("not a plain file"),
  });
  write(home, `# ${"x".repeat(300_000)}\n`);
  expect(policy.sets(home)[1]?.fault).toContain("larger than 256 KiB");
});

test("PO13: what is usual is told without arguments; rules that look at them are named beside it", () => {
  const rules: PolicyRule[] = [
    { decide: "allow", tool: "shell" },
    { decide: "deny", tool: "shell", command: "rm **" },
    { decide: "ask", tool: "s*", agent: "files", if: "true" },
    { decide: "deny", tool: "http.fetch", hosts: "evil.example" },
    { decide: "deny", tool: "shell", agent: "answer" },
  ];
  const sets = [
    { layer: "user" as const, rules, trusted: true },
    { layer: "project" as const, rules: [{ decide: "allow" as const, paths: "**" }], trusted: false },
  ];
  expect(usualOf(plainCall, sets)).toEqual({
    agent: "files",
    given: true,
    usual: { leave: "allow", rule: "user 1", reason: "The rule user 1 says allow." },
    tainted: "ask",
    narrower: [
      { rule: "user 2", decide: "deny" },
      { rule: "user 3", decide: "ask" },
    ],
  });
  expect(usualOf({ ...plainCall, agent: "answer" }, sets)).toMatchObject({ usual: { leave: "deny", rule: "user 5" } });
  expect(usualOf({ ...plainCall, granted: [] }, sets)).toMatchObject({ given: false, usual: { leave: "deny", rule: "agents.tools" } });
});

test.each([
  "https://evil.com/",
  "http://evil.com",
  "evil.com,bad.com",
  "evil.com:443",
  "evil.com/x",
  "exa mple.com",
  "me@evil.com",
  "*",
  "api.*.com",
  "münchen.de",
  "127.1",
  "",
])("PO14: a pattern that no host fits is refused, not kept: %s", (pattern) => {
  expect(hostPatternFault(pattern)).toBeTypeOf("string");
});

test.each(["evil.com", "EVIL.com", "*.example.com", "localhost:8080", "[::1]:9000", "127.0.0.1", "xn--mnchen-3ya.de"])(
  "PO14: a pattern that fits a host is kept: %s",
  (pattern) => {
    expect(hostPatternFault(pattern)).toBeUndefined();
  },
);
