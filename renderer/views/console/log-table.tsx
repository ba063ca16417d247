// The structured log: filtered as one types, followed unless one looks back; a line leads to its run and event.
import { useVirtualizer } from "@tanstack/react-virtual";
import { Bug, Info, OctagonAlert, TriangleAlert, type LucideIcon } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { RunId, type LogLine } from "../../../core/contract/index.ts";
import { passes, readFilter, useLog } from "../../state/log.ts";
import { selectStep, showRun, travelTo, useRun } from "../../state/run.ts";
import { goTo } from "../../state/screen.ts";
import { Empty } from "../../ui/notice.tsx";

const looks: Record<LogLine["level"], { icon: LucideIcon; tone: string }> = {
  debug: { icon: Bug, tone: "quiet" },
  info: { icon: Info, tone: "second" },
  warn: { icon: TriangleAlert, tone: "waiting" },
  error: { icon: OctagonAlert, tone: "failed" },
};

export function LogTable() {
  const { lines, filter, follow } = useLog();
  const shown = useMemo(() => {
    const wanted = readFilter(filter);
    return lines.filter((line) => passes(line, wanted));
  }, [lines, filter]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => 20, overscan: 20 });
  useEffect(() => {
    if (follow && shown.length > 0) virtual.scrollToIndex(shown.length - 1);
  }, [follow, shown.length, virtual]);

  return (
    <div className="scroll log" ref={scroller} role="log" aria-label="Log" aria-live="off" tabIndex={0}>
      {shown.length === 0 ? <Empty title={lines.length === 0 ? "Nothing logged yet" : "No line passes the filter"} /> : null}
      <div className="virtual" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = shown[item.index];
          if (!line) return null;
          const { icon: Icon, tone } = looks[line.level];
          return (
            <div
              key={line.id}
              className={`log-row tone-${tone}`}
              style={{ transform: `translateY(${item.start}px)` }}
              title={line.message}
              onClick={() => jump(line)}
            >
              <span className="number">{new Date(line.at).toISOString().slice(11, 23)}</span>
              <span>
                <Icon className="icon" aria-hidden /> {line.level}
              </span>
              <span>{line.step ?? line.room}</span>
              <span className="ellipsis">{line.message}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function jump(line: LogLine): void {
  const run = RunId.safeParse(line.run);
  if (!run.success) return;
  goTo("runs");
  showRun(run.data);
  if (line.step) selectStep(line.step);
  if (line.seq !== undefined && useRun.getState().events.some(({ seq }) => seq === line.seq)) travelTo(line.seq);
}
