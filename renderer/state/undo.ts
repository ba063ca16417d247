// Taking back what the run on show did, once it was looked at, and bringing it back.
import { create } from "zustand";
import { isOver, type Event, type FileSwap, type Seq, type UndoPlan } from "../../core/contract/index.ts";
import { useRun } from "./run.ts";
import { useScreen } from "./screen.ts";
import { steer, useSteering } from "./steering.ts";

/** What would change, while it is being looked at. */
export const useUndo = create<{
  readonly plan: UndoPlan | undefined;
  /** What is said in the first of the messages that it takes out of the conversation. */
  readonly words: readonly string[];
}>(() => ({ plan: undefined, words: [] }));

/** More changes than this of one sort are said as a number. */
export const mostLines = 6;

/** Asks what would change and shows it; a refusal stands at the run's head. */
export async function askUndo(): Promise<void> {
  const { newest } = useRun.getState();
  if (!newest) return;
  const { id: run } = newest;
  if (!isOver(newest.status)) {
    const remedy = "Let it end, or cancel it first.";
    return useSteering.setState({ failure: { code: "conflict", message: "A run under way can't be undone.", remedy } });
  }
  const asked = await steer(async (client) => {
    const plan = await client.runs.undo({ run, dryRun: true });
    const events = await Promise.all(plan.messages.slice(0, mostLines).map((seq) => client.events.list({ run, since: seq - 1, limit: 1 })));
    return { plan, words: wordsSaid(events.flat(), plan.messages) };
  });
  if (!asked || useRun.getState().id !== run) return;
  useUndo.setState(asked);
  useScreen.setState({ overlay: "undo" });
}

export function closeUndo(): void {
  useUndo.setState({ plan: undefined, words: [] });
  useScreen.setState({ overlay: undefined });
}

export async function undoRun(): Promise<void> {
  const { id: run } = useRun.getState();
  closeUndo();
  if (run) await steer((client) => client.runs.undo({ run }));
}

export async function bringBack(): Promise<void> {
  const { id: run } = useRun.getState();
  if (run) await steer((client) => client.runs.undo({ run, direction: "redo" }));
}

export type FileChange = "Removed" | "Brought back" | "As it was before";

export function fileChange({ from, to }: FileSwap): FileChange {
  if (to === null) return "Removed";
  return from === null ? "Brought back" : "As it was before";
}

/** What was said in these events, as far as they are here. */
export function wordsSaid(events: readonly Event[], seqs: readonly Seq[]): string[] {
  const asked = new Set(seqs);
  return events.flatMap((event) => {
    if (!asked.has(event.seq)) return [];
    switch (event.type) {
      case "run.started":
        return event.data.goal ?? [];
      case "run.completed":
        return event.data.answer ?? [];
      case "message.added":
        return event.data.text ?? [];
      case "run.failed":
        return event.data.failure?.message ?? [];
      default:
        return [];
    }
  });
}

/** "1 file, 2 kept items and 2 messages". */
export function countsInWords({ files, items, messages }: { files: number; items: number; messages: number }): string {
  const parts = [
    [files, "file"],
    [items, "kept item"],
    [messages, "message"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}${count === 1 ? "" : "s"}`);
  return new Intl.ListFormat("en").format(said);
}
