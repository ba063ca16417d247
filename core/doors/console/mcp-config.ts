// A copy of a program's MCP configuration in which a relay stands in the place of each server's command. The file itself is
// only read.
import { fail } from "../../contract/failure.ts";

interface Relayed {
  /** The whole file, as it was but for the servers' commands. */
  readonly text: string;
  /** Servers whose calls are led by here. */
  readonly servers: readonly string[];
  /** Servers that have no command, but an address. */
  readonly unseen: readonly string[];
}

type Json = Record<string, unknown>;

/** Where programs keep their servers: by name, or in a list with their names, at the top or further in. */
const holders = ["mcpServers", "servers"];
const deepest = 6;

/** @param relay what starts a relay; the server's command follows. `variablesOf` says what it finds in its environment.
 * @throws FailureError `input.invalid` for a file that is no JSON, or has no server in it */
export function relayServers(
  file: { readonly name: string; readonly text: string },
  { relay, variablesOf }: { relay: readonly string[]; variablesOf: (server: string) => Record<string, string> },
): Relayed {
  const servers: string[] = [];
  const unseen: string[] = [];
  const changed = (name: string, server: unknown): unknown => {
    if (!isObject(server)) return server;
    const { command, args, env } = server;
    const words = [command, ...(Array.isArray(args) ? args : [])].flat().filter((word) => typeof word === "string");
    const [first = "", ...rest] = [...relay, "--", ...words];
    if (words.length === 0 || command === undefined) {
      if ("url" in server) unseen.push(name);
      return server;
    }
    servers.push(name);
    const led = { ...server, env: { ...(isObject(env) ? env : {}), ...variablesOf(name) } };
    return Array.isArray(command) ? { ...led, command: [first, ...rest] } : { ...led, command: first, args: rest };
  };
  const walk = (value: unknown, depth: number): unknown => {
    if (!isObject(value) || depth === 0) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        if (!holders.includes(key)) return [key, walk(inner, depth - 1)];
        if (Array.isArray(inner)) {
          return [
            key,
            inner.map((one, index) => changed(isObject(one) && typeof one["name"] === "string" ? one["name"] : `${index}`, one)),
          ];
        }
        const named = isObject(inner) ? Object.entries(inner).map(([name, one]) => [name, changed(name, one)]) : undefined;
        return [key, named ? Object.fromEntries(named) : inner];
      }),
    );
  };
  let read: unknown;
  try {
    read = JSON.parse(file.text);
  } catch {
    throw fail("input.invalid", `${file.name} is no JSON.`);
  }
  const text = JSON.stringify(walk(read, deepest), undefined, 2);
  if (servers.length === 0 && unseen.length === 0) {
    throw fail("input.invalid", `${file.name} has no MCP server in it.`, `They stand in it under ${holders.join(" or ")}.`);
  }
  return { text, servers, unseen };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
