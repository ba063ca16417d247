// `models …`: which language models are within reach, and using one.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import type { Act } from "./surface.ts";
import { table } from "./terminal.ts";

export function modelCommands(program: Command, act: Act): void {
  const models = program.command("models").summary("language models within reach");
  models
    .command("find")
    .summary("look in the environment and on this machine")
    .action(
      act(async ({ connect, terminal }, json) => {
        const client = await connect({ resume: false });
        const [found, { model }] = await Promise.all([client.models.find(), client.host.status()]);
        if (json) return terminal.out(`${JSON.stringify({ using: model, found })}\n`);
        terminal.err(`Using ${model.id}. ${model.description}\n`);
        if (found.length === 0) {
          return terminal.err(
            "No language model was found. Start Ollama, LM Studio or llama.cpp, or set OPENAI_API_KEY or ANTHROPIC_API_KEY.\n",
          );
        }
        terminal.out(
          table(
            terminal,
            ["MODEL", "BY", "WHERE"],
            found.map(({ id, title, where }) => [id, title, where]),
          ),
        );
        terminal.err("botmojo models use MODEL connects one; botmojo models use rules goes back.\n");
      }),
    );

  const use = models.command("use <model>").summary("use a found model, or rules");
  use.action(
    act(async ({ connect, terminal }, json) => {
      const [id = ""] = use.args;
      const client = await connect({ resume: false });
      const wanted =
        id === "rules" ? { "model.provider": "rules" } : (await client.models.find()).find((model) => model.id === id)?.settings;
      if (!wanted) throw fail("not.found", `There is no model ${id} within reach.`, "botmojo models find lists them.");
      // The provider goes last: until then the settings still name the model that was in use.
      const { "model.provider": provider = "rules", ...rest } = wanted;
      for (const [key, value] of Object.entries(rest)) await client.config.set({ key, value });
      await client.config.set({ key: "model.provider", value: provider });
      const { model } = await client.host.status();
      terminal.out(json ? `${JSON.stringify(model)}\n` : `Using ${model.id}. ${model.description}\n`);
    }),
  );
}
