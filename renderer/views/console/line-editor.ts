// Editing one line in a terminal: cursor, history, completion, and Ctrl+C that stops what runs.
import type { Terminal } from "@xterm/xterm";

export interface LineActions {
  run(line: string, columns: number, write: (text: string) => void, signal: AbortSignal): Promise<void>;
  complete(line: string): Promise<readonly { word: string; hint: string }[]>;
}

const promptText = "botmojo> ";
const prompt = `\u001b[34m${promptText.trimEnd()}\u001b[0m `;
const key = "botmojo.repl";

/** Returns its stop. */
export function createLineEditor(terminal: Terminal, actions: LineActions): () => void {
  let line = "";
  let cursor = 0;
  let history = readHistory();
  let back = -1;
  let running: AbortController | undefined;

  let drawn = 0;
  const redraw = () => {
    terminal.write(drawLine(line, { was: drawn, is: cursor, columns: terminal.cols }));
    drawn = cursor;
  };
  const insert = (text: string) => {
    line = line.slice(0, cursor) + text + line.slice(cursor);
    cursor += text.length;
    redraw();
  };
  const replace = (text: string) => {
    line = text;
    cursor = text.length;
    redraw();
  };

  async function enter(): Promise<void> {
    const entered = line.trim();
    cursor = line.length;
    redraw();
    terminal.write("\r\n");
    line = "";
    cursor = 0;
    drawn = 0;
    back = -1;
    if (entered === "clear") terminal.clear();
    else if (entered !== "") {
      history = [entered, ...history.filter((old) => old !== entered)].slice(0, 500);
      localStorage.setItem(key, JSON.stringify(history));
      running = new AbortController();
      let last = "\n";
      await actions.run(
        entered,
        Math.max(40, terminal.cols),
        (text) => {
          terminal.write(text);
          if (text) last = text;
        },
        running.signal,
      );
      if (!last.endsWith("\n")) terminal.write("\r\n");
      running = undefined;
    }
    terminal.write(prompt);
  }

  async function completeWord(): Promise<void> {
    const asked = line;
    const found = await actions.complete(line.slice(0, cursor));
    if (line !== asked) return;
    const typed = line.slice(0, cursor).split(/\s/).at(-1) ?? "";
    const [only] = found;
    if (found.length === 1 && only) return insert(`${only.word.slice(typed.length)} `);
    const shared = commonStart(found.map(({ word }) => word));
    if (shared.length > typed.length) return insert(shared.slice(typed.length));
    if (found.length === 0) return;
    const width = Math.max(...found.map(({ word }) => word.length));
    const rows = found.slice(0, 20).map(({ word, hint }) => `${word.padEnd(width)}  ${hint}`.slice(0, terminal.cols - 1));
    terminal.write(`\r\n\u001b[2m${rows.join("\r\n")}\u001b[0m\r\n`);
    drawn = 0;
    redraw();
  }

  function onData(data: string): void {
    if (running) {
      if (data === "\u0003") running.abort();
      return;
    }
    switch (data) {
      case "\r":
        return void enter();
      case "\t":
        return void completeWord();
      case "\u0003":
        terminal.write("^C\r\n");
        drawn = 0;
        return replace("");
      case "\u000c":
        terminal.clear();
        drawn = 0;
        return redraw();
      case "\u007f":
        if (cursor === 0) return;
        line = line.slice(0, cursor - 1) + line.slice(cursor);
        cursor -= 1;
        return redraw();
      case "\u001b[3~":
        line = line.slice(0, cursor) + line.slice(cursor + 1);
        return redraw();
      case "\u001b[A":
      case "\u001b[B":
        back = Math.max(-1, Math.min(history.length - 1, back + (data === "\u001b[A" ? 1 : -1)));
        return replace(history[back] ?? "");
      case "\u001b[C":
        cursor = Math.min(line.length, cursor + 1);
        return redraw();
      case "\u001b[D":
        cursor = Math.max(0, cursor - 1);
        return redraw();
      case "\u001b[H":
      case "\u0001":
        cursor = 0;
        return redraw();
      case "\u001b[F":
      case "\u0005":
        cursor = line.length;
        return redraw();
      case "\u0015":
        return replace(line.slice(cursor));
    }
    // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
    const text = data.replaceAll(/[\u0000-\u001f\u007f]/g, data.length > 1 && !data.startsWith("\u001b") ? " " : "");
    if (text !== "" && !data.startsWith("\u001b")) insert(text);
  }

  terminal.write(prompt);
  const listening = terminal.onData(onData);
  return () => {
    running?.abort();
    listening.dispose();
  };
}

interface Cursor {
  /** Characters of the line before the cursor, as last drawn and now. */
  readonly was: number;
  readonly is: number;
  readonly columns: number;
}

/** What to write so that the prompt and the line stand where they last stood, over as many rows as they need. */
export function drawLine(line: string, { was, is, columns }: Cursor): string {
  const rowOf = (cursor: number) => Math.floor((promptText.length + cursor) / columns);
  const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : "");
  // At the right edge a terminal waits to wrap; a blank and a return make it.
  const wrap = (promptText.length + line.length) % columns === 0 ? " \r" : "";
  const column = (promptText.length + is) % columns;
  const right = column > 0 ? `\u001b[${column}C` : "";
  const back = is < line.length ? `${up(rowOf(line.length) - rowOf(is))}\r${right}` : "";
  return `${up(rowOf(was))}\r\u001b[J${prompt}${line}${wrap}${back}`;
}

/** The longest beginning that all words share. */
export function commonStart(words: readonly string[]): string {
  const [first = "", ...rest] = words;
  let length = first.length;
  for (const word of rest) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

function readHistory(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry === "string") : [];
  } catch {
    return [];
  }
}
