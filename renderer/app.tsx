// Puts the views together; the only file that knows them all.
import { lazy, Suspense, useEffect, type ReactNode } from "react";
import { Group, Panel, Separator, useDefaultLayout } from "react-resizable-panels";
import { RunId } from "../core/contract/index.ts";
import { useCompare } from "./state/compare.ts";
import { useRoom } from "./state/room.ts";
import { showRun, useRun } from "./state/run.ts";
import { useRuns } from "./state/runs.ts";
import { useScreen, type Screen } from "./state/screen.ts";
import { Boundary } from "./ui/boundary.tsx";
import { CompareView } from "./views/compare/compare-view.tsx";
import { DevConsole } from "./views/console/dev-console.tsx";
import { GoalBar } from "./views/goal-bar.tsx";
import { HostNotice } from "./views/host-notice.tsx";
import { Inspector } from "./views/inspector/inspector.tsx";
import { Memory } from "./views/memory.tsx";
import { RemovedNotice } from "./views/removed-notice.tsx";
import { ReminderNotice } from "./views/reminder-notice.tsx";
import { Rail } from "./views/rail.tsx";
import { Registry } from "./views/registry.tsx";
import { RunList } from "./views/run-list.tsx";
import { RunView } from "./views/run/run-view.tsx";
import { SecurityScreen } from "./views/security/security-screen.tsx";
import { SettingsScreen } from "./views/settings.tsx";
import { StatusBar } from "./views/status-bar.tsx";
import { Timeline } from "./views/timeline/timeline.tsx";
import { FirstStart } from "./views/tour/first-start.tsx";
import { TourCards } from "./views/tour/tour-cards.tsx";

// What nobody sees before asking for it is loaded when asked for.
const Overlays = lazy(() => import("./views/overlays.tsx"));
const ReplaySheet = lazy(() => import("./views/replay-sheet.tsx"));
const UndoSheet = lazy(() => import("./views/undo-sheet.tsx"));

const others: Readonly<Record<Exclude<Screen, "runs">, { name: string; view: ReactNode }>> = {
  memory: { name: "Memory", view: <Memory /> },
  agents: { name: "Agents and tools", view: <Registry /> },
  settings: { name: "Settings", view: <SettingsScreen /> },
  security: { name: "Security", view: <SecurityScreen /> },
};

export function App() {
  const theme = useScreen((state) => state.theme);
  const overlay = useScreen((state) => state.overlay);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  return (
    <div className="frame">
      <Rail />
      <GoalBar />
      <div className="notices">
        <HostNotice />
        <RemovedNotice />
        <ReminderNotice />
      </div>
      <main className="stage">
        <Stage />
      </main>
      <StatusBar />
      {overlay ? <Suspense>{overlay === "undo" ? <UndoSheet /> : overlay === "replay" ? <ReplaySheet /> : <Overlays />}</Suspense> : null}
      <TourCards />
    </div>
  );
}

function Stage() {
  const { screen, console: consoleShown, list, over } = useScreen();
  const { sides, shares } = useRoom();
  const first = useFirstStart();
  const runs = screen === "runs" && !first;
  const listBeside = runs && sides === "beside" && list;
  const columns = useKeptLayout("columns", listBeside ? ["list", "work"] : ["work"]);
  const rows = useKeptLayout("rows", consoleShown ? ["screen", "console"] : ["screen"]);
  return (
    <>
      <Group orientation="horizontal" {...columns}>
        {listBeside ? (
          <>
            <Panel id="list" defaultSize={shares.list} minSize="12%" maxSize="40%">
              <Boundary name="The list of runs">
                <RunList />
              </Boundary>
            </Panel>
            <Separator className="separator" aria-label="Width of the list of runs" />
          </>
        ) : null}
        <Panel id="work" key="work" minSize="40%">
          <Group orientation="vertical" {...rows}>
            <Panel id="screen" key="screen" minSize="30%">
              {screen !== "runs" ? (
                <Boundary key={screen} name={others[screen].name}>
                  {others[screen].view}
                </Boundary>
              ) : first ? (
                <FirstStart />
              ) : (
                <Run />
              )}
            </Panel>
            {consoleShown ? (
              <>
                <Separator className="separator across" aria-label="Height of the console" />
                <Panel id="console" defaultSize={shares.console} minSize="10%">
                  <Boundary name="The console">
                    <DevConsole />
                  </Boundary>
                </Panel>
              </>
            ) : null}
          </Group>
        </Panel>
      </Group>
      {runs && sides === "over" && over ? (
        <>
          <button
            type="button"
            className="drawer-away"
            aria-label="Back to the run"
            onClick={() => useScreen.setState({ over: undefined })}
          />
          <div className={`drawer drawer-${over}`}>{over === "list" ? <RunList /> : <Inspector />}</div>
        </>
      ) : null}
    </>
  );
}

function Run() {
  const loaded = useRuns((state) => state.loaded);
  const selected = useRun((state) => state.id);
  const inspector = useScreen((state) => state.inspector);
  const { sides, shares } = useRoom();
  const inspectorBeside = sides === "beside" && inspector;
  const columns = useKeptLayout("run", inspectorBeside ? ["run", "inspector"] : ["run"]);
  const comparing = useCompare((state) => state.pair !== undefined);
  if (comparing) {
    return (
      <Boundary name="The comparison">
        <CompareView />
      </Boundary>
    );
  }
  if (selected === undefined) return <div className="panel center-note">{loaded ? "Choose a run" : "Opening…"}</div>;
  return (
    <Group orientation="horizontal" {...columns}>
      <Panel id="run" key="run" minSize="35%">
        <div className="run-column">
          <Boundary name="The run">
            <RunView />
          </Boundary>
          <Boundary name="The timeline">
            <Timeline />
          </Boundary>
        </div>
      </Panel>
      {inspectorBeside ? (
        <>
          <Separator className="separator" aria-label="Width of the step" />
          <Panel id="inspector" defaultSize={shares.inspector} minSize="18%">
            <Boundary name="The step">
              <Inspector />
            </Boundary>
          </Panel>
        </>
      ) : null}
    </Group>
  );
}

/** Opens the run that was open last, or the newest; true while there is none to open. */
function useFirstStart(): boolean {
  const loaded = useRuns((state) => state.loaded && state.filter === "");
  const newest = useRuns((state) => state.runs[0]?.id);
  const selected = useRun((state) => state.id);
  const last = useScreen((state) => state.run);
  useEffect(() => {
    if (selected !== undefined || newest === undefined) return;
    const known = useRuns.getState().runs.some(({ id }) => id === last);
    showRun(known ? RunId.parse(last) : newest);
  }, [selected, newest, last]);
  useEffect(() => {
    if (selected !== undefined) useScreen.setState({ run: selected });
  }, [selected]);
  return loaded && newest === undefined;
}

function useKeptLayout(name: string, panelIds: string[]) {
  const { defaultLayout, onLayoutChanged } = useDefaultLayout({
    id: `botmojo.${name}`,
    panelIds,
    storage: localStorage,
    onlySaveAfterUserInteractions: true,
  });
  return { onLayoutChanged, ...(defaultLayout ? { defaultLayout } : {}) };
}
