// The host's log lines, filtered as one types.
import { create } from "zustand";
import type { LogLine } from "../../core/contract/index.ts";
import { keepStreaming } from "./link.ts";

export const levels = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];

interface LogState {
  readonly lines: readonly LogLine[];
  readonly filter: string;
  readonly follow: boolean;
}

export const useLog = create<LogState>(() => ({ lines: [], filter: "level:info", follow: true }));

const kept = 5000;

export function followLog(): () => void {
  return keepStreaming(async (client, signal) => {
    // A new host counts its lines from one again.
    let fresh = true;
    for await (const lines of await client.logs.follow({ after: 0 }, { signal })) {
      useLog.setState((state) => ({ lines: fresh ? lines : [...state.lines, ...lines].slice(-kept) }));
      fresh = false;
    }
  });
}

export interface LogFilter {
  readonly level: Level;
  readonly run: string;
  readonly step: string;
  readonly room: string;
  readonly words: readonly string[];
}

/** `level:warn run:abc step:finance room:tools any words` → a filter. An unknown key is a word like any other. */
export function readFilter(text: string): LogFilter {
  const filter = { level: "debug" as Level, run: "", step: "", room: "", words: [] as string[] };
  for (const part of text.trim().split(/\s+/).filter(Boolean)) {
    const [, key, value = ""] = /^(level|run|step|room):(.*)$/.exec(part) ?? [];
    if (key === "level") filter.level = levels.find((level) => level === value.replace("+", "")) ?? "debug";
    else if (key === "run" || key === "step" || key === "room") filter[key] = value.toLowerCase();
    else filter.words.push(part.toLowerCase());
  }
  return filter;
}

/** The filter's text with its level replaced; without one when every line is wanted. */
export function withLevel(text: string, level: Level): string {
  const others = text
    .trim()
    .split(/\s+/)
    .filter((part) => part !== "" && !part.startsWith("level:"));
  return (level === "debug" ? others : [`level:${level}`, ...others]).join(" ");
}

export function passes(line: LogLine, filter: LogFilter): boolean {
  return (
    levels.indexOf(line.level) >= levels.indexOf(filter.level) &&
    (line.run ?? "").includes(filter.run) &&
    (line.step ?? "").includes(filter.step) &&
    line.room.includes(filter.room) &&
    filter.words.every((word) => line.message.toLowerCase().includes(word))
  );
}
