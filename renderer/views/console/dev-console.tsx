// The dev console: the host's log, the run's events, and a REPL beside them, or as a tab where there is no room.
import { ArrowDownToLine, ListFilter } from "lucide-react";
import { lazy, Suspense, type KeyboardEvent } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import { breakpointRows, useBreakpoints } from "../../state/breakpoints.ts";
import { levels, readFilter, useLog, withLevel, type Level } from "../../state/log.ts";
import { useRoom } from "../../state/room.ts";
import { useRun } from "../../state/run.ts";
import { useScreen, type ConsoleTab } from "../../state/screen.ts";
import { Empty } from "../../ui/notice.tsx";
import { BreakpointTable } from "./breakpoint-table.tsx";
import { EventTable } from "./event-table.tsx";
import { LogTable } from "./log-table.tsx";

const Repl = lazy(() => import("./repl.tsx"));

export function DevConsole() {
  const beside = useRoom((state) => state.repl === "beside");
  const chosen = useScreen((state) => state.consoleTab);
  const tab = beside && chosen === "REPL" ? "Log" : chosen;
  if (beside) {
    return (
      <section className="console" aria-label="Console">
        <Group orientation="horizontal">
          <Panel minSize="30%">
            <div className="panel">
              <Head tabs={["Log", "Events", "Breakpoints"]} tab={tab} />
              <Content tab={tab} />
            </div>
          </Panel>
          <Separator className="separator" aria-label="Width of the REPL" />
          <Panel defaultSize="40%" minSize="20%">
            <div className="panel" data-testid="repl">
              <div className="console-head">
                <h2>REPL</h2>
                <span className="quiet ellipsis">the command line’s commands; Tab completes</span>
              </div>
              <Terminal />
            </div>
          </Panel>
        </Group>
      </section>
    );
  }
  return (
    <section className="console panel" aria-label="Console">
      <Head tabs={["Log", "Events", "Breakpoints", "REPL"]} tab={tab} />
      <Content tab={tab} />
      {/* Kept while another tab is on show, so that what it printed is still there. */}
      <div className="panel" data-testid="repl" hidden={tab !== "REPL"}>
        <Terminal />
      </div>
    </section>
  );
}

function Content({ tab }: { tab: ConsoleTab }) {
  if (tab === "Log") return <LogTable />;
  if (tab === "Events") return <EventTable />;
  return tab === "Breakpoints" ? <BreakpointTable /> : null;
}

function Terminal() {
  return (
    <Suspense fallback={<Empty title="Opening the terminal…" />}>
      <Repl />
    </Suspense>
  );
}

function Head({ tabs, tab }: { tabs: readonly ConsoleTab[]; tab: ConsoleTab }) {
  const counts: Partial<Record<ConsoleTab, number>> = {
    Events: useRun((state) => state.newest?.place.total ?? 0),
    Breakpoints: useBreakpointCount(),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
    if (by === 0 || !next) return;
    event.preventDefault();
    useScreen.setState({ consoleTab: next });
    document.getElementById(`console-${next}`)?.focus();
  };
  return (
    <div className="console-head">
      <div role="tablist" aria-label="Console" className="tabs" tabIndex={-1} onKeyDown={onKeyDown}>
        {tabs.map((name) => (
          <button
            key={name}
            id={`console-${name}`}
            type="button"
            role="tab"
            aria-selected={tab === name}
            tabIndex={tab === name ? 0 : -1}
            onClick={() => useScreen.setState({ consoleTab: name })}
          >
            {name}
            {counts[name] === undefined ? null : <span className="quiet"> {counts[name]?.toLocaleString("en")}</span>}
          </button>
        ))}
      </div>
      <span className="grow" />
      {tab === "Log" ? <LogFilterField /> : null}
    </div>
  );
}

function useBreakpointCount(): number {
  const list = useBreakpoints((state) => state.list);
  const run = useRun((state) => state.newest);
  return breakpointRows(list, run).length;
}

const levelWords: Readonly<Record<Level, string>> = { debug: "All levels", info: "Info and up", warn: "Warnings and up", error: "Errors" };

function LogFilterField() {
  const { filter, follow } = useLog();
  return (
    <>
      <select
        className="field"
        aria-label="Level"
        value={readFilter(filter).level}
        onChange={(event) => useLog.setState({ filter: withLevel(filter, event.target.value as Level) })}
      >
        {levels.map((level) => (
          <option key={level} value={level}>
            {levelWords[level]}
          </option>
        ))}
      </select>
      <span className="filter-field">
        <ListFilter className="icon quiet" aria-hidden />
        <input
          className="filter code"
          aria-label="Filter the log"
          placeholder="run:… room:… words"
          title="level:warn run:… step:… room:… and words"
          value={filter}
          onChange={(event) => useLog.setState({ filter: event.target.value })}
          onKeyDown={(event) => event.key === "Escape" && useLog.setState({ filter: "" })}
        />
      </span>
      <button
        type="button"
        className="plain-button follow"
        aria-pressed={follow}
        title="Stay at the newest line"
        onClick={() => useLog.setState({ follow: !follow })}
      >
        <ArrowDownToLine className="icon" aria-hidden /> Follow
      </button>
    </>
  );
}
