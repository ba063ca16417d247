// The run's events as they stand in the log.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type KeyboardEvent } from "react";
import { eventsOnPage, useEventPages, wantEvents } from "../../state/event-pages.ts";
import { selectStep, travelBy, travelToPlace, useRun } from "../../state/run.ts";
import { Empty } from "../../ui/notice.tsx";

/** In CSS pixels. */
const rowHeight = 20;

export function EventTable() {
  const total = useRun((state) => state.newest?.place.total ?? 0);
  const index = useRun((state) => state.heading ?? state.shown?.place.index ?? -1);
  const pages = useEventPages((state) => state.pages);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: total, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 20 });
  useEffect(() => {
    if (index >= 0) virtual.scrollToIndex(index);
  }, [index, virtual]);
  const rows = virtual.getVirtualItems();
  const [from, to] = [rows[0]?.index, rows.at(-1)?.index];
  useEffect(() => {
    if (from !== undefined && to !== undefined) wantEvents(from, to);
  }, [from, to, pages]);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : undefined;
    if (by === undefined) return;
    event.preventDefault();
    travelBy(by);
  };
  return (
    <div className="scroll log" ref={scroller} tabIndex={0} role="region" aria-label="Events" onKeyDown={onKeyDown}>
      {total === 0 ? <Empty title="No run is open" /> : null}
      <div className="virtual" style={{ height: virtual.getTotalSize() }}>
        {rows.map((item) => {
          const event = pages.get(Math.floor(item.index / eventsOnPage))?.[item.index % eventsOnPage];
          if (!event) return null;
          return (
            // The region's own keys do what a click does.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
            <div
              key={event.seq}
              className={`log-row event-row${item.index === index ? " selected" : ""}`}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={() => {
                travelToPlace(item.index);
                if (event.step) selectStep(event.step);
              }}
            >
              <span className="number">{event.seq}</span>
              <span>{event.type}</span>
              <span>{event.step ?? ""}</span>
              <span className="ellipsis">{JSON.stringify(event.data)}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
