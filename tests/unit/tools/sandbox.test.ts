// Commands behind walls: what they must not reach, what stops them, and that nothing is left of them.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { SandboxProfile } from "../../../core/contract/index.ts";
import { createSandbox } from "../../../core/tools/sandbox/probe.ts";
import { runCommand } from "../../../core/tools/sandbox/run-command.ts";
import { temporaryFolder } from "../../support/core.ts";

const canary = "canary-5f1c0a";

function room(files: Readonly<Record<string, string>> = {}) {
  const top = temporaryFolder({ "outside.txt": canary });
  const workspace = join(top, "workspace");
  mkdirSync(workspace);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true });
    writeFileSync(join(workspace, name), text);
  }
  const run = (command: string, more: { profile?: SandboxProfile; timeoutMs?: number; signal?: AbortSignal } = {}) => {
    const { profile = "workspace-write", timeoutMs = 20_000, signal = new AbortController().signal } = more;
    return runCommand({ profile, workspace, folder: workspace, readable: [] }, ["/bin/bash", "-c", command], { signal, timeoutMs });
  };
  return { top, workspace, run };
}

function running(mark: string): number {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").includes(mark);
    } catch {
      return false;
    }
  }).length;
}

test("SB1: all attempts to get out fail on this machine", async () => {
  const report = await createSandbox({ now: Date.now }).report();
  expect(report.probes.filter(({ held }) => !held)).toEqual([]);
  expect(report).toMatchObject({ proven: true, net: true, by: expect.stringContaining("bubblewrap"), remedy: null });
  expect(report.probes).toHaveLength(8);
});

test("SB2: a command works in the workspace, and gives back what it printed and how it ended", async () => {
  const { workspace, run } = room({ "a.txt": "one\ntwo\n" });
  const result = await run("wc -l < a.txt; echo wrong >&2; mkdir -p sub && echo new > sub/b.txt; exit 3");
  expect(result).toMatchObject({ exitCode: 3, stdout: "2\n", stderr: "wrong\n", truncated: false, timedOut: false });
  expect(readFileSync(join(workspace, "sub", "b.txt"), "utf8")).toBe("new\n");
  expect((await run("echo x > a.txt", { profile: "read-only" })).exitCode).not.toBe(0);
  expect(readFileSync(join(workspace, "a.txt"), "utf8")).toBe("one\ntwo\n");
});

test.each<[string, string]>([
  ["a file beside the workspace", "cat ../outside.txt"],
  ["the passwords", "cat /etc/passwd /etc/shadow"],
  ["another home", "ls -A /root /home"],
  ["the processes' insides", "cat /proc/*/environ /proc/*/root/etc/hostname /proc/*/cwd/package.json"],
  ["a link that leads out", "cat out.txt out/hostname"],
  ["a new link that leads out", "ln -s /etc/hostname h; cat h"],
  ["secrets in the workspace", "cat .env keys/server.pem .ssh/id_rsa; ls -A .ssh"],
  ["descriptors of the host", "cat /dev/fd/3 /proc/self/fd/4 /proc/1/fd/3"],
  ["the host's sockets", "ls /run /var/run /tmp/.X11-unix; ls -A /var"],
  ["disks", "cat /dev/sda /dev/vda /dev/mem /dev/kmsg"],
  ["a mount of its own", "mount --bind / /mnt; unshare -r cat /etc/shadow; chroot / cat /etc/shadow"],
])("SB3: %s is not to be had", async (_, command) => {
  process.env["BOTMOJO_CANARY"] = canary;
  onTestFinished(() => void delete process.env["BOTMOJO_CANARY"]);
  const { top, workspace, run } = room({ ".env": canary, "keys/server.pem": canary, ".ssh/id_rsa": canary });
  symlinkSync(join(top, "outside.txt"), join(workspace, "out.txt"));
  symlinkSync("/etc", join(workspace, "out"));
  const { stdout } = await run(`{ ${command}; } 2>/dev/null; env; true`);
  expect(stdout).not.toContain(canary);
  expect(stdout).not.toMatch(/root:|BOTMOJO|node_modules/);
  expect(stdout.replaceAll(/^\w+=.*$/gm, "").trim()).toBe("");
});

