// `runs undo` and `runs redo`: taking back what a run did, and bringing it back.
import type { Command } from "commander";
import type { UndoDirection, UndoPlan } from "../../contract/undo.ts";
import { readRun } from "./read-run.ts";
import { wholeNumber, type Act } from "./surface.ts";

export function undoCommands(runs: Command, act: Act): void {
  const add = (direction: UndoDirection, summary: string) => {
    const command = runs.command(`${direction} <run>`).summary(summary);
    if (direction === "undo") command.option("--to <seq>", "only what came after this event", wholeNumber(0, Number.MAX_SAFE_INTEGER));
    command.option("--dry-run", "only say what would change");
    command.action(
      act(async ({ connect, terminal }, json) => {
        const { to, dryRun = false } = command.opts<{ to?: number; dryRun?: boolean }>();
        const client = await connect({ resume: false });
        const run = await readRun(client, command.args[0]);
        const plan = await client.runs.undo({ run, direction, dryRun, ...(to === undefined ? {} : { to }) });
        terminal.out(json ? `${JSON.stringify({ run, dryRun, ...plan })}\n` : describe(plan, dryRun));
        if (!json && !dryRun && direction === "undo") terminal.err(`botmojo runs redo ${run} brings it back.\n`);
      }),
    );
  };
  add("undo", "take back what a run did to files, memory and the conversation");
  add("redo", "bring back what was undone");
}

function describe({ direction, files, items, messages }: UndoPlan, dryRun: boolean): string {
  const lines = files.map(({ path, from, to }) => {
    if (to === null) return `${path}: removed`;
    if (from === null) return `${path}: there again`;
    return `${path}: ${direction === "undo" ? "as it was before" : "as the run left it"}`;
  });
  if (items.length > 0) lines.push(`${counted(items.length, "kept item")} ${direction === "undo" ? "forgotten" : "known again"}`);
  if (messages.length > 0)
    lines.push(`${counted(messages.length, "message")} ${direction === "undo" ? "out of" : "back in"} the conversation`);
  return `${dryRun ? "Would change:\n" : ""}${lines.map((line) => `${line}\n`).join("")}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
