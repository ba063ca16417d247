// `mcp …`: servers of tools. What one is and says is shown whole before a person approves it, and what changed after.
import { resolve } from "node:path";
import type { Command } from "commander";
import { McpServer, type McpCard, type McpServerView, type McpState } from "../../contract/mcp.ts";
import { fail } from "../../contract/failure.ts";
import { visibleText } from "../../contract/visible-text.ts";
import { markUnseen } from "../../tools/mcp/card.ts";
import type { Act } from "./surface.ts";
import { plain, table, tint, type Terminal } from "./terminal.ts";
import { wordDiff } from "./word-diff.ts";

export function mcpCommands(program: Command, act: Act): void {
  const mcp = program
    .command("mcp")
    .summary("servers of tools")
    .description(
      "Servers of tools (MCP). One that is added offers nothing before it is approved; one that changes afterwards is closed until it is approved anew. Every call of its tools asks first unless a rule lets it through.",
    );

  mcp
    .command("ls")
    .summary("list servers")
    .action(
      act(async ({ connect, terminal }, json) => {
        const views = await (await connect({ resume: false })).mcp.list();
        if (json) return terminal.out(`${JSON.stringify(views)}\n`);
        const rows = views.map(({ server, state, login, approved }) => [
          server.name,
          state,
          login === "none" ? "" : login,
          String(approved?.card.tools.length ?? 0),
          markUnseen(server.url ?? server.command?.join(" ") ?? ""),
        ]);
        terminal.out(table(terminal, ["SERVER", "STATE", "LOGIN", "TOOLS", "WHERE"], rows));
      }),
    );

  const show = mcp.command("show <name>").summary("connect, and show all that it is and what changed since it was approved");
  show.action(
    act(async ({ connect, terminal }, json) => {
      const [name = ""] = show.args;
      const { mcp: servers } = await connect({ resume: false });
      const view = await servers.look({ name }).catch(async (error: unknown) => {
        // What was approved can be read also while it can't be reached.
        const known = (await servers.list()).find(({ server }) => server.name === name);
        if (known?.approved && !json) printServer(terminal, known);
        throw error;
      });
      if (json) terminal.out(`${JSON.stringify(view)}\n`);
      else printServer(terminal, view);
    }),
  );

  const add = mcp
    .command("add <name> [command...]")
    .summary("add a server: mcp add NAME -- COMMAND…, or mcp add NAME --url URL")
    .option("--url <url>", "where it answers: https, or http on this machine")
    .option("--env <variable...>", "names of environment variables that it is given")
    .option("--client <id>", "who BotMojo is where one logs in: a client's id, or the https address of its metadata")
    .option("--client-secret-env <variable>", "name of the variable that holds the client's secret")
    .option("--issuer <url>", "the authorization server that knows the client");
  add.action(
    act(async ({ connect, terminal, workspace }, json) => {
      const [name, ...command] = add.args;
      const { url, env, client, clientSecretEnv, issuer } = add.opts<{
        url?: string;
        env?: string[];
        client?: string;
        clientSecretEnv?: string;
        issuer?: string;
      }>();
      const known = { client, secretEnv: clientSecretEnv, issuer };
      const login = Object.values(known).some((value) => value !== undefined) ? { login: known } : {};
      const reached = command.length > 0 ? { command, folder: resolve(workspace ?? ".") } : {};
      const server = McpServer.safeParse({ name, ...reached, ...(url === undefined ? {} : { url }), ...(env ? { env } : {}), ...login });
      if (!server.success) {
        const [issue] = server.error.issues;
        throw fail(
          "input.invalid",
          `${issue?.path.join(".") || "A server"} ${issue?.message ?? "is not valid"}.`,
          "botmojo mcp add --help",
        );
      }
      const view = await (await connect({ resume: false })).mcp.add({ server: server.data });
      if (json) terminal.out(`${JSON.stringify(view)}\n`);
      else printServer(terminal, view);
    }),
  );

  const approve = mcp.command("approve <name>").summary("approve a server as it was shown last");
  approve.action(
    act(async ({ connect, terminal }, json) => {
      const [name = ""] = approve.args;
      const view = await (await connect({ resume: false })).mcp.approve({ name });
      if (json) terminal.out(`${JSON.stringify(view)}\n`);
      else printServer(terminal, view);
    }),
  );

  const login = mcp.command("login <name>").summary("log in to a server that wants it: prints the address to open in a browser");
  login.action(
    act(async ({ connect, terminal, signal }, json) => {
      const [name = ""] = login.args;
      const client = await connect({ resume: false });
      for await (const step of await client.mcp.login({ name }, { signal })) {
        if (step.is === "done") {
          if (json) return terminal.out(`${JSON.stringify(step.server)}\n`);
          const { state } = step.server;
          terminal.out(`${plain(name)}: you are logged in.\n`);
          if (state === "new") terminal.err(`It offers nothing before it is approved: botmojo mcp show ${name}\n`);
          return;
        }
        terminal.err(`Open this in a browser, and log in there; Ctrl-C gives it up:\n`);
        terminal.out(json ? `${JSON.stringify(step)}\n` : `${visibleText(step.address)}\n`);
      }
    }),
  );

  const logout = mcp.command("logout <name>").summary("forget the login to a server");
  logout.action(
    act(async ({ connect, terminal }, json) => {
      const [name = ""] = logout.args;
      const view = await (await connect({ resume: false })).mcp.logout({ name });
      terminal.out(json ? `${JSON.stringify(view)}\n` : `${plain(name)}: you are logged out.\n`);
    }),
  );

  const rm = mcp.command("rm <name>").summary("take a server out, and end it");
  rm.action(
    act(async ({ connect, terminal }, json) => {
      const [name = ""] = rm.args;
      const removed = await (await connect({ resume: false })).mcp.remove({ name });
      terminal.out(json ? `${JSON.stringify(removed)}\n` : `Taken out: ${plain(name)}\n`);
    }),
  );
}

