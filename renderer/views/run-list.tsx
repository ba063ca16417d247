// Everything that ran, newest first, live.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, type KeyboardEvent } from "react";
import type { RunSummary } from "../../core/contract/index.ts";
import type { FamilyRow } from "../state/families.ts";
import { showRun, useRun } from "../state/run.ts";
import { familiesShown, filterRuns, loadOlder, neighbour, useRuns } from "../state/runs.ts";
import { Keys } from "../ui/keys.tsx";
import { Empty } from "../ui/notice.tsx";
import { SourceBadge, type Source } from "../ui/source-badge.tsx";
import { StateIcon } from "../ui/state-badge.tsx";
import { dayGroup, exactTime, shortAgo } from "../ui/times.ts";
import { useNow } from "../ui/use-now.ts";

type Row = { readonly is: "head"; readonly title: string } | ({ readonly is: "run" } & FamilyRow);

const rowHeight = 28;
const words: Partial<Record<RunSummary["status"], { text: string; tone: string }>> = {
  failed: { text: "Failed", tone: "failed" },
  cancelled: { text: "Cancelled", tone: "cancelled" },
  paused: { text: "Held", tone: "waiting" },
  waiting: { text: "Waiting", tone: "waiting" },
};

const undone = { text: "Undone", tone: "cancelled" };

export function RunList() {
  const state = useRuns();
  const selected = useRun((run) => run.id);
  const now = useNow(5000);
  const { found, runs: known } = state;
  const families = useMemo(() => familiesShown({ found, runs: known }), [found, known]);
  const runs = useMemo(() => families.map(({ run }) => run), [families]);
  const rows = useMemo(() => rowsOf(families, now), [families, now]);
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
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the list's own keys do what a click does
              <div
                key={run.id}
                id={run.id}
                role="option"
                tabIndex={-1}
                aria-selected={run.id === selected}
                className={`run-row${row.more ? " joined-below" : ""}${row.depth > 0 ? " joined" : ""}`}
                style={place}
                title={`${run.goal}\n${exactTime(run.startedAt)}`}
                onClick={() => showRun(run.id)}
              >
                <RunRow row={row} now={now} />
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

function RunRow({ row: { run, depth }, now }: { row: FamilyRow; now: number }) {
  const { origin, status } = run;
  const word = run.undoneTo === null ? words[status] : undone;
  return (
    <>
      {depth > 0 ? <span className="rail-joint" aria-hidden /> : null}
      <StateIcon status={status === "waiting" ? "asks" : status} />
      <span className="run-goal">{run.goal}</span>
      {origin ? <SourceBadge source={sourceOf(origin)} /> : null}
      {origin && !word ? null : (
        <span className={`number ${word ? `tone-${word.tone}` : "quiet"}`}>{word?.text ?? shortAgo(run.startedAt, now)}</span>
      )}
    </>
  );
}

function sourceOf({ kind, edited }: NonNullable<RunSummary["origin"]>): Source {
  if (edited.length > 0) return "edited";
  return kind === "replay" ? "recorded" : "fork";
}

function rowsOf(families: readonly FamilyRow[], now: number): Row[] {
  const rows: Row[] = [];
  let group = "";
  for (const family of families) {
    const title = dayGroup(family.run.startedAt, now);
    if (title !== group) rows.push({ is: "head", title });
    group = title;
    rows.push({ is: "run", ...family });
  }
  return rows;
}
