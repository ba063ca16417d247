// `models …`: which language models are within reach, using one, and how their calls stand.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import type { ModelState, ModelsView } from "../../contract/views.ts";
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

  models
    .command("show")
    .alias("status")
    .summary("how calls stand: under way, waiting, and today's use against the budget")
    .action(
      act(async ({ connect, terminal, now }, json) => {
        const view = await (await connect({ resume: false })).models.show();
        if (json) return terminal.out(`${JSON.stringify(view)}\n`);
        terminal.out(`${modelLines(view).join("\n")}\n`);
        if (view.providers.length > 0) {
          terminal.out(
            table(
              terminal,
              ["PROVIDER", "UNDER WAY", "WAITING", "CALLS IN A MINUTE", "TOKENS IN A MINUTE", "LEFT ALONE"],
              view.providers.map((one) => [
                one.origin,
                ofLimit(one.inFlight, one.concurrency),
                String(one.queued),
                ofLimit(one.requestsInMinute, one.requestsPerMinute),
                ofLimit(one.tokensInMinute, one.tokensPerMinute),
                one.heldUntil === null ? "" : `${Math.ceil((one.heldUntil - now()) / 1000)} s`,
              ]),
            ),
          );
        }
        terminal.out(`${todayLine(view)}\n`);
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

function modelLines({ model, fallback, cache }: ModelsView): string[] {
  const about = ({ id, description, price }: ModelState) => `${id}: ${description} ${priceText(price)}`;
  return [
    about(model),
    ...fallback.map((other) => `then ${about(other)}`),
    ...(cache === "on" ? ["The same request of the same day is answered from earlier runs (model.cache)."] : []),
  ];
}

function priceText(price: ModelState["price"]): string {
  if (price === null) return "Its price is not known (model.inputPrice, model.outputPrice).";
  if (price.input === 0 && price.output === 0) return "It costs nothing.";
  return `$${price.input} for a million tokens in, $${price.output} out.`;
}

function todayLine({ today: { calls, usage, limits, timeZone } }: ModelsView): string {
  const { inputTokens, outputTokens, microUsd = 0, unpricedTokens = 0 } = usage;
  const usd = (value: number) => `$${value.toFixed(4)}`;
  const spent = limits.usd > 0 ? `${usd(microUsd / 1_000_000)} of ${usd(limits.usd)}` : usd(microUsd / 1_000_000);
  const unpriced = unpricedTokens > 0 ? ` and ${unpricedTokens.toLocaleString("en")} tokens of unknown price` : "";
  return `Today (${timeZone}): ${ofLimit(calls, limits.calls)} calls, ${ofLimit(inputTokens + outputTokens, limits.tokens)} tokens, ${spent}${unpriced}.`;
}

function ofLimit(used: number, limit: number): string {
  return limit > 0 ? `${used.toLocaleString("en")} of ${limit.toLocaleString("en")}` : used.toLocaleString("en");
}
