// A terminal with the command line's commands, history and completion.
import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef } from "react";
import { call } from "../../state/link.ts";
import { tokenColour } from "../../ui/colours.ts";
import { onThemeChange } from "../../ui/theme-change.ts";
import { createLineEditor } from "./line-editor.ts";

export default function Repl() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const terminal = new Terminal({
      fontFamily: "JetBrains Mono Variable",
      fontSize: 12,
      lineHeight: 1.3,
      cursorBlink: false,
      convertEol: true,
      scrollback: 5000,
      theme: themeNow(),
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(place.current);
    terminal.textarea?.setAttribute("aria-label", "REPL");
    // While its tab is put away it has no size to fit.
    const refit = () => terminal.element?.offsetWidth && fit.fit();
    refit();
    const stop = createLineEditor(terminal, { run: runLine, complete });
    const observer = new ResizeObserver(refit);
    observer.observe(place.current);
    const repaint = () => (terminal.options.theme = themeNow());
    const stopPainting = onThemeChange(repaint);
    return () => {
      stop();
      observer.disconnect();
      stopPainting();
      terminal.dispose();
    };
  }, []);
  return <div ref={place} className="repl" />;
}

async function runLine(line: string, columns: number, write: (text: string) => void, signal: AbortSignal): Promise<void> {
  const answer = await call(async (client) => {
    for await (const chunk of await client.console.run({ line, columns }, { signal })) {
      if (chunk.is !== "exit") write(chunk.text);
    }
  });
  if (!answer.ok && !signal.aborted) write(`${answer.failure.message}\n`);
}

async function complete(line: string): Promise<readonly { word: string; hint: string }[]> {
  const answer = await call((client) => client.console.complete({ line }));
  return answer.ok ? answer.value : [];
}

function themeNow() {
  const colour = tokenColour;
  return {
    background: colour("--panel"),
    foreground: colour("--text"),
    cursor: colour("--accent"),
    cursorAccent: colour("--accent-text"),
    selectionBackground: colour("--pressed"),
    red: colour("--failed"),
    green: colour("--done"),
    yellow: colour("--waiting"),
    cyan: colour("--running"),
    blue: colour("--accent"),
  };
}
