// The command line as one table of commands over the contract; the terminal and the window's console both use it.
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { failureOf, type Failure } from "../../contract/failure.ts";
import type { Door } from "../../contract/events.ts";
import type { CoreClient } from "../rooms.ts";
import { configCommands } from "./config-commands.ts";
import { exitCodeOf, exitCodes } from "./exit-code.ts";
import { memoryCommands } from "./memory-commands.ts";
import { modelCommands } from "./model-commands.ts";
import { registryCommands } from "./registry-commands.ts";
import { runCommand } from "./run-command.ts";
import { runsCommands } from "./runs-commands.ts";
import { tint, type Terminal } from "./terminal.ts";

/** Where a command runs and what it may use there. */
export interface Surface {
  readonly terminal: Terminal;
  readonly door: Door;
  /** The host's client; opened or joined when first asked for. `resume` takes up unfinished runs. */
  readonly connect: (options: { resume: boolean }) => Promise<CoreClient>;
  /** After the host was lost: the next one. Undefined where there is none to be had. */
  readonly reconnect?: () => Promise<CoreClient>;
  readonly signal: AbortSignal;
  readonly readInput: () => Promise<string>;
  readonly readFile: (path: string) => Promise<string>;
  /** Where the person stands, for runs; absent where the host's own is meant. */
  readonly workspace?: string;
  readonly now: () => number;
}

/** A command's setting-up and its end: what it returns is the exit code, 0 when nothing. */
export type Action = (surface: Surface, json: boolean) => Promise<number | void>;

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
  for (const add of [runCommand, runsCommands, memoryCommands, registryCommands, modelCommands, configCommands]) {
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
        printFailure(terminal, failure);
        return exitCodeOf(failure.code);
      }
    },
  };
}

export type Act = (action: Action) => () => Promise<void>;

export function printFailure(terminal: Terminal, failure: Failure): void {
  terminal.err(`${tint(terminal, "red", failure.message)}\n`);
  if (failure.remedy) terminal.err(`${failure.remedy}\n`);
}

/** Reads a whole number between limits from an option. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
  };
}

/** Sub-commands inherit neither the exit override nor the output, so each is given them. */
function quieten(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    quieten(child);
  }
}
