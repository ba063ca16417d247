// The steps of both runs in one list, in the order in which the runs came to them.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { chooseStep, moveDifference, useCompare, type AlignedStep } from "../../state/compare.ts";
import { StateIcon } from "../../ui/state-badge.tsx";

const rowHeight = 28;

export function AlignedSteps() {
  const { steps, step: chosen } = useCompare();
  const [all, setAll] = useState(true);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = all ? steps : steps.filter(({ what }) => what.length > 0);
  const equal = steps.filter(({ what }) => what.length === 0).length;
  const first = steps.find(({ what }) => what.length > 0)?.step;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const index = rows.findIndex(({ step }) => step === chosen);
  useEffect(() => {
    if (index >= 0) virtual.scrollToIndex(index, { align: "auto" });
  }, [index, virtual]);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : undefined;
    if (by === undefined) return;
    event.preventDefault();
    const next = rows[Math.max(0, Math.min(rows.length - 1, index + by))];
    if (next) chooseStep(next);
  };
  return (
    <div className="compare-steps">
      <div className="compare-part-head">
        <strong>Steps</strong>
        <span className="grow" />
        <button type="button" className="link" aria-pressed={!all} disabled={equal === 0} onClick={() => setAll(!all)}>
          {all ? `Hide ${equal} equal` : `Show ${equal} equal`}
        </button>
        <button type="button" className="link" title="Next difference (])" onClick={() => moveDifference(1)}>
          Next
        </button>
      </div>
      <div
        className="scroll"
        ref={scroller}
        role="listbox"
        aria-label="Steps of both runs"
        aria-activedescendant={chosen === undefined ? undefined : `aligned-${chosen}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div className="virtual" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row ? <Row key={row.step} row={row} first={row.step === first} chosen={row.step === chosen} top={item.start} /> : null;
          })}
        </div>
      </div>
    </div>
  );
}

function Row({ row, first, chosen, top }: { row: AlignedStep; first: boolean; chosen: boolean; top: number }) {
  return (
    <div
      id={`aligned-${row.step}`}
      role="option"
      aria-selected={chosen}
      className={`run-row aligned${row.what.length > 0 ? " differs" : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => chooseStep(row)}
    >
      {row.left ? <StateIcon status={row.left.status} /> : <span className="icon" role="img" aria-label="Not in the left run" />}
      {row.right ? <StateIcon status={row.right.status} /> : <span className="icon" role="img" aria-label="Not in the right run" />}
      <span className="ellipsis aligned-name">{row.step}</span>
      <span className="grow" />
      <span className="ellipsis aligned-what" title={row.what.join(", ")}>
        {first ? "first: " : ""}
        {row.what.length > 0 ? row.what.join(", ") : <span className="quiet">same</span>}
      </span>
    </div>
  );
}
