// The dev console: the host's log, the run's events, and a REPL beside them.
import { lazy, Suspense, useState } from "react";
import { useRun } from "../../state/run.ts";
import { useLog } from "../../state/log.ts";
import { Empty } from "../../ui/notice.tsx";
import { EventTable } from "./event-table.tsx";
import { LogTable } from "./log-table.tsx";

const Repl = lazy(() => import("./repl.tsx"));

export function DevConsole() {
  const [tab, setTab] = useState<"Log" | "Events">("Log");
  const count = useRun((state) => state.events.length);
  const { filter, follow } = useLog();
  return (
    <section className="console" aria-label="Console">
      <div className="panel console-log">
        <div className="console-head">
          <div role="tablist" aria-label="Console" className="tabs">
            {(["Log", "Events"] as const).map((name) => (
              <button key={name} type="button" role="tab" aria-selected={tab === name} onClick={() => setTab(name)}>
                {name}
                {name === "Events" ? <span className="quiet"> {count}</span> : null}
              </button>
            ))}
          </div>
          <span className="grow" />
          {tab === "Log" ? (
            <>
              <input
                className="filter wide code"
                aria-label="Filter the log"
                title="level:warn run:… step:… room:… and words"
                value={filter}
                onChange={(event) => useLog.setState({ filter: event.target.value })}
              />
              <label className="check">
                <input type="checkbox" checked={follow} onChange={(event) => useLog.setState({ follow: event.target.checked })} /> Follow
              </label>
            </>
          ) : null}
        </div>
        {tab === "Log" ? <LogTable /> : <EventTable />}
      </div>
      <div className="panel console-repl" data-testid="repl">
        <div className="console-head">
          <h2>REPL</h2>
          <span className="quiet">the command line’s commands; Tab completes</span>
        </div>
        <Suspense fallback={<Empty title="Opening the terminal…" />}>
          <Repl />
        </Suspense>
      </div>
    </section>
  );
}
