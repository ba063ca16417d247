// The run's events as they stand in the log.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type KeyboardEvent } from "react";
import { selectStep, travelBy, travelTo, useRun } from "../../state/run.ts";
import { Empty } from "../../ui/notice.tsx";

export function EventTable() {
  const events = useRun((state) => state.events);
  const at = useRun((state) => state.at);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: events.length, getScrollElement: () => scroller.current, estimateSize: () => 20, overscan: 20 });
  const index = at === undefined ? events.length - 1 : events.findIndex(({ seq }) => seq === at);
  useEffect(() => {
    if (index >= 0) virtual.scrollToIndex(index);
  }, [index, virtual]);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : undefined;
    if (by === undefined) return;
    event.preventDefault();
    travelBy(by);
  };
  return (
    <div className="scroll log" ref={scroller} tabIndex={0} role="region" aria-label="Events" onKeyDown={onKeyDown}>
      {events.length === 0 ? <Empty title="No run is open" /> : null}
      <div className="virtual" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const event = events[item.index];
          if (!event) return null;
          return (
            // The region's own keys do what a click does.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
            <div
              key={event.seq}
              className={`log-row event-row${item.index === index ? " selected" : ""}`}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={() => {
                travelTo(event.seq);
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
