// The MCP servers of a host: which there are, what was approved of them, and their approved tools in the registry.
import { join } from "node:path";
import { canonicalJson } from "../../contract/canonical-json.ts";
import { fail, failureOf } from "../../contract/failure.ts";
import type { McpCard, McpLogin, McpServer, McpServerView } from "../../contract/mcp.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Registry } from "../registry.ts";
import { defineTool, type Tool } from "../tool.ts";
import { openApprovals } from "./approvals.ts";
import { argumentsOf } from "./arguments.ts";
import { cardOf, cleanSchema, cleanWords, fingerprint } from "./card.ts";
import { accessTo } from "./login/access.ts";
import { logIn } from "./login/log-in.ts";
import { openLogins } from "./login/logins.ts";
import { liveServer, type LiveServer } from "./server.ts";
import { noServer, openMcpSettings, readServer } from "./settings.ts";

export interface McpServers {
  /** @throws FailureError `config.invalid` */
  list(): McpServerView[];
  /** Connects, and remembers what it is now as shown to the person. @throws FailureError `not.found`, `tool.failed`, `timeout` */
  look(name: string): Promise<McpServerView>;
  /** Lists it, once it could be looked at or asked for a login. Nothing is offered before it is approved. */
  add(server: McpServer): Promise<McpServerView>;
  /** Approves what was shown last. @throws FailureError `conflict` when it is another by now, or was never shown */
  approve(name: string): Promise<McpServerView>;
  remove(name: string): Promise<void>;
  /** Gives the address to open, then the server once the person has logged in. @throws FailureError `not.found`, `conflict`,
   * `denied` for what was refused, `timeout`, `tool.failed` */
  login(name: string, signal: AbortSignal): AsyncGenerator<McpLogin, void>;
  logout(name: string): Promise<McpServerView>;
  /** Resolves when no server's process is left. */
  close(): Promise<void>;
}

