// Undo: one checkpoint over files, memory and the conversation. What is to change is in the log before the first file
// is touched, so a host that dies half way finishes it when it comes back.
import { fail } from "../contract/failure.ts";
import type { Event } from "../contract/events.ts";
import type { RunId, Seq } from "../contract/ids.ts";
import { isOver } from "../contract/run-state.ts";
import type { FileContent, FileSwap, UndoDirection, UndoPlan } from "../contract/undo.ts";
import { realPathOf } from "../security/workspace.ts";
import type { EventLog } from "../store/event-log.ts";
import { contentHash, readContent, removeFile, writeContent } from "../tools/file-content.ts";
import { getRun } from "./tables/run-index.ts";

export interface Undo {
  /** What would change. `to` is the run's beginning unless it is named.
   * @throws FailureError `conflict` when the run is under way, has (or has not) been undone, or somebody has changed a
   * file since; `input.invalid` when nothing would change */
  plan(run: RunId, direction: UndoDirection, to?: Seq): Promise<UndoPlan>;
  /** Changes it. Returns what was changed. */
  apply(run: RunId, direction: UndoDirection, to?: Seq): Promise<UndoPlan>;
  /** Finishes what an earlier host began. Returns how many. */
  finish(): Promise<number>;
}

export function createUndo(log: EventLog): Undo {
  const underWay = new Set<RunId>();

  async function plan(run: RunId, direction: UndoDirection, to?: Seq): Promise<UndoPlan> {
    const summary = getRun(log.reader, run);
    if (!summary) throw fail("not.found", `There is no run ${run}.`, "botmojo runs ls lists them.");
    if (!isOver(summary.status)) throw fail("conflict", `${run} is under way (${summary.status}).`, "Cancel it first, or let it end.");
    const made = direction === "undo" ? await planUndo(run, to, summary) : planRedo(run, summary.undoneTo);
    await refuseChanged(made.files);
    return made;
  }

  async function planUndo(run: RunId, to: Seq | undefined, { firstSeq, undoneTo }: { firstSeq: Seq; undoneTo: Seq | null }) {
    if (undoneTo !== null) throw fail("conflict", `${run} has been undone already.`, `botmojo runs redo ${run} brings it back.`);
    const events = [...log.walk({ run })];
    if (to !== undefined && !events.some(({ seq }) => seq === to)) {
      throw fail("input.invalid", `Event ${to} is not one of ${run}.`, `botmojo runs events ${run} lists them.`);
    }
    const after = events.filter(({ seq }) => seq > (to ?? firstSeq - 1));
    const made = {
      direction: "undo" as const,
      to: to ?? firstSeq - 1,
      files: swapsOf(after),
      items: after.flatMap((event) => (event.type === "item.learned" ? [event.data.item] : [])),
      messages: after.filter(isSaid).map(({ seq }) => seq),
    };
    if (made.files.length + made.items.length + made.messages.length === 0) {
      throw fail("input.invalid", `${run} changed nothing${to === undefined ? "" : ` after event ${to}`} that could be undone.`);
    }
    for (const swap of made.files) {
      if (realPathOf(swap.path) !== swap.path) throw changed(swap.path);
      swap.from = await readContent(swap.path);
    }
    const stray = made.files.find(({ path, from }) => contentHash(from) !== lastWritten(after, path));
    if (stray) throw changed(stray.path);
    return made;
  }

  function planRedo(run: RunId, undoneTo: Seq | null): UndoPlan {
    if (undoneTo === null) throw fail("conflict", `${run} has not been undone, so there is nothing to bring back.`);
    const undone = [...log.walk({ run })].findLast((event) => event.type === "undo.requested" && event.data.direction === "undo");
    if (undone?.type !== "undo.requested") throw fail("storage.damaged", `The undo of ${run} is not in the log.`);
    const { files, items, messages, to } = undone.data;
    const back = files.map(({ path, from, to: then, made }) => ({ path, from: then, to: from, made })).toReversed();
    return { direction: "redo", to, files: back, items, messages };
  }

  async function carryOut(run: RunId, { direction, to, files, items, messages }: UndoPlan): Promise<void> {
    const left: string[] = [];
    for (const swap of files) if (!(await swapFile(swap, `${run}/${direction}`))) left.push(swap.path);
    await log.append([{ run, actor: "person", type: "undo.applied", data: { direction, to, items, messages, left } }]);
  }

  return {
    plan,
    async apply(run, direction, to) {
      if (underWay.has(run)) throw fail("conflict", `${run} is being undone already.`);
      underWay.add(run);
      try {
        const made = await plan(run, direction, to);
        await log.append([{ run, actor: "person", type: "undo.requested", data: made }]);
        await carryOut(run, made);
        return made;
      } finally {
        underWay.delete(run);
      }
    },
    async finish() {
      const runs = pending(log);
      for (const run of runs) {
        const asked = [...log.walk({ run })].findLast(({ type }) => type === "undo.requested");
        if (asked?.type === "undo.requested") await carryOut(run, asked.data);
      }
      return runs.length;
    },
  };
}

/** Runs whose last undo was asked for and not finished. */
function pending({ reader }: EventLog): RunId[] {
  const last = "SELECT run, type, max(seq) FROM events WHERE type IN ('undo.requested', 'undo.applied') GROUP BY run";
  return reader.all<{ run: RunId; type: string }>(last).flatMap(({ run, type }) => (type === "undo.requested" ? [run] : []));
}

/** One swap a file, to what it held before the first write; the last file written comes first. */
function swapsOf(events: readonly Event[]): FileSwap[] {
  const swaps = new Map<string, FileSwap>();
  for (const event of events) {
    if (event.type !== "file.kept" || swaps.has(event.data.path)) continue;
    const { path, before, made } = event.data;
    swaps.set(path, { path, from: null, to: before, made });
  }
  return [...swaps.values()].toReversed();
}

function lastWritten(events: readonly Event[], path: string): string | undefined {
  const last = events.findLast((event) => event.type === "file.kept" && event.data.path === path);
  return last?.type === "file.kept" ? last.data.after : undefined;
}

function isSaid({ type, data }: Event): boolean {
  if (type === "message.added") return true;
  if (type === "run.started") return !("origin" in data && data.origin);
  return (type === "run.completed" || type === "run.failed") && "thread" in data;
}

async function refuseChanged(files: readonly FileSwap[]): Promise<void> {
  for (const { path, from } of files) {
    if (realPathOf(path) !== path || contentHash(await readContent(path)) !== contentHash(from)) throw changed(path);
  }
}

function changed(path: string) {
  return fail("conflict", `${path} has changed since; going on would lose that.`, "Move it away or put it back as it was, then try again.");
}

/** False when the file is neither as it was nor as it is to be. */
async function swapFile({ path, from, to, made }: FileSwap, call: string): Promise<boolean> {
  // A link on the way to it would lead elsewhere than the run wrote.
  if (realPathOf(path) !== path) return false;
  const now: FileContent = await readContent(path);
  if (contentHash(now) === contentHash(to)) return true;
  if (contentHash(now) !== contentHash(from)) return false;
  if (to === null) await removeFile(path, made);
  else await writeContent(path, to, call);
  return true;
}
