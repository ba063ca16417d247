// The servers that a person has listed: `mcp.yaml` in the data directory, read anew whenever it has changed.
import { existsSync, lstatSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { LineCounter, parseDocument, YAMLSeq, type Document } from "yaml";
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

const largestFile = 256 * 1024;
const most = 50;

export function openMcpSettings(file: string): McpSettings {
  let known: { stamp: string; servers: readonly McpServer[] } | undefined;

  const list = () => {
    const stamp = stampOf(file);
    if (known?.stamp !== stamp) known = { stamp, servers: serversIn(read(file), file) };
    return known.servers;
  };
  const write = (change: (servers: YAMLSeq) => void) => {
    const { document } = read(file);
    if (!(document.contents instanceof YAMLSeq)) document.contents = new YAMLSeq() as typeof document.contents;
    change(document.contents as unknown as YAMLSeq);
    const temporary = `${file}.new`;
    writeFileSync(temporary, document.toString(), { mode: 0o600 });
    renameSync(temporary, file);
    known = undefined;
  };

  return {
    file,
    list,
    add(server) {
      const servers = list();
      if (servers.some(({ name }) => name === server.name)) {
        throw fail("conflict", `There is an MCP server called ${server.name} already.`, `botmojo mcp rm ${server.name} takes it out.`);
      }
      if (servers.length >= most) throw fail("conflict", `There are ${most} MCP servers already.`);
      write((all) => all.add(server));
    },
    remove(name) {
      const index = list().findIndex((server) => server.name === name);
      if (index < 0) throw noServer(name);
      write((all) => void all.delete(index));
    },
  };
}

export function noServer(name: string) {
  return fail("not.found", `There is no MCP server called ${name}.`, "botmojo mcp ls lists them.");
}

/** Changes whenever the file does. */
function stampOf(path: string): string {
  const info = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return info ? `${info.ino} ${info.size} ${info.mtimeNs}` : "";
}

function read(file: string): { document: Document; lines: LineCounter } {
  const info = lstatSync(file, { throwIfNoEntry: false });
  if (info && !info.isFile()) throw fail("config.invalid", `${file} is not a plain file.`);
  if (info && info.size > largestFile) throw fail("config.invalid", `${file} is larger than ${largestFile / 1024} KiB.`);
  const lines = new LineCounter();
  const document = parseDocument(existsSync(file) ? readFileSync(file, "utf8") : "", { schema: "core", lineCounter: lines });
  const [error] = document.errors;
  if (error) {
    const says = error.message.split("\n", 1)[0]?.replace(/ at line.*$/, "") ?? "";
    throw fail("config.invalid", `${file}, line ${lines.linePos(error.pos[0]).line}: ${says}`, "Mend that line.");
  }
  return { document, lines };
}

function serversIn({ document, lines }: ReturnType<typeof read>, file: string): readonly McpServer[] {
  const { contents } = document;
  if (contents === null) return [];
  if (!(contents instanceof YAMLSeq)) throw fail("config.invalid", `${file} is not a list of servers ("- name: …").`);
  if (contents.items.length > most) throw fail("config.invalid", `${file} has more than ${most} servers.`);
  const servers: McpServer[] = [];
  for (const item of contents.items) {
    const node = item as { range?: readonly number[] | null; toJS(doc: unknown, options: object): unknown };
    const place = `${file}, line ${lines.linePos(node.range?.[0] ?? 0).line}`;
    const server = serverOf(() => node.toJS(document, { maxAliasCount: 0 }), place);
    if (servers.some(({ name }) => name === server.name))
      throw fail("config.invalid", `${place}: there are two servers called ${server.name}.`);
    servers.push(server);
  }
  return servers;
}

function serverOf(value: () => unknown, place: string): McpServer {
  let plain: unknown;
  try {
    plain = value();
  } catch {
    throw fail("config.invalid", `${place} uses anchors, which servers do not need.`);
  }
  return readServer(plain, place);
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
