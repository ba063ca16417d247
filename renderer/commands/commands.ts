// Every action as one table: a name, a key, what it does. The palette, the key sheet and the keyboard follow from it.
import { useRoom } from "../state/room.ts";
import { breakHere } from "../state/breakpoints.ts";
import { compareThis, moveDifference, useCompare } from "../state/compare.ts";
import { applyDraft, approvePlan, openDraft, redoDraft, undoDraft, useDraft } from "../state/draft.ts";
import { editAndFork, forkWithDraft, useForkDraft } from "../state/fork-draft.ts";
import { fitPlan, toggleGroupShown, useGraph } from "../state/graph.ts";
import { goOn, heldPoint } from "../state/held.ts";
import { selectStep, selectStepBy, showRun, travelBy, travelTo, useRun } from "../state/run.ts";
import { stepShown } from "../state/step-shown.ts";
import { neighbour, runsShown, useRuns } from "../state/runs.ts";
import { goTo, nextTheme, toggleSide, useScreen, type Side } from "../state/screen.ts";
import { startAgain } from "../state/goal.ts";
import { answerReview, approveChanged, approveReview, openReviews, useAnswering } from "../state/reviews.ts";
import { askUndo } from "../state/undo.ts";
import { askReplay } from "../state/replay-draft.ts";
import { cancelRun, forkRun, pauseRun } from "../state/steering.ts";

export interface Command {
  readonly id: string;
  readonly name: string;
  /** "Mod+K" needs Ctrl or ⌘; a bare key works outside of text fields. */
  readonly keys?: string;
  /** Works in text fields too. */
  readonly anywhere?: boolean;
  readonly run: () => void;
}

function focus(id: string): void {
  requestAnimationFrame(() => document.getElementById(id)?.focus());
}

function move(by: 1 | -1): void {
  const { id } = useRun.getState();
  showRun(neighbour(runsShown(useRuns.getState()), id, by));
}

/** To the next step; of a comparison to the next that differs. */
function stepBy(by: 1 | -1): void {
  if (useCompare.getState().pair) moveDifference(by);
  else selectStepBy(by);
}

function side(name: Side): void {
  if (useScreen.getState().screen === "runs") toggleSide(name, useRoom.getState().sides === "over");
  else goTo("runs");
}

/** Focus on the filter, wherever the list stands. */
function filter(): void {
  goTo("runs");
  useScreen.setState(useRoom.getState().sides === "over" ? { over: "list" } : { list: true });
  focus("runs-filter");
}

/** Brings the step forward, wherever it stands. */
function showInspector(): void {
  goTo("runs");
  useScreen.setState(useRoom.getState().sides === "over" ? { over: "inspector" } : { inspector: true });
}

function breakpoints(): void {
  useScreen.setState({ console: true, consoleTab: "Breakpoints" });
  focus("break-on");
}

/** The one thing that is being edited: the plan, a result, or the held call. */
function send(): void {
  const { mode } = useAnswering.getState();
  if (mode === "answer") void answerReview();
  else if (mode === "change") void approveChanged();
  else if (useDraft.getState().run) void applyDraft();
  else if (useForkDraft.getState().step !== undefined) void forkWithDraft();
  else void goOn();
}

/** The question that waits comes first; a plan is held before any. */
function approve(): void {
  const { newest } = useRun.getState();
  if (newest && openReviews(newest).length > 0) void approveReview();
  else void approvePlan();
}

/** Into the held call's editor, or the result of the step on show. */
function edit(): void {
  const { shown, step } = useRun.getState();
  const held = heldPoint(useRun.getState());
  showInspector();
  if (held && shown && (step === undefined || stepShown(shown, step) === held.step)) {
    selectStep(held.step);
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".held-call .native-edit-context, .held-call textarea")?.focus());
  } else {
    void editAndFork();
  }
}

