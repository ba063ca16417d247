// Log lines: structured, kept in memory for the console, and written as JSON lines where a process asks for it.
import type { LogLine } from "../contract/views.ts";

export interface LogEntry {
  readonly run?: string | undefined;
  readonly step?: string | undefined;
  readonly seq?: number | undefined;
}

export interface Log {
  debug(room: string, message: string, entry?: LogEntry): void;
  info(room: string, message: string, entry?: LogEntry): void;
  warn(room: string, message: string, entry?: LogEntry): void;
  error(room: string, message: string, entry?: LogEntry): void;
  /** The kept lines after the one with id `after`, oldest first. */
  since(after: number): LogLine[];
  onLine(listener: () => void): () => void;
}

const kept = 5000;

export function createLog(options: { now: () => number; write?: ((line: LogLine) => void) | undefined }): Log {
  const lines: LogLine[] = [];
  const listeners = new Set<() => void>();
  let nextId = 1;

  const add =
    (level: LogLine["level"]) =>
    (room: string, message: string, entry: LogEntry = {}) => {
      const { run, step, seq } = entry;
      const line: LogLine = { id: nextId, at: options.now(), level, room, message };
      if (run !== undefined) line.run = run;
      if (step !== undefined) line.step = step;
      if (seq !== undefined) line.seq = seq;
      nextId += 1;
      lines.push(line);
      if (lines.length > kept * 1.1) lines.splice(0, lines.length - kept);
      options.write?.(line);
      for (const listener of listeners) listener();
    };

  return {
    debug: add("debug"),
    info: add("info"),
    warn: add("warn"),
    error: add("error"),
    since: (after) => lines.slice(Math.max(0, lines.length - (nextId - 1 - after))),
    onLine(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
