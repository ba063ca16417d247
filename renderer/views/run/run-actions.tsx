// What can be done with the run on show, each with its key.
import {
  ArrowDownToDot,
  Ban,
  Disc3,
  GitCompareArrows,
  GitFork,
  PanelLeft,
  PanelRight,
  Pause,
  Play,
  RotateCcw,
  ShieldCheck,
  Undo2,
} from "lucide-react";
import { isOver, programOf, type RunHead } from "../../../core/contract/index.ts";
import { compareThis } from "../../state/compare.ts";
import { startAgain } from "../../state/goal.ts";
import { approvePlan } from "../../state/draft.ts";
import { goOn } from "../../state/held.ts";
import { heldByPlanFirst, planApproved } from "../../state/plan-first.ts";
import { useRoom } from "../../state/room.ts";
import { toggleSide, useScreen, type Side } from "../../state/screen.ts";
import { askReplay } from "../../state/replay-draft.ts";
import { cancelRun, forkRun, pauseRun } from "../../state/steering.ts";
import { askUndo } from "../../state/undo.ts";
import { Button } from "../../ui/button.tsx";

export function RunActions({ run, back, drafting }: { run: RunHead; back: boolean; drafting: boolean }) {
  const { status } = run;
  const planFirst = heldByPlanFirst(run);
  // Only the program itself can go on, or another way; from a terminal.
  const followed = programOf(run.revisions.at(-1)?.plan) !== undefined;
  return (
    <>
      {status === "running" ? <Button icon={Pause} word="Pause" keys="F6" onClick={() => void pauseRun()} /> : null}
      {status === "paused" ? (
        <>
          {planFirst && !planApproved(run) && !drafting ? (
            <Button
              icon={ShieldCheck}
              word="Approve plan"
              keys="A"
              main
              says="Freeze this plan: a step that is not in it asks before it is done"
              onClick={() => void approvePlan()}
            />
          ) : null}
          <Button icon={Play} word="Go on" keys="F8" main={planFirst && planApproved(run) && !drafting} onClick={() => void goOn()} />
          <Button
            icon={ArrowDownToDot}
            word="Step"
            keys="F11"
            says="To the next call, inside this step too"
            onClick={() => void goOn("into")}
          />
        </>
      ) : null}
      {back && !followed ? (
        <Button
          icon={GitFork}
          word="Fork here"
          keys="F"
          says="A new run with the same past up to this event"
          onClick={() => void forkRun()}
        />
      ) : null}
      {isOver(status) ? (
        <>
          {followed ? null : <Button icon={RotateCcw} word="Run again" keys="R" short onClick={() => void startAgain(run)} />}
          <Button
            icon={Disc3}
            word="Replay…"
            keys="P"
            short
            says="Again from its record; say where each step’s answers come from"
            onClick={askReplay}
          />
          {run.undoneTo === null ? (
            <Button
              icon={Undo2}
              word="Undo…"
              keys="Mod+Shift+Z"
              short
              says="Take back what it did to files, memory and the conversation"
              onClick={() => void askUndo()}
            />
          ) : null}
        </>
      ) : (
        <Button icon={Ban} word="Cancel" keys="C" short onClick={() => void cancelRun()} />
      )}
      <Button
        icon={GitCompareArrows}
        word={run.origin ? "Compare" : "Compare…"}
        keys="D"
        short
        says="Compare with its original, or another run"
        onClick={compareThis}
      />
    </>
  );
}

const sideLooks = {
  list: { icon: PanelLeft, name: "the list of runs", keys: "B" },
  inspector: { icon: PanelRight, name: "the step", keys: "I" },
} as const;

/** Opens a side that is put away or has no room; nothing while it stands there. */
export function SideButton({ side }: { side: Side }) {
  const over = useRoom((state) => state.sides === "over");
  const shown = useScreen((state) => (over ? state.over === side : state[side]));
  if (!over && shown) return null;
  const { icon: Icon, name, keys } = sideLooks[side];
  return (
    <button
      type="button"
      className="plain-button"
      aria-label={`Show ${name}`}
      aria-expanded={shown}
      title={`Show ${name} (${keys})`}
      onClick={() => toggleSide(side, over)}
    >
      <Icon className="icon" aria-hidden />
    </button>
  );
}
