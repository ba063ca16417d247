// What a command is given to work with, and the few things that all of them do alike.
import { InvalidArgumentError } from "commander";
import type { Door } from "../../contract/events.ts";
import type { Failure } from "../../contract/failure.ts";
import type { CoreClient } from "../rooms.ts";
import type { Files } from "./files.ts";
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
  /** Whether it may wait for a person. */
  readonly mayWait: boolean;
  readonly readFile: (path: string) => Promise<string>;
  /** Absent where the door has none. */
  readonly files?: Files;
  /** Where the person stands, for runs; absent where the host's own is meant. */
  readonly workspace?: string;
  readonly now: () => number;
  /** Starts programs in this terminal. Absent where the door has none. */
  readonly programs?: Programs;
}

export interface Programs {
  /** What they are started with. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `env` comes on top. With `outputAside` what it prints goes to standard error: standard output is for results. */
  start(command: readonly string[], options: { env: Readonly<Record<string, string>>; outputAside: boolean }): StartedProgram;
  /** What starts a relay, which stands in the place of an MCP server whose command follows after `--`. */
  readonly relay: readonly string[];
  /** The variable that tells a relay where the host is. */
  readonly relayVariable: string;
  /** Keeps a text as a file of this name that nobody else can read, until it is removed. */
  keep(name: string, text: string): { readonly path: string; readonly remove: () => void };
}

export interface StartedProgram {
  /** Never rejects. `why` says in a sentence what else than an exit code ended it. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly why?: string }>;
  /** Asks it to end; a second time makes it. */
  stop(): void;
}

/** A command's setting-up and its end: what it returns is the exit code, 0 when nothing. */
export type Action = (surface: Surface, json: boolean) => Promise<number | void>;

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

/** For an option that may be given again for more. */
export function collect(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}
