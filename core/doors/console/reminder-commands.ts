// `reminders …`: what the person is to be told, and when.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import { ItemId } from "../../contract/ids.ts";
import type { ReminderView } from "../../contract/items.ts";
import type { Act } from "./surface.ts";
import { table } from "./terminal.ts";

export function reminderCommands(program: Command, act: Act): void {
  const reminders = program
    .command("reminders")
    .summary("what you are to be told, and when")
    .description("What you are to be told, and when. “Remind me to …” in a goal adds one.");

  const ls = reminders.command("ls", { isDefault: true }).summary("list them, soonest first");
  ls.option("--all", "those too that are done or removed");
  ls.action(
    act(async ({ connect, terminal, now }, json) => {
      const { all = false } = ls.opts<{ all?: boolean }>();
      const found = await (await connect({ resume: false })).reminders.list({ all });
      if (json) return terminal.out(`${JSON.stringify(found)}\n`);
      if (found.length === 0) return terminal.err("There are no reminders.\n");
      const rows = found.map((each) => [each.id, new Date(each.at).toLocaleString("sv"), stateOf(each, now()), each.text]);
      terminal.out(table(terminal, ["REMINDER", "WHEN", "STATE", "WHAT"], rows));
    }),
  );

  const end = (name: string, how: "done" | "removed", summary: string) => {
    const command = reminders.command(`${name} <reminder>`).summary(summary);
    command.action(
      act(async ({ connect, terminal }, json) => {
        const [text = ""] = command.args;
        const id = ItemId.safeParse(text);
        if (!id.success) throw fail("input.invalid", `"${text}" is no reminder's id.`, "botmojo reminders lists them.");
        const { ended } = await (await connect({ resume: false })).reminders.end({ id: id.data, how });
        if (json) return terminal.out(`${JSON.stringify({ ended })}\n`);
        terminal.err(ended ? (how === "done" ? "Done.\n" : "Removed.\n") : "It was over already.\n");
      }),
    );
  };
  end("done", "done", "it is done");
  end("rm", "removed", "take it away");
}

function stateOf({ over, toldAt, at, late }: ReminderView, now: number): string {
  if (over) return "over";
  if (toldAt !== null) return late ? "due, told late" : "due";
  return at <= now ? "due" : "to come";
}
