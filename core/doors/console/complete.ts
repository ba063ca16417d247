// What can follow in a half-typed command: commands, options, and the ids of runs.
import { fail } from "../../contract/failure.ts";
import { settingKeys } from "../../contract/settings.ts";
import type { CoreClient } from "../rooms.ts";
import { createProgram } from "./program.ts";

interface Completion {
  readonly word: string;
  readonly hint: string;
}

export async function completeLine(client: CoreClient, line: string): Promise<Completion[]> {
  const words = line.split(/\s+/);
  const typed = words.pop() ?? "";
  const path = words.filter((word) => word !== "" && word !== "botmojo");
  let { command } = commands;
  for (const word of path) {
    const next = command.commands.find((child) => child.name() === word);
    if (next) command = next;
  }
  const names = command.commands.map((child) => ({ word: child.name(), hint: child.summary() }));
  const options = command.options.map(({ long, description }) => ({ word: long ?? "", hint: description }));
  const wanted = command.registeredArguments[0]?.name();
  const values =
    wanted === "run"
      ? (await client.runs.list({ limit: 50 })).runs.map(({ id, goal }) => ({ word: id as string, hint: goal.slice(0, 80) }))
      : wanted === "key"
        ? settingKeys().map(({ key, description }) => ({ word: key, hint: description }))
        : [];
  const all = typed.startsWith("-") ? options : [...names, ...values];
  return all.filter(({ word }) => word.startsWith(typed) && word !== "");
}

const nothing = () => Promise.reject(fail("internal", "Completion runs no command."));

const commands = createProgram({
  terminal: { out: () => {}, err: () => {}, columns: 80, colour: false },
  door: "console",
  connect: nothing,
  signal: new AbortController().signal,
  readInput: nothing,
  mayWait: false,
  readFile: nothing,
  now: Date.now,
});
