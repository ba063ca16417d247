// `agents …` and `tools …`: who can do what.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import type { Act } from "./surface.ts";
import { table } from "./terminal.ts";

export function registryCommands(program: Command, act: Act): void {
  const agents = program.command("agents").summary("who can do what");
  agents
    .command("ls")
    .summary("list agents")
    .action(
      act(async ({ connect, terminal }, json) => {
        const cards = await (await connect({ resume: false })).agents.list();
        const rows = cards.map(({ name, tools, description }) => [name, tools.join(", ") || "–", description]);
        terminal.out(json ? `${JSON.stringify(cards)}\n` : table(terminal, ["AGENT", "TOOLS", "WHAT FOR"], rows));
      }),
    );

  const tools = program.command("tools").summary("what agents may use");
  tools
    .command("ls")
    .summary("list tools")
    .action(
      act(async ({ connect, terminal }, json) => {
        const views = await (await connect({ resume: false })).tools.list();
        const rows = views.map(({ name, effect, description }) => [name, effect, description]);
        terminal.out(json ? `${JSON.stringify(views)}\n` : table(terminal, ["TOOL", "EFFECT", "WHAT FOR"], rows));
      }),
    );
  const show = tools.command("show <tool>").summary("one tool, with the schema of its input");
  show.action(
    act(async ({ connect, terminal }) => {
      const [name = ""] = show.args;
      const tool = (await (await connect({ resume: false })).tools.list()).find((known) => known.name === name);
      if (!tool) throw fail("not.found", `There is no tool called ${name}.`, "botmojo tools ls lists them.");
      terminal.out(`${JSON.stringify(tool, null, 2)}\n`);
    }),
  );
}
