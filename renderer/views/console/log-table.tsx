// The structured log: filtered as one types, followed unless one looks back; a line leads to its run and event.
import { useVirtualizer } from "@tanstack/react-virtual";
import { Bug, Info, OctagonAlert, TriangleAlert, type LucideIcon } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { RunId, type LogLine } from "../../../core/contract/index.ts";
import { passes, readFilter, useLog } from "../../state/log.ts";
import { selectStep, showRun } from "../../state/run.ts";
import { goTo } from "../../state/screen.ts";
import { Empty } from "../../ui/notice.tsx";
import { clockTime } from "../../ui/times.ts";

const looks: Record<LogLine["level"], { icon: LucideIcon; tone: string }> = {
  debug: { icon: Bug, tone: "quiet" },
  info: { icon: Info, tone: "second" },
  warn: { icon: TriangleAlert, tone: "waiting" },
  error: { icon: OctagonAlert, tone: "failed" },
};

/** In CSS pixels. */
const rowHeight = 20;

export function LogTable() {
  const { lines, filter, follow } = useLog();
  const shown = useMemo(() => {
    const wanted = readFilter(filter);
    return lines.filter((line) => passes(line, wanted));
  }, [lines, filter]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 20,
  });
  useEffect(() => {
    if (follow && shown.length > 0) virtual.scrollToIndex(shown.length - 1);
  }, [follow, shown.length, virtual]);

  const wheeled = useRef(false);
  const [at, setAt] = useState<number>();
  const index = shown.findIndex(({ id }) => id === at);
  const onKeyDown = (event: KeyboardEvent) => {
    const line = shown[index];
    if (event.key === "Enter" && line) jump(line);
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : undefined;
    if (by === undefined) return;
    event.preventDefault();
    useLog.setState({ follow: false });
    const next = Math.max(0, Math.min(shown.length - 1, index < 0 ? shown.length - 1 : index + by));
    setAt(shown[next]?.id);
    virtual.scrollToIndex(next);
  };
  // Whoever scrolls up wants to read; whoever comes back to the end wants to follow.
  const onWheel = () => {
    const element = scroller.current;
    if (element) useLog.setState({ follow: element.scrollHeight - element.scrollTop - element.clientHeight < rowHeight });
  };

  return (
    <div
      className="scroll log"
      ref={scroller}
      role="log"
      aria-label="Log"
      aria-live="off"
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={(event) => event.isTrusted && wheeled.current && onWheel()}
      onWheel={() => (wheeled.current = true)}
    >
      {shown.length === 0 ? <Empty title={lines.length === 0 ? "Nothing logged yet" : "No line passes the filter"} /> : null}
      <div className="virtual" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = shown[item.index];
          if (!line) return null;
          const { icon: Icon, tone } = looks[line.level];
          return (
            // The region's own keys do what a click does.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
            <div
              key={line.id}
              className={`log-row tone-${tone}${line.id === at ? " selected" : ""}${line.run ? " leads" : ""}`}
              style={{ transform: `translateY(${item.start}px)` }}
              title={line.message}
              onClick={() => (setAt(line.id), jump(line))}
            >
              <span className="number">{clockTime(line.at)}</span>
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
  showRun(run.data, line.seq);
  if (line.step) selectStep(line.step);
}