export const commands: readonly Command[] = [
  { id: "goal", name: "Ask or tell BotMojo", keys: "Mod+L", anywhere: true, run: () => focus("goal") },
  { id: "palette", name: "Find a command or a run", keys: "Mod+K", anywhere: true, run: () => useScreen.setState({ overlay: "palette" }) },
  { id: "runs", name: "Go to runs", keys: "1", run: () => goTo("runs") },
  { id: "memory", name: "Go to memory", keys: "2", run: () => goTo("memory") },
  { id: "agents", name: "Go to agents and tools", keys: "3", run: () => goTo("agents") },
  { id: "settings", name: "Go to settings", keys: "4", run: () => goTo("settings") },
  { id: "security", name: "Go to security", keys: "5", run: () => goTo("security") },
  { id: "filter", name: "Filter runs", keys: "/", run: filter },
  { id: "next", name: "Next run", keys: "J", run: () => move(1) },
  { id: "previous", name: "Previous run", keys: "K", run: () => move(-1) },
  { id: "next-step", name: "Next step", keys: "]", run: () => stepBy(1) },
  { id: "previous-step", name: "Previous step", keys: "[", run: () => stepBy(-1) },
  { id: "list", name: "Show or hide the list of runs", keys: "B", run: () => side("list") },
  { id: "inspector", name: "Show or hide the step", keys: "I", run: () => side("inspector") },
  { id: "back", name: "One event back", keys: "ArrowLeft", run: () => travelBy(-1) },
  { id: "forward", name: "One event forward", keys: "ArrowRight", run: () => travelBy(1) },
  { id: "newest", name: "To the newest event", keys: "End", run: () => travelTo(undefined) },
  {
    id: "again",
    name: "Run this goal again",
    keys: "R",
    run: () => {
      const { newest } = useRun.getState();
      if (newest) void startAgain(newest);
    },
  },
  { id: "pause", name: "Pause this run", keys: "F6", anywhere: true, run: () => void pauseRun() },
  { id: "go-on", name: "Go on with the held run", keys: "F8", anywhere: true, run: () => void goOn() },
  { id: "step-over", name: "Step over: to the next step", keys: "F10", anywhere: true, run: () => void goOn("over") },
  { id: "step-into", name: "Step into: to the next call", keys: "F11", anywhere: true, run: () => void goOn("into") },
  { id: "edit", name: "Edit the held call, or edit this result and fork", keys: "E", run: edit },
  { id: "fork", name: "Fork at the event on show", keys: "F", run: () => void forkRun() },
  { id: "replay", name: "Replay: choose where each step's answers come from", keys: "P", run: askReplay },
  { id: "compare", name: "Compare with its original, or another run", keys: "D", run: compareThis },
  { id: "break-here", name: "Break here: hold before the step on show", keys: "H", run: () => void breakHere() },
  { id: "breakpoints", name: "Show breakpoints", keys: "Mod+B", anywhere: true, run: breakpoints },
  { id: "fit", name: "Bring the whole plan into view", keys: "0", run: fitPlan },
  { id: "group", name: "Open or close the group of the step on show", keys: "O", run: toggleGroupShown },
  {
    id: "revision-diff",
    name: "Show or hide what this revision changed",
    keys: "V",
    run: () => useGraph.setState(({ diff }) => ({ diff: !diff })),
  },
  { id: "edit-plan", name: "Edit the plan", keys: "Mod+E", anywhere: true, run: () => (goTo("runs"), openDraft()) },
  { id: "send", name: "Send what is being edited", keys: "Mod+Enter", anywhere: true, run: send },
  { id: "undo", name: "Undo in the plan being edited", keys: "Mod+Z", run: undoDraft },
  { id: "redo", name: "Redo in the plan being edited", keys: "Mod+Y", run: redoDraft },
  {
    id: "plan-first",
    name: "Plan first: hold goals after their triage",
    keys: "Mod+P",
    anywhere: true,
    run: () => useScreen.setState(({ planFirst }) => ({ planFirst: !planFirst })),
  },
  { id: "approve", name: "Approve the plan, or what waits for a review", keys: "A", run: approve },
  { id: "undo-run", name: "Undo what this run did", keys: "Mod+Shift+Z", run: () => void askUndo() },
  { id: "cancel", name: "Cancel this run", keys: "C", run: () => void cancelRun() },
  { id: "copy", name: "Copy the answer", keys: "Y", run: () => document.querySelector<HTMLElement>(".answer-copy")?.click() },
  {
    id: "console",
    name: "Show or hide the console",
    keys: "Mod+`",
    anywhere: true,
    run: () => useScreen.setState(({ console }) => ({ console: !console })),
  },
  { id: "model", name: "Connect a model", run: () => useScreen.setState({ overlay: "model" }) },
  { id: "theme", name: "Change theme: system, dark, light", run: nextTheme },
  { id: "tour", name: "Show the tour", run: () => (goTo("runs"), useScreen.setState({ tour: 0 })) },
  { id: "keys", name: "Show all keys", keys: "?", run: () => useScreen.setState({ overlay: "keys" }) },
];

/** The command of a key press; undefined when it has none. */
export function commandOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey"> & { readonly shiftKey?: boolean },
  typing: boolean,
): Command | undefined {
  if (event.altKey) return undefined;
  const mod = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const pressed = mod ? `Mod+${key}` : key;
  const find = (keys: string) => commands.find((command) => command.keys === keys);
  const command = (mod && event.shiftKey ? find(`Mod+Shift+${key}`) : undefined) ?? find(pressed);
  return command && (!typing || command.anywhere) ? command : undefined;
}
