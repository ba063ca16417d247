// The tool that runs a shell's line, behind walls. It always asks unless a rule lets just such commands through.
import { relative } from "node:path";
import { z } from "zod";
import { fail } from "../contract/failure.ts";
import { SandboxProfile } from "../contract/sandbox.ts";
import { resolveInWorkspace } from "../security/workspace.ts";
import { obeyedIn } from "./sandbox/confine.ts";
import { publicOnly, type MayDial } from "../security/dial.ts";
import { withEgress } from "./sandbox/egress.ts";
import { noSandbox, noWayOut, runCommand } from "./sandbox/run-command.ts";
import type { Sandbox } from "./sandbox/probe.ts";
import { defineTool, type Tool } from "./tool.ts";

const longestSeconds = 110;
const obeyedWarning = "The command made files that other programs run or obey. Look at them before you use this folder with those.";

export function shellTools(
  sandbox: Sandbox,
  options: { readonly readable: () => readonly string[]; readonly mayDial?: MayDial },
): readonly Tool[] {
  const { readable, mayDial = publicOnly } = options;
  const run = defineTool({
    name: "shell",
    description:
      "Runs a line with bash in a sandbox: it sees the workspace and installed programs, no other files, and no network but hosts that a rule names for it. Returns what it printed and its exit code.",
    effect: "unsafe",
    leave: "always",
    input: z.strictObject({
      command: z.string().min(1).max(20_000).describe("A line for bash"),
      folder: z.string().min(1).max(4096).default(".").describe("Where it starts, relative to the workspace"),
      profile: SandboxProfile.default("workspace-write").describe(
        "read-only: it may change nothing; workspace-net: it reaches the hosts that a rule names, by HTTP and HTTPS",
      ),
      timeoutSeconds: z.number().min(1).max(longestSeconds).default(60),
    }),
    touches: ({ folder }) => [folder],
    command: ({ command }) => command,
    source: ({ command }) => `the command ${command.length > 60 ? `${command.slice(0, 59)}…` : command}`,
    async run({ command, folder, profile, timeoutSeconds }, { workspace, signal, progress, reach }) {
      if (command.includes("\0")) throw fail("input.invalid", "The command holds a NUL byte.");
      const { proven, net, remedy, probes } = await sandbox.report();
      if (!proven && probes.length === 0) throw noSandbox();
      const broken = probes.find(({ held }) => !held);
      if (!proven)
        throw fail(
          "denied",
          `Commands are off: the sandbox did not hold on this machine (${broken?.name ?? "it did not start"}).`,
          remedy ?? undefined,
        );
      if (profile === "workspace-net" && !net) throw noWayOut();
      const root = resolveInWorkspace(workspace, ".").path;
      const walls = { profile, workspace: root, folder: resolveInWorkspace(workspace, folder).path, readable: readable() };
      const onOutput = (text: string) => progress(text.slice(-2000));
      const before = new Set(obeyedIn(root));
      const start = (egress?: string) =>
        runCommand({ ...walls, egress }, ["/bin/bash", "-c", command], { signal, timeoutMs: timeoutSeconds * 1000, onOutput });
      const mayReach = (host: string) => (reach(host) === "allow" ? undefined : "no rule lets this command reach it");
      const result =
        profile === "workspace-net"
          ? await withEgress({ mayReach, mayDial }, async (socket, { refused }) => {
              const ended = await start(socket);
              return refused.size === 0 ? ended : { ...ended, refused: [...refused].map(([host, why]) => `${host}: ${why}`) };
            })
          : await start();
      const obeyed = obeyedIn(root).filter((path) => !before.has(path));
      return obeyed.length === 0 ? result : { ...result, obeyed: obeyed.map((path) => relative(root, path)), warning: obeyedWarning };
    },
  });
  return [run];
}
