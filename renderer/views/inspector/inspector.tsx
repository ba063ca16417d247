// The selected step: what it was given, what it gave, what it called, and the words it answers to.
import { lazy, Suspense, useState, type ReactNode } from "react";
import type { Moment, StepState } from "../../../core/contract/index.ts";
import { writeJson } from "../../state/json-draft.ts";
import { useDraft } from "../../state/draft.ts";
import { closeForkDraft, useForkDraft } from "../../state/fork-draft.ts";
import { heldPoint } from "../../state/held.ts";
import { momentShown, selectStep, useRun } from "../../state/run.ts";
import { stepShown, wholeStep } from "../../state/step-shown.ts";
import { Empty, FailureNote } from "../../ui/notice.tsx";
import { JsonText } from "../../ui/json-text.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { duration } from "../../ui/times.ts";
import { useNow } from "../../ui/use-now.ts";
import { Calls } from "./calls.tsx";
import { DraftStep } from "./draft-step.tsx";
import { ForkEditor, StepActions } from "./fork-editor.tsx";
import { HeldCall } from "./held-call.tsx";
import { Noted } from "./noted.tsx";
import { Words } from "./words.tsx";

const JsonEditor = lazy(() => import("../../ui/json-editor.tsx"));

const usualTabs = ["Output", "Input", "Calls", "Words", "Plan"] as const;
type Tab = (typeof usualTabs)[number] | "Held" | "Seen";

export function Inspector() {
  const run = useRun((state) => state.shown);
  const point = useRun(heldPoint);
  const id = useRun((state) => state.shown && stepShown(state.shown, state.step));
  const step = useRun(wholeStep);
  const editing = useForkDraft((state) => state.step);
  const [chosen, setTab] = useState<Tab>(point ? "Held" : "Output");
  // What holds the run comes forward by itself, once for each hold.
  const [seen, setSeen] = useState(point);
  if (seen !== point) {
    setSeen(point);
    setTab(point ? "Held" : chosen === "Held" ? "Output" : chosen);
  }
  const then = useRun(momentShown);
  const now = useNow(250);
  const drafting = useDraft((state) => state.run !== undefined && state.run === run?.id);
  if (drafting) return <DraftStep />;
  if (!run || !step) {
    return (
      <aside className="panel inspector" aria-label="Step">
        {id === undefined ? (
          <Empty title="No step yet">The first one appears when the plan does.</Empty>
        ) : (
          <div className="center-note late">Reading {id}…</div>
        )}
      </aside>
    );
  }
  const work =
    step.startedAt === null
      ? undefined
      : Math.max(0, (step.endedAt ?? (step.status === "running" ? (then ?? now) : step.startedAt)) - step.startedAt);
  const held = point?.step === step.id ? point : undefined;
  const ownTabs: readonly Tab[] = step.notes.length > 0 ? [...usualTabs, "Seen"] : usualTabs;
  const tabs = held ? (["Held", ...ownTabs] as const) : ownTabs;
  const tab = editing !== undefined || !tabs.includes(chosen) ? "Output" : chosen;
  const index = tabs.indexOf(tab);
  return (
    <aside className="panel inspector" aria-label="Step">
      <div className="panel-head">
        <span className="quiet">Step</span>
        <h2 title={step.id}>{step.id}</h2>
        <span className="grow" />
        <StateBadge status={held ? "paused" : step.status} />
      </div>
      <div className="tabs" role="tablist" aria-label="Step details">
        {tabs.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={tab === name}
            aria-controls="step-details"
            tabIndex={tab === name ? 0 : -1}
            onClick={() => {
              setTab(name);
              closeForkDraft();
            }}
            onKeyDown={(event) => {
              const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
              const next = tabs[(index + by + tabs.length) % tabs.length];
              if (by === 0 || !next) return;
              event.preventDefault();
              setTab(next);
              document.getElementById(`tab-${next}`)?.focus();
            }}
          >
            {name}
            {name === "Calls" && step.effects.length > 0 ? <span className="quiet"> {step.effects.length}</span> : null}
            {name === "Seen" ? <span className="quiet"> {step.notes.length}</span> : null}
          </button>
        ))}
      </div>
      {held && tab === "Held" && run.pause ? (
        <HeldCall key={held.key ?? held.step} point={held} pause={run.pause} />
      ) : (
        <>
          <dl className="figures">
            <Figure name="Work">{work === undefined ? "–" : duration(work)}</Figure>
            <Figure name="Attempts">{step.attempts}</Figure>
            <Figure name="Tokens">
              {step.usage.estimatedTokens ? "≈ " : ""}
              {(step.usage.inputTokens + step.usage.outputTokens).toLocaleString("en")} tok
            </Figure>
          </dl>
          <div className="scroll details" role="tabpanel" id="step-details" aria-labelledby={`tab-${tab}`} tabIndex={0}>
            <Details tab={tab} run={run} step={step} />
          </div>
          <StepActions step={step} />
        </>
      )}
    </aside>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="code">{children}</dd>
    </div>
  );
}

function Details({ tab, run, step }: { tab: Tab; run: Moment; step: StepState }) {
  const editing = useForkDraft((state) => state.step);
  switch (tab) {
    case "Output":
      if (editing === step.id) return <ForkEditor step={step} />;
      if (step.failure) return <FailureNote failure={step.failure} />;
      if (step.status !== "completed")
        return <Empty title={step.reason ?? "Nothing yet"}>{step.reason ? null : "It appears here when the step has ended."}</Empty>;
      return <Value value={step.output} />;
    case "Input":
      return (
        <>
          <Value value={"input" in step.step ? step.step.input : step.step} />
          <Needs run={run} step={step} />
        </>
      );
    case "Calls":
      return <Calls run={run} step={step} />;
    case "Words":
      return <Words run={run} step={step} />;
    case "Seen":
      return <Noted step={step} />;
    case "Held":
      return null;
    case "Plan":
      return (
        <Suspense fallback={<Empty title="Opening the editor…" />}>
          <JsonEditor value={writeJson(run.revisions.at(-1)?.plan)} schema="plan" label="Plan as JSON" />
        </Suspense>
      );
  }
}

function Needs({ run, step: { id, step } }: { run: Moment; step: StepState }) {
  if (step.needs.length === 0) return null;
  const way = id.slice(0, id.lastIndexOf("/") + 1);
  return (
    <div className="needs">
      <h3>Waits for</h3>
      {step.needs.map((need) => (
        <button key={need} type="button" className="need" onClick={() => selectStep(way + need)}>
          <span>{need}</span>
          <StateBadge status={run.statuses.get(way + need) ?? "waiting"} />
        </button>
      ))}
    </div>
  );
}

function Value({ value }: { value: unknown }) {
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const [only] = entries;
    if (entries.length === 1 && only && typeof only[1] === "string") return <p className="prose">{only[1]}</p>;
  }
  return <JsonText value={value} />;
}
