// `agents …` and `tools …`: who can do what.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import type { Act } from "./surface.ts";
import { Plan } from "../../contract/plan.ts";
import { exitCodes } from "./exit-code.ts";
import { readJson } from "./edits.ts";
import { followToEnd } from "./run-command.ts";
import { table, tint } from "./terminal.ts";

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

  const call = tools.command("call <tool> <input>").summary("call one by hand, as a run of one step: policy holds for you too");
  call.action(
    act(async (surface, json) => {
      const [tool = "", text = ""] = call.args;
      const plan = Plan.parse({
        version: 1,
        goal: `Call ${tool}.`,
        steps: [{ id: "call", kind: "tool", tool, input: readJson("The input", text) }],
      });
      const client = await surface.connect({ resume: true });
      const { door, workspace } = surface;
      const { run } = await client.runs.start({ goal: plan.goal, door, plan, ...(workspace === undefined ? {} : { workspace }) });
      return followToEnd(surface, { client, run, since: 0, json });
    }),
  );

  tools
    .command("sandbox")
    .summary("what was proven of the sandbox that commands run in")
    .action(
      act(async ({ connect, terminal }, json) => {
        const report = await (await connect({ resume: false })).tools.sandbox();
        if (json) terminal.out(`${JSON.stringify(report)}\n`);
        else {
          for (const { held, says } of report.probes) {
            terminal.out(`${held ? tint(terminal, "green", "ok   ") : tint(terminal, "red", "wrong")}  A command ${says}\n`);
          }
          const by = report.by ?? "no sandbox";
          terminal.out(
            `${report.proven ? `Proven on this machine today: ${by}, ${report.ms} ms.` : `Commands are off (${by}). ${report.remedy ?? ""}`}\n`,
          );
        }
        return report.proven ? exitCodes.done : exitCodes.failed;
      }),
    );
}
