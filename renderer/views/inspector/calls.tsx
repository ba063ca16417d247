// What the step asked of models and tools, with what they answered and how long they took.
import type { EffectState, RunHead, StepState } from "../../../core/contract/index.ts";
import { toggleBreakpoint } from "../../state/breakpoints.ts";
import { JsonText } from "../../ui/json-text.tsx";
import { Empty, FailureNote } from "../../ui/notice.tsx";
import { SourceBadge, type Source } from "../../ui/source-badge.tsx";
import { StateIcon } from "../../ui/state-badge.tsx";
import { duration, exactTime } from "../../ui/times.ts";

export function Calls({ run, step }: { run: RunHead; step: StepState }) {
  const past = run.origin?.kind === "fork" ? run.origin.at : 0;
  if (step.effects.length === 0 && step.denials.length === 0) {
    return step.status === "waiting" ? <Empty title="Nothing yet" /> : <Empty title="It called nothing" />;
  }
  return (
    <>
      {step.denials.map(({ tool, rule, reason }) => (
        <FailureNote key={`${tool}${rule}`} failure={{ code: "denied", message: `${tool} was denied by ${rule}.`, remedy: reason }} />
      ))}
      {step.effects.map((effect) => (
        <Call key={effect.key} effect={effect} source={sourceOf(effect, past)} />
      ))}
    </>
  );
}

/** Where the answer came from; up to the fork's event it is the original's, so for this run it is a record. */
function sourceOf({ state, requestedSeq }: EffectState, past: number): Source {
  const own = state.is === "completed" ? state.source : undefined;
  return own ?? (requestedSeq <= past ? "recorded" : "live");
}

/** What a program was answered is shown as it is meant; how it came, piece by piece, when that is asked for. */
function Answer({ output }: { output: unknown }) {
  if (typeof output !== "object" || output === null || !("pieces" in output)) return <JsonText value={output} />;
  const { pieces, ...meant } = output;
  return (
    <>
      <JsonText value={meant} />
      <details className="call-pieces">
        <summary className="link">As it came</summary>
        <JsonText value={pieces} />
      </details>
    </>
  );
}

const chips = { model: "Model", tool: "Tool", server: "Server" } as const;

function Call({ effect, source }: { effect: EffectState; source: Source }) {
  const { state } = effect;
  const model = effect.call === "model";
  return (
    <details className="call" open={effect.call === "tool"}>
      <summary title={exactTime(effect.requestedAt)}>
        <StateIcon status={state.is === "pending" ? "running" : state.is} />
        <span className="code ellipsis">
          {effect.name}
          {state.is === "completed" && state.answeredBy ? `, answered by ${state.answeredBy}` : ""}
        </span>
        <span className="grow" />
        <span className={`chip chip-${effect.call}`}>{chips[effect.call]}</span>
        <SourceBadge source={source} />
        <span className="code number">{state.is === "pending" ? "Running" : duration(state.at - effect.requestedAt)}</span>
      </summary>
      <h3>{model ? "Asked" : "Arguments"}</h3>
      <JsonText value={effect.input} />
      {state.is === "completed" ? (
        <>
          <h3>{model ? "Answered" : "Result"}</h3>
          <Answer output={state.output} />
        </>
      ) : null}
      {effect.call !== "tool" ? null : (
        <button type="button" className="link call-break" onClick={() => void toggleBreakpoint(`tool:${effect.name}`)}>
          Break before {effect.name}
        </button>
      )}
      {state.is === "failed" ? <FailureNote failure={state.failure} /> : null}
    </details>
  );
}
