// The plan as it is being changed: as a graph or as JSON, with what is wrong with it in words.
import { Check, CircleAlert, Play, Redo2, ShieldCheck, Undo2 } from "lucide-react";
import { lazy, Suspense } from "react";
import { isOver, type Moment } from "../../../core/contract/index.ts";
import { applyDraft, approvePlan, leaveDraft, redoDraft, startOver, undoDraft, useDraft, writeDraft } from "../../state/draft.ts";
import { changesInWords, planChanges } from "../../state/plan-edits.ts";
import { heldByPlanFirst, planApproved } from "../../state/plan-first.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, FailureNote } from "../../ui/notice.tsx";

const JsonEditor = lazy(() => import("../../ui/json-editor.tsx"));
const DraftGraph = lazy(() => import("./draft-graph.tsx"));

export function PlanEditor({ run }: { run: Moment }) {
  const { form, text, failure } = useDraft();
  return (
    <section className="plan-editor" aria-label="Edit the plan">
      <Bar run={run} />
      {isOver(run.status) ? null : <Reason />}
      <Said run={run} />
      {failure ? <FailureNote failure={failure} /> : null}
      <div className="graph">
        <Suspense fallback={<Empty title="Opening the editor…" />}>
          {form === "graph" ? (
            <DraftGraph run={run} />
          ) : (
            <JsonEditor value={text} schema="plan" label="Plan being edited" focus onChange={writeDraft} />
          )}
        </Suspense>
      </div>
    </section>
  );
}

function Bar({ run }: { run: Moment }) {
  const { form, past, future, mistakes, base, plan } = useDraft();
  const words = base && plan ? changesInWords(planChanges(base, plan)) : undefined;
  const held = heldByPlanFirst(run);
  const approving = held && !(planApproved(run) && words === undefined);
  return (
    <div className="plan-bar">
      <span className="segments" role="group" aria-label="Form of the plan">
        {(["graph", "json"] as const).map((name) => (
          <button key={name} type="button" aria-pressed={form === name} onClick={() => useDraft.setState({ form: name })}>
            {name === "graph" ? "Graph" : "JSON"}
          </button>
        ))}
      </span>
      <button
        type="button"
        className="plain-button"
        aria-label="Undo"
        title="Undo (Ctrl Z)"
        disabled={past.length === 0}
        onClick={undoDraft}
      >
        <Undo2 className="icon" aria-hidden />
      </button>
      <button
        type="button"
        className="plain-button"
        aria-label="Redo"
        title="Redo (Ctrl Y)"
        disabled={future.length === 0}
        onClick={redoDraft}
      >
        <Redo2 className="icon" aria-hidden />
      </button>
      <span className={`quiet plan-words${words === undefined ? " unchanged" : ""}`} data-testid="draft-changes">
        {words ?? "Nothing changed yet"}
      </span>
      {words ? (
        <button type="button" className="link" onClick={startOver}>
          Start over
        </button>
      ) : null}
      <span className="grow" />
      <Button word="Leave it" keys="Esc" onClick={leaveDraft} />
      <Button
        icon={held ? Play : Check}
        word={applyWord(run, words !== undefined)}
        keys="Mod+Enter"
        main={!approving}
        disabled={mistakes.length > 0}
        onClick={() => void applyDraft()}
      />
      {approving ? (
        <Button
          icon={ShieldCheck}
          word="Approve plan"
          keys="A"
          says="Freeze this plan: a step that is not in it asks before it is done"
          main
          disabled={mistakes.length > 0}
          onClick={() => void approvePlan()}
        />
      ) : null}
    </div>
  );
}

function Reason() {
  const reason = useDraft((state) => state.reason);
  return (
    <div className="plan-bar">
      <input
        className="filter"
        aria-label="Reason for the change"
        placeholder="Why, in a sentence; it stands beside the revision"
        value={reason}
        onChange={(event) => useDraft.setState({ reason: event.target.value })}
      />
    </div>
  );
}

function applyWord(run: Moment, changed: boolean): string {
  if (isOver(run.status)) return "Run this plan";
  if (heldByPlanFirst(run)) return changed ? "Apply and start" : "Start";
  return "Apply";
}

/** What stands against it, or what there is to know before it is applied. */
function Said({ run }: { run: Moment }) {
  const { mistakes, revision } = useDraft();
  const newest = run.revisions.at(-1)?.revision ?? revision;
  if (mistakes.length > 0) {
    return (
      <ul className="plan-said tone-failed" role="alert">
        {mistakes.slice(0, 5).map((mistake) => (
          <li key={mistake}>
            <CircleAlert className="icon" aria-hidden /> {mistake}
          </li>
        ))}
        {mistakes.length > 5 ? <li>and {mistakes.length - 5} more</li> : null}
      </ul>
    );
  }
  const note = noteOn(run, newest, revision);
  return note ? <p className="plan-said quiet">{note}</p> : null;
}

function noteOn(run: Moment, newest: number, revision: number): string | undefined {
  if (newest > revision) return `Revision ${newest} came while you edited revision ${revision}; applying puts yours in its place.`;
  if (isOver(run.status)) return "This run has ended, so its plan stays as it was; another run is started with this one.";
  return heldByPlanFirst(run)
    ? "Nothing after the triage has begun. Approve the plan, and what is not in it asks first; or start it as it is."
    : undefined;
}
