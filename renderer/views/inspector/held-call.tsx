// The call that the run is held before: look at it, change it, or answer in its place.
import { ArrowDownToDot, Hand, Play, StepForward } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { isProgramsCall, type PausePoint, type RunHead } from "../../../core/contract/index.ts";
import { goOn, heldEdit, useHeld } from "../../state/held.ts";
import { useRegistry } from "../../state/registry.ts";
import { useRun } from "../../state/run.ts";
import { Keys } from "../../ui/keys.tsx";
import { Empty } from "../../ui/notice.tsx";
import { JsonText } from "../../ui/json-text.tsx";

const JsonEditor = lazy(() => import("../../ui/json-editor.tsx"));

export function HeldCall({ point, pause }: { point: PausePoint; pause: NonNullable<RunHead["pause"]> }) {
  const held = useHeld();
  const ready = heldEdit(held, point);
  const call = point.key !== undefined;
  return (
    <>
      <div className="scroll held-call" role="tabpanel" id="step-details" aria-labelledby="tab-Held">
        <p className="held-head">
          <Hand className="icon tone-waiting" aria-hidden />
          <strong>{beforeWhat(point)}</strong>
        </p>
        <p className="quiet held-reason">{pause.reason}</p>
        {call ? <CallEditor point={point} says={ready.ok ? undefined : ready.says} /> : <StepBefore point={point} />}
      </div>
      <div className="actions step-actions">
        <button type="button" className="button main" disabled={!ready.ok} onClick={() => void goOn()}>
          <Play className="icon" aria-hidden /> {goOnWord(ready, point)} <Keys keys="F8" />
        </button>
        <button type="button" className="button" disabled={!ready.ok} onClick={() => void goOn("into")}>
          <ArrowDownToDot className="icon" aria-hidden /> Step into <Keys keys="F11" />
        </button>
        <button type="button" className="button" disabled={!ready.ok} onClick={() => void goOn("over")}>
          <StepForward className="icon" aria-hidden /> Step over <Keys keys="F10" />
        </button>
      </div>
    </>
  );
}

function beforeWhat({ on, name, step }: PausePoint): string {
  if (on === "step" || on === "agent") return `Before ${step} begins`;
  return on === "model" ? "Before the model answers" : `Before ${name} is called`;
}

function goOnWord(ready: ReturnType<typeof heldEdit>, { on }: PausePoint): string {
  if (!ready.ok || !ready.edit) return "Go on";
  if ("output" in ready.edit) return on === "model" ? "Answer instead of the model" : "Answer instead of calling";
  return on === "model" ? "Go on with this request" : "Go on with these arguments";
}

function CallEditor({ point, says }: { point: PausePoint; says: string | undefined }) {
  const { mode, arguments: given, answer, came } = useHeld();
  const schema = useRegistry((state) => state.tools?.find(({ name }) => name === point.name)?.inputSchema);
  const [problem, setProblem] = useState<string>();
  const model = point.on === "model";
  const outside = useRun((state) => isProgramsCall(state.newest?.revisions.at(-1)?.plan, point));
  const answering = mode === "answer";
  const shape = useMemo(() => (answering || !schema ? undefined : { name: `tool-${point.name}`, schema }), [answering, schema, point.name]);
  const sentence = says ?? (answering ? undefined : problem);
  return (
    <>
      <div className="held-modes">
        <span className="segments" role="group" aria-label="What to change">
          <button type="button" aria-pressed={!answering} onClick={() => useHeld.setState({ mode: "arguments" })}>
            {model ? "Request" : "Arguments"}
          </button>
          {outside ? null : (
            <button type="button" aria-pressed={answering} onClick={() => useHeld.setState({ mode: "answer" })}>
              Answer instead
            </button>
          )}
        </span>
        <span className="grow" />
        {!answering && given !== came ? (
          <button type="button" className="link" onClick={() => useHeld.setState({ arguments: came })}>
            As it came
          </button>
        ) : null}
        <Keys keys="E" />
      </div>
      <div className="small-editor">
        <Suspense fallback={<Empty title="Opening the editor…" />}>
          <JsonEditor
            key={answering ? "answer" : "arguments"}
            value={answering ? answer : given}
            label={answering ? "Answer instead of calling" : `${model ? "Request" : "Arguments"} of the held call`}
            lineNumbers={false}
            onChange={(text) => useHeld.setState(answering ? { answer: text } : { arguments: text })}
            onProblem={setProblem}
            {...(shape ? { schema: shape } : {})}
          />
        </Suspense>
      </div>
      {sentence ? (
        <p className={`in-place ${says ? "tone-failed" : "tone-waiting"}`} role={says ? "alert" : undefined}>
          {sentence}
        </p>
      ) : (
        <p className="in-place quiet">
          {answering
            ? "The call is not made; the run goes on with this."
            : model
              ? "The model is asked this."
              : `${point.name} is called with these${outside ? ", by the program itself" : ""}.`}
        </p>
      )}
    </>
  );
}

function StepBefore({ point }: { point: PausePoint }) {
  return (
    <>
      <h3 className="held-title">Input</h3>
      <JsonText value={point.input} />
      <p className="in-place quiet">Step into it to be held before its first call, where it can be changed.</p>
    </>
  );
}
