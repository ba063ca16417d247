// The MCP servers of a program that is followed: the copy of their configuration that it is given, and what is said of it.
import { basename, join } from "node:path";
import { relayServers } from "./mcp-config.ts";
import type { Surface } from "./surface.ts";
import { tint } from "./terminal.ts";

/** In a command: the copy's path. */
const placeholder = "{mcp}";
const pathVariable = "BOTMOJO_MCP_CONFIG";

interface ServersLed {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Takes the copy away. */
  readonly close: () => void;
}

/** Reads the program's own file, which stays as it is. What it gives is to be called with the address at which relays find
 * the host.
 * @throws FailureError `input.invalid`, `not.found` */
export async function readServers(
  { programs, terminal, readFile, workspace = "." }: Surface & { readonly programs: NonNullable<Surface["programs"]> },
  command: readonly string[],
  path: string | undefined,
): Promise<(address: string) => ServersLed> {
  const say = (words: string) => terminal.err(`${tint(terminal, "dim", words)}\n`);
  if (path === undefined) {
    const there = await readFile(join(workspace, ".mcp.json")).catch(() => undefined);
    if (there !== undefined) {
      say(
        `What is asked of the MCP servers in .mcp.json is seen with --mcp-config .mcp.json and ${placeholder} where the command names it.`,
      );
    }
    return () => ({ command, env: {}, close: () => {} });
  }
  const file = { name: path, text: await readFile(path) };
  const { relay, relayVariable, keep } = programs;
  const at = (address: string) =>
    relayServers(file, { relay, variablesOf: (server) => ({ [relayVariable]: `${address}/${encodeURIComponent(server)}` }) });
  const { servers, unseen } = at("");
  const named = command.some((word) => word.includes(placeholder));
  say(`Followed too: ${servers.join(", ") || "no server"} of ${path}${named ? "" : `, for a program that reads ${pathVariable}`}.`);
  if (unseen.length > 0) say(`Reached by an address, so not followed: ${unseen.join(", ")}.`);
  return (address) => {
    const copy = keep(basename(path), at(address).text);
    return {
      command: command.map((word) => word.replaceAll(placeholder, copy.path)),
      env: { [pathVariable]: copy.path },
      close: copy.remove,
    };
  };
}
