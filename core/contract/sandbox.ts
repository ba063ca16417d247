// How a command is confined, and what was proven of it on this machine.
import { z } from "zod";
import { Instant } from "./ids.ts";

/** `read-only`: sees the workspace, changes nothing. `workspace-write`: changes files of the workspace that no other program
 * obeys. `workspace-net`: that too, and reaches hosts that a rule names, through a proxy. All: no other network, no other
 * files, no other processes, an empty environment. */
export const SandboxProfile = z.enum(["read-only", "workspace-write", "workspace-net"]);
export type SandboxProfile = z.infer<typeof SandboxProfile>;

export const SandboxReport = z.object({
  /** Whether every probe without a way out held; commands are off otherwise. */
  proven: z.boolean(),
  at: Instant,
  /** Whether the way out of `workspace-net` held too; that profile alone is off otherwise. */
  net: z.boolean(),
  /** What confines, such as `bubblewrap 0.8.0`; null when nothing does. */
  by: z.string().nullable(),
  probes: z.array(z.object({ name: z.string(), held: z.boolean(), says: z.string() })),
  ms: z.number(),
  /** What to do, when it is not proven. */
  remedy: z.string().nullable(),
});
export type SandboxReport = z.infer<typeof SandboxReport>;
