// The run's events as they stand in the log.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { selectStep, travelTo, useRun } from "../../state/run.ts";
import { Empty } from "../../ui/notice.tsx";

export function EventTable() {
  const { events, at } = useRun();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: events.length, getScrollElement: () => scroller.current, estimateSize: () => 20, overscan: 20 });
  return (
    <div className="scroll log" ref={scroller} tabIndex={0} role="region" aria-label="Events">
      {events.length === 0 ? <Empty title="No run is open" /> : null}
      <div className="virtual" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const event = events[item.index];
          if (!event) return null;
          return (
            <div
              key={event.seq}
              className={`log-row event-row${event.seq === at ? " selected" : ""}`}
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
