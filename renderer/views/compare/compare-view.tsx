// Two runs side by side: their steps aligned, the first difference first, and the part that differs in full.
import { GitCompareArrows, X } from "lucide-react";
import { lazy, Suspense } from "react";
import { doerOf, type RunState } from "../../../core/contract/index.ts";
import { closeComparison, parts, partText, useCompare, type Part } from "../../state/compare.ts";
import { showRun } from "../../state/run.ts";
import { useScreen } from "../../state/screen.ts";
import { Keys } from "../../ui/keys.tsx";
import { Empty, FailureNote } from "../../ui/notice.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { AlignedSteps } from "./aligned-steps.tsx";

const JsonDiff = lazy(() => import("../../ui/json-diff.tsx"));

export function CompareView() {
  const { left, right, diff, steps, failure } = useCompare();
  return (
    <section className="panel compare" aria-label="Compare runs">
      <div className="panel-head">
        <GitCompareArrows className="icon" aria-hidden />
        <h1>Compare</h1>
        <span className="quiet ellipsis" data-testid="verdict">
          {diff ? verdict(diff.differences.length, steps.length, diff.answers.same) : ""}
        </span>
        <span className="grow" />
        <button type="button" className="button" onClick={() => useScreen.setState({ overlay: "compare" })}>
          Another run…
        </button>
        <button type="button" className="button" onClick={closeComparison}>
          <X className="icon" aria-hidden /> Close <Keys keys="Esc" />
        </button>
      </div>
      {failure ? <FailureNote failure={failure} /> : null}
      {left && right && diff ? (
        <>
          <div className="compare-heads">
            <RunHead run={left} side="Left" />
            <RunHead run={right} side="Right" />
          </div>
          <div className="compare-body">
            <AlignedSteps />
            <PartView />
          </div>
          <div className="compare-answers">
            <Answer run={left} label="Answer on the left" same={diff.answers.same} />
            <Answer run={right} label="Answer on the right" same={diff.answers.same} />
          </div>
        </>
      ) : failure ? null : (
        <Empty title="Reading both runs…" />
      )}
    </section>
  );
}

function verdict(differing: number, total: number, sameAnswer: boolean): string {
  const answers = sameAnswer ? "the answers are the same" : "the answers differ";
  if (differing === 0) return `All ${total} steps are the same; ${answers}.`;
  return `${differing} of ${total} steps ${differing === 1 ? "differs" : "differ"}; ${answers}.`;
}

function RunHead({ run, side }: { run: RunState; side: string }) {
  return (
    <div className="compare-run">
      <span className="quiet">{side}</span>
      <button type="button" className="link ellipsis" title={`Open ${run.id}`} onClick={() => (closeComparison(), showRun(run.id))}>
        {run.goal}
      </button>
      <span className="quiet code ellipsis">{whatItIs(run)}</span>
      <span className="grow" />
      <StateBadge status={run.status} />
    </div>
  );
}

function whatItIs({ origin }: RunState): string {
  if (!origin) return "original";
  if (origin.kind === "replay") return "replay";
  const edited = origin.edits.map(({ step }) => step).join(", ");
  return `fork at event ${origin.at}${edited ? `, ${edited} edited` : ""}`;
}

const partWords: Readonly<Record<Exclude<Part, "missing">, string>> = {
  plan: "Plan",
  request: "Request",
  answer: "Answer",
  status: "Status",
  output: "Output",
};

function PartView() {
  const { steps, step: chosen, part = "output" } = useCompare();
  const step = steps.find((known) => known.step === chosen);
  if (!step) {
    return (
      <div className="compare-part">
        {steps.length > 0 ? <Empty title="Nothing differs">Choose a step to look at it all the same.</Empty> : null}
      </div>
    );
  }
  const definition = (step.left ?? step.right)?.step;
  const [left, right] = [partText(step.left, part), partText(step.right, part)];
  return (
    <div className="compare-part">
      <div className="compare-part-head">
        <strong>{step.step}</strong>
        <span className="quiet code">{definition && doerOf(definition) !== step.step ? doerOf(definition) : ""}</span>
        <span className="grow" />
        <span className="segments" role="group" aria-label="Part of the step">
          {parts.map((name) => (
            <button key={name} type="button" aria-pressed={part === name} onClick={() => useCompare.setState({ part: name })}>
              {partWords[name]}
              {step.what.includes(name) ? <span className="differs"> differs</span> : null}
            </button>
          ))}
        </span>
      </div>
      {step.left && step.right ? null : (
        <p className="in-place tone-waiting">Only the run on the {step.left ? "left" : "right"} has this step.</p>
      )}
      <Suspense fallback={<Empty title="Opening the editor…" />}>
        <JsonDiff left={left} right={right} label={`${step.step}, ${part}`} />
      </Suspense>
    </div>
  );
}

function Answer({ run, label, same }: { run: RunState; label: string; same: boolean }) {
  return (
    <div className="scroll compare-answer" role="region" aria-label={label} tabIndex={0}>
      <h2>Answer{same ? ", the same" : ""}</h2>
      <p className="prose">{run.answer ?? run.failure?.message ?? "None yet."}</p>
    </div>
  );
}
