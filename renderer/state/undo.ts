// Taking back what the run on show did, once it was looked at, and bringing it back.
import { create } from "zustand";
import { isOver, type Event, type FileSwap, type RunState, type Seq, type UndoPlan } from "../../core/contract/index.ts";
import { useRun } from "./run.ts";
import { useScreen } from "./screen.ts";
import { steer, useSteering } from "./steering.ts";

/** What would change, while it is being looked at. */
export const useUndo = create<{ readonly plan: UndoPlan | undefined }>(() => ({ plan: undefined }));

/** Asks what would change and shows it; a refusal stands at the run's head. */
export async function askUndo(): Promise<void> {
  const { newest } = useRun.getState();
  if (!newest) return;
  const { id: run } = newest;
  if (!isOver(newest.status)) {
    const remedy = "Let it end, or cancel it first.";
    return useSteering.setState({ failure: { code: "conflict", message: "A run under way can't be undone.", remedy } });
  }
  const plan = await steer((client) => client.runs.undo({ run, dryRun: true }));
  if (!plan || useRun.getState().id !== run) return;
  useUndo.setState({ plan });
  useScreen.setState({ overlay: "undo" });
}

export function closeUndo(): void {
  useUndo.setState({ plan: undefined });
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

/** Files that the newest undo left, for somebody had changed them. */
export function filesLeft(events: readonly Event[], { undoneTo }: RunState): readonly string[] {
  if (undoneTo === null) return [];
  const applied = events.findLast((event) => event.type === "undo.applied");
  return applied?.type === "undo.applied" ? applied.data.left : [];
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
