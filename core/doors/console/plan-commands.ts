// `plan …`: a plan shown, checked and drawn.
import type { Command } from "commander";
import { bodyOf, doerOf, type Plan, type Step } from "../../contract/plan.ts";
import { exitCodes } from "./exit-code.ts";
import { readPlan } from "./run-command.ts";
import { readRun, readState } from "./read-run.ts";
import type { Act, Surface } from "./surface.ts";
import { tint } from "./terminal.ts";

export function planCommands(program: Command, act: Act): void {
  const plan = program.command("plan").summary("a plan shown, checked, drawn").description("Plans: of a run, or in a file.");

  const show = plan.command("show <run-or-file>").summary("as JSON");
  show.action(act(async (surface) => surface.terminal.out(`${JSON.stringify(await planOf(surface, show.args[0]), null, 2)}\n`)));

  const validate = plan.command("validate <file>").summary("whether it can run here, and what keeps it from that");
  validate.action(
    act(async (surface, json) => {
      const [file = ""] = validate.args;
      const read = readPlan(file, await surface.readFile(file));
      const { mistakes } = await (await surface.connect({ resume: false })).plans.check({ plan: read });
      const { terminal } = surface;
      if (json) terminal.out(`${JSON.stringify({ ok: mistakes.length === 0, mistakes })}\n`);
      else if (mistakes.length === 0)
        terminal.out(`${file} can run: ${read.steps.length} ${read.steps.length === 1 ? "step" : "steps"}.\n`);
      else for (const mistake of mistakes) terminal.err(`${tint(terminal, "red", mistake)}\n`);
      return mistakes.length === 0 ? exitCodes.done : exitCodes.misuse;
    }),
  );

  const graph = plan.command("graph <run-or-file>").summary("as a Mermaid flowchart");
  graph.action(
    act(async (surface, json) => {
      const drawn = mermaid(await planOf(surface, graph.args[0]));
      surface.terminal.out(json ? `${JSON.stringify({ mermaid: drawn })}\n` : drawn);
    }),
  );
}

async function planOf(surface: Surface, text = ""): Promise<Plan> {
  if (/\.json$|[\\/]/.test(text)) return readPlan(text, await surface.readFile(text));
  const client = await surface.connect({ resume: false });
  const state = await readState(client, await readRun(client, text));
  return state.revisions.at(-1)?.plan ?? { version: 1, goal: state.goal, steps: [] };
}

/** https://mermaid.js.org/syntax/flowchart.html */
export function mermaid(plan: Plan): string {
  const lines = ["flowchart LR"];
  const draw = (steps: readonly Step[], prefix: string, indent: string) => {
    for (const step of steps) {
      const id = `${prefix}${step.id}`.replaceAll(/\W/g, "_");
      const label = `${step.id}: ${doerOf(step)}`.replaceAll('"', "'");
      const body = bodyOf(step);
      if (body.length > 0) {
        lines.push(`${indent}subgraph ${id}["${label}"]`);
        draw(body, `${prefix}${step.id}/`, `${indent}  `);
        lines.push(`${indent}end`);
      } else lines.push(`${indent}${id}${step.kind === "decide" ? `{"${label}"}` : `["${label}"]`}`);
      for (const need of step.needs) lines.push(`${indent}${`${prefix}${need}`.replaceAll(/\W/g, "_")} --> ${id}`);
    }
  };
  draw(plan.steps, "", "  ");
  return `${lines.join("\n")}\n`;
}
