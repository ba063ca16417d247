// One line of the window's console: split into words as a shell would, run as a command, its output streamed.
import { fail } from "../../contract/failure.ts";
import { bell } from "../../store/subscriptions.ts";
import type { CoreClient } from "../rooms.ts";
import { createProgram } from "./program.ts";

type Chunk = { is: "output" | "error"; text: string } | { is: "exit"; code: number };

export async function* runLine(client: CoreClient, input: { line: string; columns: number }, signal: AbortSignal): AsyncGenerator<Chunk> {
  const stopped = new AbortController();
  const either = AbortSignal.any([signal, stopped.signal]);
  const waker = bell();
  let chunks: Chunk[] = [];
  const add = (chunk: Chunk) => {
    chunks.push(chunk);
    waker.ring();
  };
  const program = createProgram({
    terminal: {
      out: (text) => add({ is: "output", text }),
      err: (text) => add({ is: "error", text }),
      columns: input.columns,
      colour: true,
    },
    door: "console",
    connect: () => Promise.resolve(client),
    signal: either,
    readInput: () => Promise.reject(fail("input.invalid", "The console has no standard input.")),
    mayWait: false,
    readFile: () => Promise.reject(fail("input.invalid", "The console does not read files.", "Use botmojo in a terminal.")),
    now: Date.now,
  });
  void run();
  try {
    for (;;) {
      const now = chunks;
      chunks = [];
      for (const chunk of now) {
        yield chunk;
        if (chunk.is === "exit") return;
      }
      if (chunks.length === 0) await waker.next(never);
    }
  } finally {
    stopped.abort();
  }

  async function run(): Promise<void> {
    const words = splitWords(input.line);
    if (words === undefined) {
      add({ is: "error", text: "A quote is opened and not closed.\n" });
      return add({ is: "exit", code: 2 });
    }
    const argv = words[0] === "botmojo" ? words.slice(1) : words;
    add({ is: "exit", code: argv.length === 0 ? 0 : await program.run(argv) });
  }
}

const never = new AbortController().signal;

/** Words by spaces; quotes and backslashes as in a shell. Undefined when a quote stays open. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (quote) {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"' && at + 1 < line.length) word = (word ?? "") + line.charAt(++at);
      else word = (word ?? "") + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (char === "\\" && at + 1 < line.length) {
      word = (word ?? "") + line.charAt(++at);
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}
