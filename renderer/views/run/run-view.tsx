// One run: its plan, its moment in time, its answer and what it kept.
import { Maximize, Pencil, ShieldCheck, Undo2, X } from "lucide-react";
import { lazy, Suspense } from "react";
import type { PlanRevision, Moment } from "../../../core/contract/index.ts";
import { openDraft, useDraft } from "../../state/draft.ts";
import { fitPlan, useGraph } from "../../state/graph.ts";
import { writeJson } from "../../state/json-draft.ts";
import { heldByPlanFirst, planApproved } from "../../state/plan-first.ts";
import { changesInWords, planChanges } from "../../state/plan-edits.ts";
import { travelTo, useRun } from "../../state/run.ts";
import { useSteering } from "../../state/steering.ts";
import { Badge } from "../../ui/badge.tsx";
import { Keys } from "../../ui/keys.tsx";
import { Empty, FailureNote } from "../../ui/notice.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Outcome } from "./outcome.tsx";
import { PlanEditor } from "./plan-editor.tsx";
import { OriginLine } from "./origin-line.tsx";
import { ReviewAsk } from "./review-ask.tsx";
import { UndoneLine } from "./undone-line.tsx";
import { RunActions, SideButton } from "./run-actions.tsx";

// The graph is the heaviest thing of the first window; its words and frame need not wait for it.
const loadGraph = () => import("./plan-graph.tsx");
const PlanGraph = lazy(loadGraph);
void loadGraph();
const JsonDiff = lazy(() => import("../../ui/json-diff.tsx"));

export function RunView() {
  const { shown: run, newest, at } = useRun();
  const drafting = useDraft((state) => state.run !== undefined && state.run === newest?.id);
  const diffing = useGraph((state) => state.diff);
  if (!run || !newest) return <div className="panel center-note late">Opening the run…</div>;
  const revision = run.revisions.at(-1);
  const before = run.revisions.at(-2);
  return (
    <section className={`panel run-view${at === undefined ? "" : " back"}`} aria-label="Run">
      <div className="panel-head">
        <SideButton side="list" />
        <h1 title={run.goal}>{run.goal}</h1>
        <StateBadge status={run.status === "waiting" ? "asks" : run.status} />
        {newest.undoneTo === null ? null : <Badge look={{ icon: Undo2, word: "Undone", tone: "cancelled" }} />}
        <span className="grow" />
        <Revisions all={newest.revisions} shown={revision} />
        <RunActions run={newest} back={at !== undefined} drafting={drafting} />
        <SideButton side="inspector" />
      </div>
      <OriginLine run={run} />
      {newest.undoneTo === null ? null : <UndoneLine run={newest} />}
      {revision ? (
        <div className="revision-line">
          {planApproved(run) ? (
            <Badge
              look={{ icon: ShieldCheck, word: "Approved", tone: "done" }}
              title="A person froze this plan: a step that is not in it asks before it is done"
            />
          ) : null}
          <span className="ellipsis">
            Revision {revision.revision}: {revision.reason}
            {newest.pause ? (
              <span className="tone-waiting"> Held: {heldByPlanFirst(newest) ? "plan first." : newest.pause.reason}</span>
            ) : null}
            {at === undefined ? null : <span className="tone-waiting"> Shown as it was at event {at}.</span>}
          </span>
          {before && !drafting ? <DiffToggle before={before} after={revision} /> : null}
        </div>
      ) : null}
      <Refused />
      <ReviewAsk run={newest} />
      {drafting ? <PlanEditor run={newest} /> : <Shown run={run} before={diffing ? before : undefined} />}
    </section>
  );
}

function DiffToggle({ before, after }: { before: PlanRevision; after: PlanRevision }) {
  const diff = useGraph((state) => state.diff);
  return (
    <>
      <span className="quiet">{changesInWords(planChanges(before.plan, after.plan)) ?? "the same plan"}</span>
      <button type="button" className="link" aria-pressed={diff} onClick={() => useGraph.setState({ diff: !diff })}>
        {diff ? "Hide diff" : "Show diff"} <Keys keys="V" />
      </button>
    </>
  );
}

function Shown({ run, before }: { run: Moment; before: PlanRevision | undefined }) {
  const after = run.revisions.at(-1);
  return (
    <>
      <div className="graph" aria-label="Plan" role="group">
        <Suspense fallback={<div className="panel center-note late">Drawing the plan…</div>}>
          <PlanGraph run={run} before={before} />
        </Suspense>
        <div className="graph-tools">
          <button type="button" className="plain-button" onClick={fitPlan}>
            <Maximize className="icon" aria-hidden /> Fit <Keys keys="0" />
          </button>
          <button type="button" className="plain-button" onClick={() => openDraft()}>
            <Pencil className="icon" aria-hidden /> Edit the plan <Keys keys="Mod+E" />
          </button>
        </div>
      </div>
      {before && after ? (
        <div className="revision-diff">
          <Suspense fallback={<Empty title="Opening the editor…" />}>
            <JsonDiff
              left={writeJson(before.plan)}
              right={writeJson(after.plan)}
              label={`Revision ${before.revision} and ${after.revision}`}
            />
          </Suspense>
        </div>
      ) : (
        <Outcome run={run} />
      )}
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
