// The servers that a person has listed: `mcp.yaml` in the data directory.
import { openListFile } from "../../config/list-file.ts";
import { fail } from "../../contract/failure.ts";
import { McpServer } from "../../contract/mcp.ts";

export interface McpSettings {
  readonly file: string;
  /** @throws FailureError `config.invalid`, with the line */
  list(): readonly McpServer[];
  /** Appends a server, keeping the file's comments. @throws FailureError `conflict` when there is one of that name */
  add(server: McpServer): void;
  /** @throws FailureError `not.found` */
  remove(name: string): void;
}

const most = 50;

export function openMcpSettings(file: string): McpSettings {
  const servers = openListFile<McpServer>(file, {
    noun: "servers",
    example: "- name: …",
    most,
    readEntry(value, place, before) {
      const server = readServer(value, place);
      if (before.some(({ name }) => name === server.name))
        throw fail("config.invalid", `${place}: there are two servers called ${server.name}.`);
      return server;
    },
  });

  return {
    file,
    list: servers.read,
    add(server) {
      const listed = servers.read();
      if (listed.some(({ name }) => name === server.name)) {
        throw fail("conflict", `There is an MCP server called ${server.name} already.`, `botmojo mcp rm ${server.name} takes it out.`);
      }
      if (listed.length >= most) throw fail("conflict", `There are ${most} MCP servers already.`);
      servers.add(server);
    },
    remove(name) {
      const index = servers.read().findIndex((server) => server.name === name);
      if (index < 0) throw noServer(name);
      servers.removeAt(index);
    },
  };
}

export function noServer(name: string) {
  return fail("not.found", `There is no MCP server called ${name}.`, "botmojo mcp ls lists them.");
}

/** @throws FailureError `config.invalid` that begins with `place` */
export function readServer(value: unknown, place: string): McpServer {
  const checked = McpServer.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const what = issue?.code === "unrecognized_keys" ? `there is no field "${issue.keys[0] ?? ""}"` : issue?.message;
  const field = issue?.path.join(".") ?? "";
  throw fail(
    "config.invalid",
    `${place}: ${field === "" ? "a server" : `"${field}"`} ${what ?? "is not valid"}.`,
    "A server has a name, and a command or a url; it may have folder, env and enabled.",
  );
}
