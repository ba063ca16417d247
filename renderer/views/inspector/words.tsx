// The goal, with the words that led to the step marked; other steps' words lead to those.
import type { RunHead, StepState } from "../../../core/contract/index.ts";
import { selectStep } from "../../state/run.ts";
import { goalPieces } from "./goal-pieces.ts";

export function Words({ run, step }: { run: RunHead; step: StepState }) {
  const id = step.step.id;
  const steps = run.revisions.at(-1)?.plan.steps ?? [];
  // A step that answers to the whole sentence says nothing about any word of it.
  const partial = steps.filter(({ words }) => words?.every(({ start, end }) => end - start < run.goal.length));
  const mine = step.step.words ?? [];
  return (
    <div className="words">
      <p className="prose">
        {goalPieces(run.goal, mine.length > 0 ? [...new Set([...partial, step.step])] : partial).map(({ at, text, steps: led }) => {
          if (led.includes(id)) return <mark key={at}>{text}</mark>;
          const [other] = led;
          if (other === undefined) return text;
          return (
            <button key={at} type="button" className="words-of-other" title={`Led to ${led.join(", ")}`} onClick={() => selectStep(other)}>
              {text}
            </button>
          );
        })}
      </p>
      <p className="quiet">
        {mine.length > 0
          ? "The marked words led to this step; the underlined ones to others."
          : "This step answers to the whole sentence; the underlined words led to others."}
      </p>
    </div>
  );
}
