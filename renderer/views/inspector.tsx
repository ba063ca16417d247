// The selected step: what it was given, what it gave, what it called, and the words it answers to.
import { lazy, Suspense, useState, type ReactNode } from "react";
import type { EffectState, RunState, StepState } from "../../core/contract/index.ts";
import { useRun } from "../state/run.ts";
import { Empty, FailureNote } from "../ui/notice.tsx";
import { StateBadge, StateIcon } from "../ui/state-badge.tsx";
import { duration } from "../ui/times.ts";

const JsonView = lazy(() => import("../ui/json-view.tsx"));

const tabs = ["Output", "Input", "Calls", "Words", "Plan"] as const;
type Tab = (typeof tabs)[number];

export function Inspector() {
  const run = useRun((state) => state.shown);
  const selected = useRun((state) => state.step);
  const [tab, setTab] = useState<Tab>("Output");
  const step = run?.steps.find((known) => known.step.id === selected) ?? run?.steps.at(-1);
  if (!run || !step) return <aside className="panel inspector" aria-label="Step" />;
  const work = step.startedAt === null ? undefined : (step.endedAt ?? step.startedAt) - step.startedAt;
  const index = tabs.indexOf(tab);
  return (
    <aside className="panel inspector" aria-label="Step">
      <div className="panel-head">
        <span className="quiet">Step</span>
        <h2>{step.step.id}</h2>
        <span className="grow" />
        <StateBadge status={step.status} />
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
            onClick={() => setTab(name)}
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
          </button>
        ))}
      </div>
      <dl className="figures">
        <Figure name="Work">{work === undefined ? "–" : duration(work)}</Figure>
        <Figure name="Attempts">{step.attempts}</Figure>
        <Figure name="Tokens">{step.usage.inputTokens + step.usage.outputTokens}</Figure>
      </dl>
      <div className="scroll details" role="tabpanel" id="step-details" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        <Details tab={tab} run={run} step={step} />
      </div>
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

function Details({ tab, run, step }: { tab: Tab; run: RunState; step: StepState }) {
  switch (tab) {
    case "Output":
      if (step.failure) return <FailureNote failure={step.failure} />;
      if (step.status !== "completed")
        return <Empty title={step.reason ?? "Nothing yet"}>{step.reason ? null : "It appears here when the step has ended."}</Empty>;
      return <Value value={step.output} />;
    case "Input":
      return <Value value={step.step.input} />;
    case "Calls":
      return <Calls step={step} />;
    case "Words":
      return <Words goal={run.goal} spans={step.step.words ?? []} />;
    case "Plan":
      return (
        <Suspense fallback={<Empty title="Opening the editor…" />}>
          <JsonView value={run.revisions.at(-1)?.plan} schema="plan" label="Plan as JSON" />
        </Suspense>
      );
  }
}

function Value({ value }: { value: unknown }) {
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const [only] = entries;
    if (entries.length === 1 && only && typeof only[1] === "string") return <p className="prose">{only[1]}</p>;
  }
  return <pre className="json">{JSON.stringify(value, null, 2)}</pre>;
}

function Calls({ step }: { step: StepState }) {
  if (step.effects.length === 0 && step.denials.length === 0) return <Empty title="It called nothing" />;
  return (
    <>
      {step.denials.map(({ tool, rule, reason }) => (
        <FailureNote key={`${tool}${rule}`} failure={{ code: "denied", message: `${tool} was denied by ${rule}.`, remedy: reason }} />
      ))}
      {step.effects.map((effect) => (
        <Call key={effect.key} effect={effect} />
      ))}
    </>
  );
}

function Call({ effect }: { effect: EffectState }) {
  const { state } = effect;
  const status = state.is === "pending" ? "running" : state.is;
  const model = effect.call === "model";
  return (
    <details className="call" open={!model}>
      <summary>
        <StateIcon status={status} />
        <span className="code">{effect.name}</span>
        <span className="quiet">{model ? "model" : ""}</span>
        <span className="grow" />
        <span className="code number">{state.is === "pending" ? "…" : duration(state.at - effect.requestedAt)}</span>
      </summary>
      <h3>{model ? "Asked" : "Arguments"}</h3>
      <pre className="json">{JSON.stringify(effect.input, null, 2)}</pre>
      {state.is === "completed" ? (
        <>
          <h3>{model ? "Answered" : "Result"}</h3>
          <pre className="json">{JSON.stringify(state.output, null, 2)}</pre>
        </>
      ) : null}
      {state.is === "failed" ? <FailureNote failure={state.failure} /> : null}
    </details>
  );
}

function Words({ goal, spans }: { goal: string; spans: readonly { start: number; end: number }[] }) {
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    if (start < at) continue;
    pieces.push(goal.slice(at, start), <mark key={start}>{goal.slice(start, end)}</mark>);
    at = end;
  }
  pieces.push(goal.slice(at));
  return (
    <>
      <p className="prose">{pieces}</p>
      <p className="quiet">{spans.length > 0 ? "The marked words led to this step." : "This step answers to the whole sentence."}</p>
    </>
  );
}
