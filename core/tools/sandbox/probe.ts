// Attempts to get out, made on this machine before any command is: what is not proven to hold is off.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { failureOf } from "../../contract/failure.ts";
import type { SandboxReport } from "../../contract/sandbox.ts";
import { trustedProgram } from "./confine.ts";
import { withEgress } from "./egress.ts";
import { noSandbox, runCommand } from "./run-command.ts";

export interface Sandbox {
  /** The probes' outcome; made once, when first asked for. */
  report(): Promise<SandboxReport>;
}

export function createSandbox({ now }: { now: () => number }): Sandbox {
  let made: Promise<SandboxReport> | undefined;
  return { report: () => (made ??= probe(now)) };
}

const timeoutMs = 10_000;

async function probe(now: () => number): Promise<SandboxReport> {
  const at = now();
  const from = performance.now();
  const program = trustedProgram("bubblewrap");
  const nothing = { proven: false, net: false, at, probes: [], by: null, ms: 0, remedy: noSandbox().failure.remedy ?? null };
  if (!program || !trustedProgram("limiter")) return nothing;
  const top = realpathSync(mkdtempSync(join(tmpdir(), "botmojo-probe-")));
  const canary = `canary-${randomBytes(8).toString("hex")}`;
  const server = createServer((socket) => socket.end("reached"));
  try {
    const workspace = join(top, "workspace");
    mkdirSync(join(workspace, ".git", "hooks"), { recursive: true });
    writeFileSync(join(top, "outside.txt"), canary);
    writeFileSync(join(workspace, ".env"), canary);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const mark = `86${String(randomBytes(4).readUInt32BE(0)).slice(0, 6)}`;
    const script = [
      `cat ../outside.txt .env 2>/dev/null; echo "=read"`,
      `echo x > ../written.txt; echo x > /usr/written.txt; echo x > .git/hooks/written; echo "=written"`,
      `(exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3) 2>/dev/null; echo "=reached"`,
      `env | grep -c BOTMOJO; echo "=env"`,
      `ls /proc | grep -c '^[0-9]'; echo "=processes"`,
      `(setsid sleep ${mark} &) ; echo "=left"`,
    ].join("\n");
    const argv = ["/bin/bash", "-c", `exec 2>/dev/null\n${script}`];
    const walls = { profile: "workspace-write" as const, workspace, folder: workspace, readable: [] };
    const { stdout, exitCode } = await runCommand(walls, argv, { signal: new AbortController().signal, timeoutMs });
    const said = new Map(
      stdout.split(/^=(\w+)\n/m).flatMap((text, index, all) => (index % 2 === 1 ? [[text, all[index - 1]?.trim() ?? ""]] : [])),
    );
    const written = ["written.txt", "workspace/.git/hooks/written"].some((path) => existsSync(join(top, path)));
    const left = processesOf(["sleep", mark]);
    const probes = [
      { name: "read", held: said.get("read") === "", says: "reads no file outside the workspace, and no secrets in it" },
      {
        name: "write",
        held: said.has("written") && !written && !existsSync("/usr/written.txt"),
        says: "writes nothing outside, and no hooks",
      },
      { name: "network", held: said.get("reached") === "", says: "reaches no address, not even this machine's own" },
      { name: "environment", held: said.get("env") === "0", says: "sees nothing of this program's environment" },
      { name: "processes", held: Number(said.get("processes") ?? 99) <= 10, says: "sees no other processes" },
      { name: "left over", held: said.has("left") && left === 0, says: "leaves no process behind" },
    ];
    const proven = exitCode === 0 && probes.every(({ held }) => held);
    const out = proven && trustedProgram("bridge") ? await probeWayOut(workspace, port) : [];
    const net = out.length > 0 && out.every(({ held }) => held);
    const by = execFileSync(program, ["--version"], { encoding: "utf8" }).trim();
    const remedy = proven ? null : "What the probes say must hold first. On some systems user namespaces are switched off.";
    return { proven, net, at, by, probes: [...probes, ...out], ms: Math.round(performance.now() - from), remedy };
  } catch (error) {
    return { ...nothing, remedy: failureOf(error).message };
  } finally {
    server.close();
    rmSync(top, { recursive: true, force: true });
  }
}

/** Whether a command with a way out gets where it is let to, and nowhere else. */
async function probeWayOut(workspace: string, port: number): Promise<SandboxReport["probes"]> {
  const allowed = createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\narrived")));
  await new Promise<void>((resolve) => allowed.listen(0, "127.0.0.1", resolve));
  const address = allowed.address();
  const open = typeof address === "object" && address ? address.port : 0;
  const ask = (host: string) =>
    `exec 3<>/dev/tcp/127.0.0.1/3128; printf 'GET http://${host}/ HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' >&3; timeout 5 cat <&3`;
  const script = [
    `(${ask(`127.0.0.1:${open}`)}); echo; echo "=let"`,
    `(${ask(`127.0.0.1:${port}`)}; ${ask(`[::1]:${port}`)}; exec 4<>/dev/tcp/127.0.0.1/${port} && cat <&4); echo; echo "=kept"`,
  ].join("\n");
  try {
    const mayReach = (host: string) => (host === `127.0.0.1:${open}` ? undefined : "not this one");
    const { stdout } = await withEgress({ mayReach, mayDial: () => true }, (egress) =>
      runCommand(
        { profile: "workspace-net", workspace, folder: workspace, readable: [], egress },
        ["/bin/bash", "-c", `exec 2>/dev/null\n${script}`],
        { signal: new AbortController().signal, timeoutMs },
      ),
    );
    const [first = "", kept = ""] = stdout.split(/^=\w+\n/m);
    return [
      { name: "way out", held: first.includes("arrived"), says: "with the profile workspace-net reaches a host that it is let to" },
      {
        name: "no other way",
        held: stdout.includes("=kept") && kept.includes("403") && !kept.includes("reached"),
        says: "with the profile workspace-net reaches no other host, nor around the proxy",
      },
    ];
  } finally {
    allowed.close();
  }
}

/** How many processes of this machine run just this. */
function processesOf(argv: readonly string[]): number {
  const wanted = `${argv.join("\0")}\0`;
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1") === wanted;
    } catch {
      // It ended while they were listed.
      return false;
    }
  }).length;
}