test.each([
  ".git/hooks/pre-commit",
  ".git/config",
  ".bashrc",
  ".npmrc",
  ".vscode/tasks.json",
  ".envrc",
  ".husky/pre-push",
  ".botmojo/permissions.yaml",
])("SB4: %s, which other programs obey, stays as it is", async (name) => {
  const { workspace, run } = room({ [name]: "before", "other.txt": "before" });
  await run(`echo after > '${name}'; rm -rf '${name}' '${dirname(name)}x'; mv '${name}' moved; echo after > other.txt`);
  expect(readFileSync(join(workspace, name), "utf8")).toBe("before");
  expect(readFileSync(join(workspace, "other.txt"), "utf8")).toBe("after\n");
});

test("SB5: no address is reached, not this machine's own, not by any protocol", async () => {
  const reached: string[] = [];
  const server = createServer((socket) => {
    reached.push("tcp");
    socket.end("hello");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const { run } = room();
  const { stdout } = await run(
    `for to in tcp/127.0.0.1/${port} tcp/localhost/${port} udp/127.0.0.1/53 tcp/1.1.1.1/443; do (exec 3<>/dev/$to && echo hi >&3 && timeout 1 cat <&3); done 2>/dev/null; ls /sys/class/net 2>/dev/null; true`,
  );
  expect(reached).toEqual([]);
  expect(stdout).not.toContain("hello");
});

test("SB6: what hangs, floods, forks or hides is stopped, and nothing of it is left", async () => {
  const { run } = room();
  const mark = `77${String(process.pid)}`;
  const hung = await run(`trap '' TERM INT HUP; (setsid sleep ${mark} >/dev/null 2>&1 &) ; (sleep ${mark} & disown) ; sleep ${mark}`, {
    timeoutMs: 1500,
  });
  expect(hung).toMatchObject({ timedOut: true, signal: "SIGKILL" });
  const flood = await run("yes");
  expect(flood).toMatchObject({ truncated: true });
  expect(flood.stdout.length).toBeLessThan(1_100_000);
  expect(flood.stdout).toContain("bytes left out");
  await run(`bomb() { bomb | bomb & }; bomb; sleep ${mark}`, { timeoutMs: 1500 });
  await run(`for i in $(seq 2000); do sleep ${mark} & done 2>/dev/null; true`, { timeoutMs: 5000 });
  await sleep(50);
  expect(running(mark)).toBe(0);
});

test("SB7: cancelled, it ends at once, with everything it started", async () => {
  const { run } = room();
  const mark = `78${String(process.pid)}`;
  const stop = new AbortController();
  const going = run(`(setsid sleep ${mark} &); echo started; sleep ${mark}`, { signal: stop.signal });
  while (running(mark) < 2) await sleep(20);
  stop.abort(new Error("cancelled by a person"));
  await expect(going).rejects.toThrow("cancelled by a person");
  expect(running(mark)).toBe(0);
});

test("SB8: a long file stops at its limit, control sequences are taken out, bytes that are no text harm nothing", async () => {
  const { workspace, run } = room();
  const long = await run("head -c 3G /dev/zero > big; ls -l big | cut -d' ' -f5; rm -f big");
  expect(Number(long.stdout)).toBeLessThanOrEqual(1024 ** 3);
  const { stdout } = await run(String.raw`printf '\033[31mred\033[0m \033]52;c;aGk=\007 \377\376 end'`);
  expect(stdout).toContain("red");
  expect(stdout).toContain("end");
  expect(stdout).not.toContain("\u001b");
  expect(existsSync(join(workspace, "big"))).toBe(false);
});

test("SB9: a program of the sandbox's name in the workspace or on the path is never taken", async () => {
  const { workspace, run } = room({ bwrap: "#!/bin/sh\necho planted > planted.txt\n" });
  const before = process.env["PATH"];
  process.env["PATH"] = `${workspace}:${before ?? ""}`;
  onTestFinished(() => {
    process.env["PATH"] = before;
  });
  expect((await run("echo hi")).stdout).toBe("hi\n");
  expect(existsSync(join(workspace, "planted.txt"))).toBe(false);
});
