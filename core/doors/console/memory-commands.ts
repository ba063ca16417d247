// `memory …`: what is kept, and finding it again.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import { ItemKind, type Item } from "../../contract/items.ts";
import { itemText } from "../../memory/items.ts";
import { wholeNumber, type Act } from "./surface.ts";
import { table, type Terminal } from "./terminal.ts";

export function memoryCommands(program: Command, act: Act): void {
  const memory = program.command("memory").summary("what is kept").description("What is kept, and where it was learnt.");

  const ls = memory.command("ls").summary("list what is kept, newest first");
  ls.option("--kind <kind>", `only ${ItemKind.options.join(", ")}`);
  ls.option("--limit <n>", "how many", wholeNumber(1, 1000), 50);
  ls.action(
    act(async ({ connect, terminal }, json) => {
      const { kind, limit } = ls.opts<{ kind?: string; limit: number }>();
      const only = kind === undefined ? {} : { kind: readKind(kind) };
      print(terminal, await (await connect({ resume: false })).memory.list({ ...only, limit }), json);
    }),
  );

  const recall = memory.command("recall <query...>").summary("find what shares words with the query, best first");
  recall.option("--limit <n>", "how many", wholeNumber(1, 200), 10);
  recall.action(
    act(async ({ connect, terminal }, json) => {
      const { limit } = recall.opts<{ limit: number }>();
      const query = recall.args.join(" ");
      print(terminal, await (await connect({ resume: false })).memory.recall({ query, limit }), json);
    }),
  );
}

function readKind(text: string): ItemKind {
  const kind = ItemKind.safeParse(text);
  if (kind.success) return kind.data;
  throw fail("input.invalid", `There is no kind "${text}".`, `It is one of ${ItemKind.options.join(", ")}.`);
}

function print(terminal: Terminal, items: readonly Item[], json: boolean): void {
  if (json) return terminal.out(`${JSON.stringify(items)}\n`);
  if (items.length === 0) return terminal.err("Nothing of that kind is kept.\n");
  const rows = items.map(({ body, run, words }) => [body.kind, run, itemText(body), `“${words}”`]);
  terminal.out(table(terminal, ["KIND", "RUN", "WHAT", "FROM"], rows));
}
