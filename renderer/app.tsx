// Puts the views together; the only file that knows them all.
import { useEffect } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import { showRun, useRun } from "./state/run.ts";
import { useRuns } from "./state/runs.ts";
import { useScreen } from "./state/screen.ts";
import { Boundary } from "./ui/boundary.tsx";
import { DevConsole } from "./views/console/dev-console.tsx";
import { GoalBar } from "./views/goal-bar.tsx";
import { HostNotice } from "./views/host-notice.tsx";
import { Inspector } from "./views/inspector/inspector.tsx";
import { Memory } from "./views/memory.tsx";
import { Overlays } from "./views/overlays.tsx";
import { Rail } from "./views/rail.tsx";
import { Registry } from "./views/registry.tsx";
import { RunList } from "./views/run-list.tsx";
import { RunView } from "./views/run/run-view.tsx";
import { SettingsScreen } from "./views/settings.tsx";
import { StatusBar } from "./views/status-bar.tsx";
import { Timeline } from "./views/timeline/timeline.tsx";
import { FirstStart, TourCards } from "./views/tour.tsx";

export function App() {
  const { screen, console: consoleShown, theme } = useScreen();
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  return (
    <div className="frame">
      <Rail />
      <GoalBar />
      <HostNotice />
      <main className="stage">
        <Group orientation="vertical">
          <Panel minSize="30%">
            {screen === "runs" ? (
              <Runs />
            ) : screen === "memory" ? (
              <Boundary name="Memory">
                <Memory />
              </Boundary>
            ) : screen === "agents" ? (
              <Boundary name="Agents and tools">
                <Registry />
              </Boundary>
            ) : (
              <Boundary name="Settings">
                <SettingsScreen />
              </Boundary>
            )}
          </Panel>
          {consoleShown ? (
            <>
              <Separator className="separator across" />
              <Panel defaultSize="27%" minSize="10%">
                <Boundary name="The console">
                  <DevConsole />
                </Boundary>
              </Panel>
            </>
          ) : null}
        </Group>
      </main>
      <StatusBar />
      <Overlays />
      <TourCards />
    </div>
  );
}

function Runs() {
  const first = useRuns((state) => state.runs[0]?.id);
  const { loaded, filter } = useRuns();
  const selected = useRun((state) => state.id);
  useEffect(() => {
    if (selected === undefined && first !== undefined) showRun(first);
  }, [selected, first]);
  if (loaded && first === undefined && filter === "") return <FirstStart />;
  return (
    <Group orientation="horizontal">
      <Panel defaultSize="19%" minSize="150px">
        <Boundary name="The list of runs">
          <RunList />
        </Boundary>
      </Panel>
      <Separator className="separator" />
      <Panel minSize="30%">
        <div className="run-column">
          {selected === undefined ? (
            <div className="panel center-note">{loaded ? "Choose a run" : "Opening…"}</div>
          ) : (
            <Boundary name="The run">
              <RunView />
            </Boundary>
          )}
          {selected === undefined ? null : (
            <Boundary name="The timeline">
              <Timeline />
            </Boundary>
          )}
        </div>
      </Panel>
      <Separator className="separator" />
      <Panel defaultSize="26%" minSize="220px">
        <Boundary name="The step">
          <Inspector />
        </Boundary>
      </Panel>
    </Group>
  );
}
