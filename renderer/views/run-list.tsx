// Everything that ran, newest first, live.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, type KeyboardEvent } from "react";
import type { RunSummary } from "../../core/contract/index.ts";
import { showRun, useRun } from "../state/run.ts";
import { filterRuns, loadOlder, neighbour, runsShown, useRuns } from "../state/runs.ts";
import { Keys } from "../ui/keys.tsx";
import { Empty } from "../ui/notice.tsx";
import { StateIcon } from "../ui/state-badge.tsx";
import { dayGroup, exactTime, shortAgo } from "../ui/times.ts";
import { useNow } from "../ui/use-now.ts";

type Row = { readonly is: "head"; readonly title: string } | { readonly is: "run"; readonly run: RunSummary };

const rowHeight = 28;
const words: Partial<Record<RunSummary["status"], string>> = { failed: "Failed", cancelled: "Cancelled" };

export function RunList() {
  const state = useRuns();
  const selected = useRun((run) => run.id);
  const now = useNow(5000);
  const runs = runsShown(state);
  const rows = useMemo(() => rowsOf(runs, now), [runs, now]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });

  const at = rows.findIndex((row) => row.is === "run" && row.run.id === selected);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: "auto" });
  }, [at, virtual]);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : undefined;
    if (by === undefined) return;
    event.preventDefault();
    showRun(neighbour(runs, selected, by));
  };
  const onScroll = () => {
    const element = scroller.current;
    if (element && !state.found && element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight * 20) void loadOlder();
  };

  return (
    <section className="panel run-list" aria-label="Runs">
      <div className="panel-head">
        <h2>Runs</h2>
        <span className="quiet number">{state.found ? `${runs.length} found` : state.total.toLocaleString("en")}</span>
        <input
          id="runs-filter"
          className="filter"
          placeholder="Filter"
          aria-label="Filter runs"
          value={state.filter}
          onChange={(event) => void filterRuns(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            void filterRuns("");
            event.currentTarget.blur();
          }}
        />
        <Keys keys="/" />
      </div>
      <div
        className="scroll"
        ref={scroller}
        onScroll={onScroll}
        role="listbox"
        aria-label="Runs"
        tabIndex={0}
        onKeyDown={onKeyDown}
        aria-activedescendant={selected}
      >
        {rows.length === 0 && state.loaded ? (
          <Empty title={state.filter ? "No run has these words" : "Nothing has run yet"}>
            {state.filter ? "Esc shows all." : "Type a sentence above."}
          </Empty>
        ) : null}
        <div className="virtual" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            const place = { transform: `translateY(${item.start}px)` };
            if (row.is === "head") {
              return (
                <div key={row.title} className="run-group" style={place} role="presentation">
                  {row.title}
                </div>
              );
            }
            const { run } = row;
            return (
              <div
                key={run.id}
                id={run.id}
                role="option"
                aria-selected={run.id === selected}
                className="run-row"
                style={place}
                title={`${run.goal}\n${exactTime(run.startedAt)}`}
                onClick={() => showRun(run.id)}
              >
                <StateIcon status={run.status} />
                <span className="run-goal">{run.goal}</span>
                <span className={`number ${words[run.status] ? `tone-${run.status}` : "quiet"}`}>
                  {words[run.status] ?? shortAgo(run.startedAt, now)}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

function rowsOf(runs: readonly RunSummary[], now: number): Row[] {
  const rows: Row[] = [];
  let group = "";
  for (const run of runs) {
    const title = dayGroup(run.startedAt, now);
    if (title !== group) rows.push({ is: "head", title });
    group = title;
    rows.push({ is: "run", run });
  }
  return rows;
}
