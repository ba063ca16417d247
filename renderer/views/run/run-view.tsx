// One run: its plan, its moment in time, its answer and what it kept.
import {
  ArrowDownToDot,
  Ban,
  Check,
  Copy,
  GitCompareArrows,
  GitFork,
  PanelLeft,
  PanelRight,
  Pause,
  Pencil,
  Play,
  RotateCcw,
  X,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { isOver, type PlanRevision, type RunState } from "../../../core/contract/index.ts";
import { startGoal } from "../../state/goal.ts";
import { useRoom } from "../../state/room.ts";
import { compareThis } from "../../state/compare.ts";
import { openDraft, useDraft } from "../../state/draft.ts";
import { goOn } from "../../state/held.ts";
import { heldByPlanFirst } from "../../state/plan-first.ts";
import { travelTo, useRun } from "../../state/run.ts";
import { toggleSide, useScreen, type Side } from "../../state/screen.ts";
import { cancelRun, forkRun, pauseRun, useSteering } from "../../state/steering.ts";
import { FailureNote } from "../../ui/notice.tsx";
import { Keys } from "../../ui/keys.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { duration } from "../../ui/times.ts";
import { PlanEditor } from "./plan-editor.tsx";

// The graph is the heaviest thing of the first window; its words and frame need not wait for it.
const PlanGraph = lazy(() => import("./plan-graph.tsx"));

export function RunView() {
  const { shown: run, newest, at } = useRun();
  const drafting = useDraft((state) => state.run !== undefined && state.run === newest?.id);
  if (!run || !newest) return <div className="panel center-note">Opening the run…</div>;
  const revision = run.revisions.at(-1);
  return (
    <section className="panel run-view" aria-label="Run">
      <div className="panel-head">
        <SideButton side="list" />
        <h1 title={run.goal}>{run.goal}</h1>
        <StateBadge status={run.status} />
        <span className="grow" />
        <Revisions all={newest.revisions} shown={revision} />
        <Holding status={newest.status} />
        {at === undefined ? null : (
          <button type="button" className="button" title="A new run with the same past up to this event" onClick={() => void forkRun()}>
            <GitFork className="icon" aria-hidden /> Fork here <Keys keys="F" />
          </button>
        )}
        {!isOver(newest.status) ? (
          <button type="button" className="button" onClick={() => void cancelRun()}>
            <Ban className="icon" aria-hidden /> Cancel <Keys keys="C" />
          </button>
        ) : (
          <button type="button" className="button" onClick={() => void startGoal(run.goal)}>
            <RotateCcw className="icon" aria-hidden /> Run again <Keys keys="R" />
          </button>
        )}
        {drafting ? null : (
          <button type="button" className="button" title="Compare with its original, or another run" onClick={compareThis}>
            <GitCompareArrows className="icon" aria-hidden /> Compare{newest.origin ? "" : "…"} <Keys keys="D" />
          </button>
        )}
        <SideButton side="inspector" />
      </div>
      {revision ? (
        <div className="revision-line">
          Revision {revision.revision}: {revision.reason}
          {newest.pause ? (
            <span className="tone-waiting"> Held: {heldByPlanFirst(newest) ? "plan first." : newest.pause.reason}</span>
          ) : null}
          {at === undefined ? null : <span className="tone-waiting"> Shown as it was at event {at}.</span>}
        </div>
      ) : null}
      <Refused />
      {drafting ? <PlanEditor run={newest} /> : <Shown run={run} />}
    </section>
  );
}

function Shown({ run }: { run: RunState }) {
  return (
    <>
      <div className="graph" aria-label="Plan" role="group">
        <Suspense fallback={<div className="panel center-note">Drawing the plan…</div>}>
          <PlanGraph run={run} />
        </Suspense>
        <div className="graph-tools">
          <button type="button" className="plain-button" onClick={() => openDraft()}>
            <Pencil className="icon" aria-hidden /> Edit the plan <Keys keys="Mod+E" />
          </button>
        </div>
      </div>
      <Outcome run={run} />
    </>
  );
}

/** Why the last thing asked of the run was not done. */
function Refused() {
  const failure = useSteering((state) => state.failure);
  if (!failure) return null;
  return (
    <div className="refused">
      <FailureNote failure={failure} />
      <button
        type="button"
        className="plain-button"
        aria-label="Put this away"
        title="Put this away"
        onClick={() => useSteering.setState({ failure: undefined })}
      >
        <X className="icon" aria-hidden />
      </button>
    </div>
  );
}

/** Hold, go on, one step at a time. */
function Holding({ status }: { status: RunState["status"] }) {
  if (status === "running") {
    return (
      <button type="button" className="button" onClick={() => void pauseRun()}>
        <Pause className="icon" aria-hidden /> Pause <Keys keys="F6" />
      </button>
    );
  }
  if (status !== "paused") return null;
  return (
    <>
      <button type="button" className="button" onClick={() => void goOn()}>
        <Play className="icon" aria-hidden /> Go on <Keys keys="F8" />
      </button>
      <button type="button" className="button" title="To the next call, inside this step too" onClick={() => void goOn("into")}>
        <ArrowDownToDot className="icon" aria-hidden /> Step <Keys keys="F11" />
      </button>
    </>
  );
}

const sideLooks = {
  list: { icon: PanelLeft, name: "the list of runs", keys: "B" },
  inspector: { icon: PanelRight, name: "the step", keys: "I" },
} as const;

/** Opens a side that is put away or has no room; nothing while it stands there. */
function SideButton({ side }: { side: Side }) {
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

function Revisions({ all, shown }: { all: readonly PlanRevision[]; shown: PlanRevision | undefined }) {
  if (all.length < 2) return null;
  return (
    <span className="segments" role="group" aria-label="Plan revision">
      {all.map((revision, index) => (
        <button
          key={revision.seq}
          type="button"
          aria-pressed={revision.revision === shown?.revision}
          title={revision.reason}
          aria-label={`Revision ${revision.revision}`}
          onClick={() => travelTo(index === all.length - 1 ? undefined : revision.seq)}
        >
          {revision.revision}
        </button>
      ))}
    </span>
  );
}

function Outcome({ run }: { run: RunState }) {
  const took = run.endedAt === null ? "" : duration(run.endedAt - run.startedAt);
  if (run.failure) {
    return (
      <div className="outcome">
        <FailureNote failure={run.failure}>
          {run.failure.code === "model.needed" ? (
            <button type="button" className="button" onClick={() => useScreen.setState({ overlay: "model" })}>
              Connect a model
            </button>
          ) : null}
        </FailureNote>
      </div>
    );
  }
  if (run.answer === null && run.items.length === 0) return null;
  return (
    <div className="outcome">
      {run.answer === null ? null : (
        <div className="answer">
          <p data-testid="answer">{run.answer}</p>
          <div className="answer-meta">
            <span className="quiet code">
              {run.modelKind === "rules" ? "rules model, not a language model" : run.model} · {took}
            </span>
            <CopyButton text={run.answer} />
          </div>
        </div>
      )}
      {run.items.length === 0 ? null : (
        <ul className="kept" aria-label="Kept">
          {run.items.map((item) => (
            <li key={item.id}>
              <span className="kind">{kindWords[item.body.kind]}</span>
              <span>{bodyText(item.body)}</span>
              <q className="quiet">{item.words}</q>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" className="plain-button answer-copy" title="Copy the answer" onClick={() => void copy()}>
      {copied ? <Check className="icon tone-done" aria-hidden /> : <Copy className="icon" aria-hidden />}
      {copied ? "Copied" : "Copy"} <Keys keys="Y" />
    </button>
  );
}

type Body = RunState["items"][number]["body"];

const kindWords: Record<Body["kind"], string> = { agenda: "Calendar", expense: "Expense", fact: "Fact", note: "Note" };

function bodyText(body: Body): string {
  switch (body.kind) {
    case "agenda":
      return [body.title, body.date, body.time, body.place].filter(Boolean).join(", ");
    case "expense":
      return [moneyText(body.minor, body.currency), body.vendor, body.category, body.date].filter(Boolean).join(", ");
    case "fact":
      return body.statement;
    case "note":
      return body.text;
  }
}

function moneyText(minor: number, currency: string): string {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
