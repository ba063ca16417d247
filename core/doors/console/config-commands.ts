// `config …`: what is set, where it came from, and changing it.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import { settingText } from "../../contract/settings.ts";
import type { SettingView } from "../../contract/views.ts";
import type { Act } from "./surface.ts";
import { table } from "./terminal.ts";

export function configCommands(program: Command, act: Act): void {
  const config = program.command("config").summary("settings, and where each came from");

  const show = config.command("show").summary("every setting with its value");
  show.option("--origin", "say where each value came from");
  show.action(
    act(async ({ connect, terminal }, json) => {
      const settings = await (await connect({ resume: false })).config.show();
      if (json) return terminal.out(`${JSON.stringify(settings)}\n`);
      const { origin } = show.opts<{ origin?: boolean }>();
      const rows = settings.map((setting) =>
        origin ? [setting.key, valueText(setting), setting.origin, setting.where] : [setting.key, valueText(setting), setting.description],
      );
      terminal.out(table(terminal, origin ? ["KEY", "VALUE", "FROM", "WHERE"] : ["KEY", "VALUE", "WHAT FOR"], rows));
    }),
  );

  const get = config.command("get <key>").summary("one setting's value");
  get.action(
    act(async ({ connect, terminal }, json) => {
      const [key = ""] = get.args;
      const setting = (await (await connect({ resume: false })).config.show()).find((known) => known.key === key);
      if (!setting) throw fail("not.found", `There is no setting "${key}".`, "botmojo config show lists them.");
      terminal.out(`${json ? JSON.stringify(setting) : valueText(setting)}\n`);
    }),
  );

  const set = config.command("set <key> <value>").summary("change a setting in the file");
  set.action(
    act(async ({ connect, terminal }, json) => {
      const [key = "", value = ""] = set.args;
      const setting = await (await connect({ resume: false })).config.set({ key, value });
      terminal.out(json ? `${JSON.stringify(setting)}\n` : told(setting));
    }),
  );

  const unset = config.command("unset <key>").summary("take a setting out of the file");
  unset.action(
    act(async ({ connect, terminal }, json) => {
      const [key = ""] = unset.args;
      const setting = await (await connect({ resume: false })).config.unset({ key });
      terminal.out(json ? `${JSON.stringify(setting)}\n` : told(setting));
    }),
  );

  config
    .command("schema")
    .summary("the settings file's JSON Schema")
    .action(
      act(async ({ connect, terminal }) => {
        terminal.out(`${JSON.stringify(await (await connect({ resume: false })).config.schema(), null, 2)}\n`);
      }),
    );
}

function told(setting: SettingView): string {
  const from = setting.origin === "default" ? "the default" : `from ${setting.where}`;
  return `${setting.key} is ${valueText(setting)} (${from})\n`;
}

function valueText({ value }: SettingView): string {
  return settingText(value) || "(empty)";
}
