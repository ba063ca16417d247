// What was seen of the program that a step follows, besides what it asked: spans and logs of its own, and what went through
// its proxy.
import { useMemo } from "react";
import { notedLines, type NotedLine, type StepState } from "../../../core/contract/index.ts";
import { JsonText } from "../../ui/json-text.tsx";
import { StateIcon } from "../../ui/state-badge.tsx";
import { duration, exactTime } from "../../ui/times.ts";

/** More would take long to draw; the rest is in the events. */
const most = 500;

const kinds: Readonly<Record<NotedLine["note"]["is"], string>> = { request: "Page", tunnel: "Tunnel", span: "Span", log: "Log" };

export function Noted({ step }: { step: StepState }) {
  const lines = useMemo(() => notedLines(step.notes), [step.notes]);
  return (
    <>
      {lines.slice(0, most).map((line, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- they have no names of their own, and only grow
        <Line key={index} line={line} />
      ))}
      {lines.length > most ? <p className="quiet noted-rest">{lines.length - most} more are in the run's events.</p> : null}
    </>
  );
}

function Line({ line: { note, depth, at, ms, what, outcome, failed } }: { line: NotedLine }) {
  const { is, ...about } = note;
  return (
    <details className="call">
      <summary title={exactTime(at)}>
        <span className="noted-depth" style={{ width: `${Math.min(depth, 8) * 12}px` }} />
        <StateIcon status={failed ? "failed" : "completed"} />
        <span className="code ellipsis">{what}</span>
        <span className="grow" />
        <span className="chip">{kinds[is]}</span>
        <span className="code number">{ms === undefined ? "" : duration(ms)}</span>
      </summary>
      {outcome === "" ? null : <p className="prose">{outcome}</p>}
      <JsonText value={about} />
    </details>
  );
}