const tones = { approved: "green", new: "yellow", changed: "red", off: "dim" } as const satisfies Record<McpState, string>;

function printServer(terminal: Terminal, { server, state, login, reason, approved, now }: McpServerView): void {
  const { name } = server;
  terminal.out(`${name}  ${tint(terminal, tones[state], state)}\n`);
  const card = now?.card ?? approved?.card;
  for (const [title, text] of card ? fieldsOf(card) : []) terminal.out(`${tint(terminal, "bold", title)}\n${indented(text)}\n`);
  const print = now?.fingerprint ?? approved?.fingerprint;
  if (print !== undefined) terminal.out(`SHA-256 ${print}\n`);
  if (approved && now) {
    terminal.out(`\n${tint(terminal, "bold", "Changed since it was approved")}\n`);
    for (const line of changes(terminal, approved.card, now.card)) terminal.out(`${line}\n`);
  }
  if (reason !== null && state !== "new") terminal.err(`${plain(reason)}\n`);
  if (login === "needed") terminal.err(`It needs you to log in: botmojo mcp login ${name}\n`);
  if (state === "new" && now) terminal.err(`Once you have read this: botmojo mcp approve ${name}\n`);
  if (state === "approved") terminal.err("Every call asks first, unless a rule lets it through (botmojo policy set).\n");
}

/** All that is approved, a title and a text each; what is not seen is marked. */
function fieldsOf(card: McpCard): [string, string][] {
  const { command, folder, url, env, tools, leftOut } = card;
  const fields: [string, string][] = [
    ...(command ? ([["command", JSON.stringify(command)]] as [string, string][]) : []),
    ...(folder === null ? [] : ([["folder", folder]] as [string, string][])),
    ...(url === null ? [] : ([["url", url]] as [string, string][])),
    ["environment", env.join(" ") || "nothing beside PATH, HOME, LANG and TMPDIR"],
    ...tools.map(({ name, description, inputSchema, hints }): [string, string] => {
      const says = [hints.readOnly ? "it changes nothing" : "", hints.idempotent ? "twice is as once" : ""].filter((part) => part !== "");
      return [
        `tool ${name}`,
        `${description}\n${JSON.stringify(inputSchema)}${says.length > 0 ? `\nIt says of itself: ${says.join(", ")}` : ""}`,
      ];
    }),
    ...(leftOut.length > 0 ? ([["left out", leftOut.join("\n")]] as [string, string][]) : []),
  ];
  return fields.map(([title, text]) => [title, markUnseen(text)]);
}

function changes(terminal: Terminal, before: McpCard, after: McpCard): string[] {
  const then = new Map(fieldsOf(before));
  const now = new Map(fieldsOf(after));
  const lines: string[] = [];
  for (const title of new Set([...then.keys(), ...now.keys()])) {
    const [from, to] = [then.get(title), now.get(title)];
    if (from === to) continue;
    if (from === undefined) lines.push(tint(terminal, "green", `+ ${title}`), indented(to ?? ""));
    else if (to === undefined) lines.push(tint(terminal, "red", `- ${title}`));
    else
      lines.push(
        `  ${title}`,
        indented(
          wordDiff(from, to)
            .map(({ is, text }) => worded(terminal, is, text))
            .join(""),
        ),
      );
  }
  return lines;
}

function worded(terminal: Terminal, is: "same" | "out" | "in", text: string): string {
  if (is === "same") return text;
  return is === "out" ? tint(terminal, "red", `[-${text}-]`) : tint(terminal, "green", `{+${text}+}`);
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
