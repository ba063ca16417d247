// The command line as one table of commands over the contract; the terminal and the window's console both use it.
import { Command, CommanderError } from "commander";
import { failureOf } from "../../contract/failure.ts";
import { configCommands } from "./config-commands.ts";
import { exitCodeOf, exitCodes } from "./exit-code.ts";
import { mcpCommands } from "./mcp-commands.ts";
import { memoryCommands } from "./memory-commands.ts";
import { modelCommands } from "./model-commands.ts";
import { registryCommands } from "./registry-commands.ts";
import { recordCommands } from "./record-commands.ts";
import { runCommand } from "./run-command.ts";
import { planCommands } from "./plan-commands.ts";
import { policyCommands } from "./policy-commands.ts";
import { reminderCommands } from "./reminder-commands.ts";
import { reviewCommands } from "./review-commands.ts";
import { runsCommands } from "./runs-commands.ts";
import { printFailure, type Act, type Surface } from "./surface.ts";

export interface Program {
  readonly command: Command;
  /** Runs one command line. Never throws; prints what went wrong and returns the exit code. */
  run(argv: readonly string[]): Promise<number>;
}

export function createProgram(surface: Surface, extend?: (command: Command, act: Act) => void): Program {
  const { terminal } = surface;
  let code: number = exitCodes.done;
  const command = new Command("botmojo");
  const act: Act = (action) => async (): Promise<void> => {
    const json = command.opts<{ json?: boolean }>().json ?? false;
    code = (await action(surface, json)) ?? exitCodes.done;
  };
  command
    .description("A workbench for AI agents: run them, see what they do, on your own machine.")
    .option("--json", "print JSON: one document, or one object a line for streams")
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err, getOutHelpWidth: () => terminal.columns })
    .showHelpAfterError("(botmojo --help shows the commands)");
  for (const add of [
    runCommand,
    runsCommands,
    recordCommands,
    planCommands,
    reviewCommands,
    memoryCommands,
    reminderCommands,
    registryCommands,
    mcpCommands,
    modelCommands,
    configCommands,
    policyCommands,
  ]) {
    add(command, act);
  }
  extend?.(command, act);
  quieten(command);

  return {
    command,
    async run(argv) {
      code = exitCodes.done;
      try {
        await command.parseAsync([...argv], { from: "user" });
        return code;
      } catch (error) {
        if (error instanceof CommanderError) {
          return error.exitCode === 0 ? exitCodes.done : exitCodes.misuse;
        }
        if (surface.signal.aborted) return exitCodes.interrupted;
        const failure = failureOf(error);
        if (command.opts<{ json?: boolean }>().json) terminal.out(`${JSON.stringify({ failure })}\n`);
        printFailure(terminal, failure);
        return exitCodeOf(failure.code);
      }
    },
  };
}

/** Sub-commands inherit neither the exit override nor the output, so each is given them. */
function quieten(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    quieten(child);
  }
}
