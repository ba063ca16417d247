// One step of the plan being edited, its fields one by one.
import { Plus, Trash2, X } from "lucide-react";
import { useState, type ReactNode } from "react";
import { doerOf, PlanStepId, type Step } from "../../../core/contract/index.ts";
import { changeDraft, lockedSteps, useDraft } from "../../state/draft.ts";
import {
  addAfter,
  connectSteps,
  disconnectSteps,
  mapStep,
  removeStep,
  renameStep,
  withDoer,
  withWords,
  wordsOf,
} from "../../state/plan-edits.ts";
import { useRegistry } from "../../state/registry.ts";
import { useRun } from "../../state/run.ts";
import { Empty } from "../../ui/notice.tsx";

export function DraftStep() {
  const plan = useDraft((state) => state.plan);
  const chosen = useDraft((state) => state.step);
  const run = useRun((state) => state.newest);
  const step = plan?.steps.find(({ id }) => id === chosen);
  const locked = step ? lockedSteps(run).has(step.id) : false;
  return (
    <aside className="panel inspector" aria-label="Step">
      <div className="panel-head">
        <span className="quiet">Edit step</span>
        {step ? <h2>{step.id}</h2> : null}
        <span className="grow" />
        <span className="quiet code">{step?.kind}</span>
      </div>
      {!step ? (
        <Empty title="Choose a step">Its name, its words and what it waits for are changed here; everything else in JSON.</Empty>
      ) : locked ? (
        <Empty title={`${step.id} has begun`}>It stays as it is. Fork the run before it to change it.</Empty>
      ) : (
        <Fields key={step.id} step={step} />
      )}
    </aside>
  );
}

function Fields({ step }: { step: Step }) {
  const plan = useDraft((state) => state.plan);
  const { agents = [], tools = [] } = useRegistry();
  const words = wordsOf(step);
  const doers = step.kind === "agent" ? agents : step.kind === "tool" ? tools : [];
  const others = plan?.steps.filter(({ id }) => id !== step.id && !step.needs.includes(id)) ?? [];
  const change = (to: (step: Step) => Step) => changeDraft((known) => mapStep(known, step.id, to));
  return (
    <>
      <div className="scroll draft-fields" tabIndex={-1}>
        <Name step={step} />
        {doers.length > 0 ? (
          <Field label={step.kind === "tool" ? "Tool" : "Agent"}>
            <select className="field" value={doerOf(step)} onChange={(event) => change((known) => withDoer(known, event.target.value))}>
              {[...new Set([doerOf(step), ...doers.map(({ name }) => name)])].map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
        ) : null}
        {words === undefined ? null : (
          <Field label={step.kind === "review" ? "Question" : "What it is to do"}>
            <textarea
              className="field"
              rows={3}
              value={words}
              onChange={(event) => change((known) => withWords(known, event.target.value))}
            />
          </Field>
        )}
        <Field label="Only when">
          <input
            className="field code"
            placeholder="always"
            title="A condition in CEL over earlier results"
            value={step.when ?? ""}
            onChange={(event) => change((known) => withCondition(known, event.target.value))}
          />
        </Field>
        <div className="draft-needs">
          <h3>Waits for</h3>
          <ul>
            {step.needs.map((need) => (
              <li key={need}>
                <span>{need}</span>
                <button
                  type="button"
                  className="plain-button"
                  aria-label={`Do not wait for ${need}`}
                  title={`Do not wait for ${need}`}
                  onClick={() => changeDraft((known) => disconnectSteps(known, need, step.id))}
                >
                  <X className="icon" aria-hidden />
                </button>
              </li>
            ))}
          </ul>
          {others.length > 0 ? (
            <select
              className="field"
              aria-label="Wait for another step"
              value=""
              onChange={(event) => changeDraft((known) => connectSteps(known, event.target.value, step.id))}
            >
              <option value="">Wait for another…</option>
              {others.map(({ id }) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          ) : null}
        </div>
      </div>
      <div className="actions step-actions">
        <button type="button" className="button" onClick={() => add(step.id)}>
          <Plus className="icon" aria-hidden /> Add a step after
        </button>
        <button type="button" className="button" onClick={() => changeDraft((known) => removeStep(known, step.id))}>
          <Trash2 className="icon" aria-hidden /> Remove
        </button>
      </div>
    </>
  );
}

function add(after: string): void {
  const { plan } = useDraft.getState();
  if (!plan) return;
  const made = addAfter(plan, after);
  changeDraft(() => made.plan);
  useDraft.setState({ step: made.id });
}

function withCondition({ when: _, ...step }: Step, when: string): Step {
  return when.trim() === "" ? step : { ...step, when };
}

/** Taken when Enter is pressed or the field is left; until then it may be no name yet. */
function Name({ step }: { step: Step }) {
  const plan = useDraft((state) => state.plan);
  const [name, setName] = useState<string>(step.id);
  const read = PlanStepId.safeParse(name);
  const taken = name !== step.id && plan?.steps.some(({ id }) => id === name);
  const says = taken ? `Another step is called ${name}.` : read.success ? undefined : read.error.issues[0]?.message;
  const take = () => {
    if (says !== undefined || name === step.id) return;
    changeDraft((known) => renameStep(known, step.id, name));
    useDraft.setState({ step: name });
  };
  return (
    <Field label="Name" {...(says ? { says } : {})}>
      <input
        className="field"
        value={name}
        aria-invalid={says !== undefined}
        onChange={(event) => setName(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === "Enter" && take()}
      />
    </Field>
  );
}

function Field({ label, says, children }: { label: string; says?: string; children: ReactNode }) {
  return (
    <label className="draft-field">
      <span className="quiet">{label}</span>
      {children}
      {says ? (
        <span className="in-place tone-failed" role="alert">
          {says}
        </span>
      ) : null}
    </label>
  );
}