export function openMcpServers(deps: {
  readonly dataDir: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly clock: Clock;
  readonly telemetry: Log;
  readonly registry: Registry;
  /** Keeps a change that a person made: the fingerprints before and after it. */
  readonly record: (name: string, from: string | null, to: string | null) => void;
}): McpServers {
  const { dataDir, telemetry, registry, clock } = deps;
  const settings = openMcpSettings(join(dataDir, "mcp.yaml"));
  const approvals = openApprovals(join(dataDir, "mcp-approved.json"));
  const logins = openLogins(join(dataDir, "mcp-logins.json"));
  const loggingIn = new Set<string>();
  const closing = new AbortController();
  const live = new Map<string, { of: string; server: LiveServer }>();

  const find = (name: string): McpServer => {
    const server = settings.list().find((one) => one.name === name);
    if (!server) throw noServer(name);
    return server;
  };
  /** What changed of an approved server, as far as it shows without connecting. */
  const isOther = (server: McpServer): boolean => {
    const { approved, changed } = approvals.get(server.name);
    if (!approved) return false;
    const { tools: _, leftOut: __, ...reached } = cardOf(server, []);
    const { tools: ___, leftOut: ____, ...before } = approved.card;
    return changed !== undefined || canonicalJson(reached) !== canonicalJson(before);
  };
  const closed = (name: string): string | undefined => {
    try {
      const server = find(name);
      if (!server.enabled) return `The MCP server ${name} is switched off in ${settings.file}.`;
      if (!approvals.get(name).approved) return `The MCP server ${name} is not approved. botmojo mcp show ${name} shows what it is.`;
      if (!isOther(server)) return undefined;
      return closedWords(name);
    } catch (error) {
      return failureOf(error).message;
    }
  };
  const seen = (name: string, card: McpCard) => {
    const approval = approvals.get(name);
    const print = fingerprint(card);
    if (!approval.approved || approval.approved.fingerprint === print) return;
    if (approval.changed && fingerprint(approval.changed) === print) return;
    if (!approval.changed) telemetry.warn("tools", closedWords(name));
    approvals.set(name, { ...approval, changed: card });
  };
  const liveOf = (server: McpServer): LiveServer => {
    const { name } = server;
    const of = canonicalJson(server);
    const before = live.get(name);
    if (before?.of === of) return before.server;
    void before?.server.close();
    const { environment, version } = deps;
    const made = liveServer(server, {
      clock,
      environment,
      version,
      access: accessTo(server, logins),
      telemetry,
      onSeen: (card) => seen(name, card),
      closed: () => closed(name),
    });
    live.set(name, { of, server: made });
    return made;
  };
  const offer = (): void => {
    const tools: Tool[] = [];
    try {
      for (const { name, enabled } of settings.list()) {
        const { approved } = approvals.get(name);
        if (enabled && approved)
          tools.push(...toolsOf(name, approved.card, { closed: () => closed(name), live: () => liveOf(find(name)) }));
      }
    } catch (error) {
      telemetry.error("tools", failureOf(error).message);
    }
    registry.replace("mcp.", tools);
  };
  const view = (server: McpServer): McpServerView => {
    const { approved = null, changed, shown } = approvals.get(server.name);
    const other = changed ?? (shown && fingerprint(shown) !== approved?.fingerprint ? shown : undefined);
    const state = !server.enabled ? "off" : !approved ? "new" : isOther(server) ? "changed" : "approved";
    const now = state === "approved" || !other ? null : { fingerprint: fingerprint(other), card: other };
    const { login, demand } = logins.get(server.name, server.url ?? "");
    const has = demand ? "needed" : login ? "in" : "none";
    return { server, state, login: has, reason: closed(server.name) ?? null, approved, now };
  };
  const forget = async (name: string) => {
    const before = live.get(name);
    live.delete(name);
    approvals.remove(name);
    logins.remove(name);
    await before?.server.close();
  };
  const look = async (server: McpServer): Promise<McpServerView> => {
    const card = await liveOf(server).look();
    approvals.set(server.name, { ...approvals.get(server.name), shown: card });
    return view(server);
  };
  /** @throws FailureError `conflict` when it wants no login */
  const looked = async (server: McpServer): Promise<void> => {
    try {
      await liveOf(server).look();
    } catch (error) {
      if (view(server).login === "needed") return;
      throw error;
    }
    const { name } = server;
    throw fail("conflict", `The MCP server ${name} wants no login.`, `To log in as somebody else: botmojo mcp logout ${name}`);
  };
  offer();

  return {
    list: () => settings.list().map(view),
    look: (name) => look(find(name)),
    async add(given) {
      const server = readServer(given, "The server");
      settings.add(server);
      try {
        // What an earlier server of that name was approved for is not this one's.
        approvals.remove(server.name);
        logins.remove(server.name);
        return await look(server);
      } catch (error) {
        if (view(server).login === "needed") return view(server);
        settings.remove(server.name);
        await forget(server.name);
        throw error;
      }
    },
    async approve(name) {
      const server = find(name);
      const { approved, shown } = approvals.get(name);
      if (!shown) throw fail("conflict", `Nobody has looked at the MCP server ${name} yet.`, `botmojo mcp show ${name} shows what it is.`);
      const card = await liveOf(server).look();
      const print = fingerprint(card);
      if (print !== fingerprint(shown)) {
        throw fail("conflict", `The MCP server ${name} is another than was shown last.`, `botmojo mcp show ${name} shows what it is now.`);
      }
      approvals.set(name, { approved: { fingerprint: print, card, at: clock.now() }, shown });
      deps.record(name, approved?.fingerprint ?? null, print);
      offer();
      return view(server);
    },
    async remove(name) {
      const from = approvals.get(name).approved?.fingerprint ?? null;
      settings.remove(name);
      await forget(name);
      deps.record(name, from, null);
      offer();
    },
    async *login(name, signal) {
      const server = find(name);
      if (server.url === undefined) throw fail("conflict", `The MCP server ${name} is a program on this machine; it has no login.`);
      if (loggingIn.has(name)) throw fail("conflict", `A login to ${name} is under way already.`);
      loggingIn.add(name);
      try {
        // It says itself whether it wants one, and for what.
        if (view(server).login !== "needed") await looked(server);
        const ends = AbortSignal.any([signal, closing.signal]);
        for await (const address of logIn(server, { logins, environment: deps.environment, signal: ends })) yield { is: "open", address };
        telemetry.info("tools", `Logged in to the MCP server ${name}.`);
        yield { is: "done", server: view(server) };
      } finally {
        loggingIn.delete(name);
      }
    },
    async logout(name) {
      const server = find(name);
      const before = live.get(name);
      live.delete(name);
      logins.remove(name);
      await before?.server.close();
      return view(server);
    },
    async close() {
      closing.abort();
      await Promise.all([...live.values()].map(({ server }) => server.close()));
    },
  };
}

function closedWords(name: string): string {
  return `The MCP server ${name} is no longer what you approved. botmojo mcp show ${name} shows what changed, botmojo mcp approve ${name} approves it anew.`;
}

function toolsOf(name: string, { url, tools }: McpCard, of: { closed: () => string | undefined; live: () => LiveServer }): Tool[] {
  const hosts = url === null ? [] : [new URL(url).host];
  return tools.map(({ name: tool, description, inputSchema, hints }) =>
    defineTool({
      name: `mcp.${name}.${tool}`,
      description: cleanWords(description) || `The tool ${tool} of the MCP server ${name}.`,
      // What a server says of itself decides what a crash leads to, never whether a person is asked.
      effect: hints.readOnly ? "reads" : hints.idempotent ? "idempotent" : "unsafe",
      leave: "always",
      input: argumentsOf(inputSchema),
      inputSchema: cleanSchema(inputSchema),
      hosts: () => hosts,
      source: () => `the MCP server ${name}`,
      closed: of.closed,
      run: (input, context) => of.live().call(tool, input as Record<string, unknown>, context),
    }),
  );
}
