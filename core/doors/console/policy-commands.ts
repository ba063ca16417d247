// `policy …`: what tools may do, why, and changing it.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import { PolicyRule, ruleWords, trialWords, type PolicyCell, type PolicyTrial } from "../../contract/policy.ts";
import type { RunId } from "../../contract/ids.ts";
import type { CoreClient } from "../rooms.ts";
import { readJson } from "./edits.ts";
import { exitCodes } from "./exit-code.ts";
import { readRun } from "./read-run.ts";
import type { Act } from "./surface.ts";
import { plain, table, tint, type Terminal } from "./terminal.ts";

export function policyCommands(program: Command, act: Act): void {
  const policy = program
    .command("policy")
    .summary("what tools may do, and why")
    .description(
      "What tools may do. What is built in denies first; then a rule that denies goes before one that asks, and that before one that allows. Where no rule fits, harmless tools run, others ask.",
    );

  const show = policy.command("show").summary("list the rules in force").option("--run <run>", "also those of this run alone");
  show.action(
    act(async ({ connect, terminal, workspace }, json) => {
      const client = await connect({ resume: false });
      const shown = await client.policy.show({ workspace, ...(await ofRun(client, show.opts())) });
      if (json) return terminal.out(`${JSON.stringify(shown)}\n`);
      for (const { file, fault } of shown.sets) {
        if (fault !== null) terminal.err(`${tint(terminal, "red", plain(fault))} Until ${plain(file)} is mended, tools that act ask.\n`);
      }
      const rows = shown.sets.flatMap(({ layer, rules }) =>
        rules.map((rule, index) => [`${layer} ${index + 1}`, rule.decide, ruleWords(rule), rule.because ?? ""]),
      );
      if (rows.length === 0) return terminal.err(`No rules beside what is built in. They would stand in ${shown.sets[0]?.file ?? ""}.\n`);
      terminal.out(table(terminal, ["RULE", "SAYS", "OF", "BECAUSE"], rows));
    }),
  );

  policy
    .command("matrix")
    .summary("what every agent may do with every tool, while a call's arguments are not known")
    .action(
      act(async ({ connect, terminal, workspace }, json) => {
        const { agents, rows } = await (await connect({ resume: false })).policy.matrix({ workspace });
        if (json) return terminal.out(`${JSON.stringify({ agents, rows })}\n`);
        const cellWord = ({ given, usual, narrower }: PolicyCell) => (given ? `${usual.leave}${narrower.length > 0 ? "*" : ""}` : "-");
        const lines = rows.map(({ tool, cells }) => [tool, ...cells.map(cellWord)]);
        terminal.out(table(terminal, ["TOOL", ...agents.map((agent) => agent.toUpperCase())], lines));
        terminal.err("-: the agent was not given the tool. *: a rule looks at the arguments (policy explain tells of one call).\n");
      }),
    );

  const explain = policy.command("explain <agent> <tool> <input>").summary("what would be said of a call, and by which rule");
  explain.option("--tainted", "as if the arguments may have come from outside, such as from a page");
  explain.action(
    act(async ({ connect, terminal, workspace }, json) => {
      const [agent = "", tool = "", text = ""] = explain.args;
      const { tainted } = explain.opts<{ tainted?: boolean }>();
      const verdict = await (
        await connect({ resume: false })
      ).policy.explain({ agent, tool, input: readJson("The input", text), workspace, tainted });
      if (json) terminal.out(`${JSON.stringify(verdict)}\n`);
      else {
        const tone = ({ allow: "green", ask: "yellow", deny: "red" } as const)[verdict.leave];
        terminal.out(`${tint(terminal, tone, verdict.leave)} by ${verdict.rule}: ${plain(verdict.reason)}\n`);
        for (const line of verdict.also) terminal.out(`  ${plain(line)}\n`);
      }
      return verdict.leave === "deny" ? exitCodes.denied : exitCodes.done;
    }),
  );

  const set = policy
    .command("set <allow|ask|deny> [tool]")
    .summary("add a rule, once it was tried against past calls")
    .option("--agent <name>", "of this agent; * stands for any letters")
    .option("--paths <pattern...>", "files: src/** in the workspace, or absolute")
    .option("--hosts <pattern...>", "hosts: api.example.com, *.example.com")
    .option("--command <words>", "a plain command: npm test, git log **")
    .option("--if <condition>", "a condition (CEL) over input, tool and agent")
    .option("--tainted", "also where the arguments may have come from outside")
    .option("--because <text>", "the reason that is shown")
    .option("--run <run>", "for this run alone, while it is under way")
    .option("--dry-run", "only try it");
  set.action(
    act(async ({ connect, terminal }, json) => {
      const [decide, tool] = set.args;
      const { dryRun, run, ...options } = set.opts<Record<string, unknown> & { dryRun?: boolean; run?: string }>();
      const rule = PolicyRule.safeParse({ decide, ...(tool === undefined ? {} : { tool }), ...options });
      if (!rule.success) throw fail("input.invalid", `"${decide}" is neither allow, ask nor deny, or a pattern is empty or too long.`);
      const client = await connect({ resume: false });
      const { policy: rules } = client;
      const alone = await ofRun(client, { run });
      const trial = await rules.try({ rule: rule.data });
      const added = dryRun ? undefined : await rules.add({ rule: rule.data, ...alone });
      if (json) return terminal.out(`${JSON.stringify({ trial, added: added?.name ?? null })}\n`);
      printTrial(terminal, trial);
      terminal.out(added ? `Added as ${added.name}.\n` : "Nothing was added.\n");
    }),
  );

  const rm = policy.command("rm <number>").summary("take a rule of yours out").option("--run <run>", "one of this run alone");
  rm.action(
    act(async ({ connect, terminal }, json) => {
      const number = Number(/^(?:(?:user|run)\s*)?(\d+)$/.exec(rm.args[0] ?? "")?.[1]);
      if (!Number.isInteger(number) || number < 1) throw fail("input.invalid", `"${rm.args[0] ?? ""}" is no rule's number.`);
      const client = await connect({ resume: false });
      const { rule } = await client.policy.remove({ number, ...(await ofRun(client, rm.opts())) });
      terminal.out(json ? `${JSON.stringify(rule)}\n` : `Taken out: ${rule.decide} ${plain(ruleWords(rule))}\n`);
    }),
  );
}

/** The run that a command is about, where it names one. */
async function ofRun(client: CoreClient, { run }: { run?: string | undefined }): Promise<{ run?: RunId }> {
  return run === undefined ? {} : { run: await readRun(client, run) };
}

/** `of the last 412 calls it would have allowed 388, asked 21, denied 3`, and those that change. */
function printTrial(terminal: Terminal, trial: PolicyTrial): void {
  const { calls, changed } = trial;
  if (calls === 0) return terminal.err(`${trialWords(trial)}\n`);
  terminal.out(`${trialWords(trial)}\n`);
  if (changed.length === 0) return;
  const rows = changed.map(({ run, tool, agent, now, tried, input }) => [
    `${now} → ${tried.leave}`,
    tool,
    agent,
    run,
    JSON.stringify(input),
  ]);
  terminal.out(table(terminal, ["CHANGE", "TOOL", "AGENT", "RUN", "INPUT"], rows));
}
