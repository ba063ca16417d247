// What the plan is drawn with: steps, groups, turns, and lines with the condition that guards them.
import {
  BaseEdge,
  EdgeLabelRenderer,
  getSmoothStepPath,
  Handle,
  Position,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
} from "@xyflow/react";
import { Check, ChevronDown, ChevronRight, RotateCw, X } from "lucide-react";
import { bodyOf, doerOf, type GroupCount, type Step, type StepState, type StepStatus } from "../../../core/contract/index.ts";
import { drawMore, toggleGroup } from "../../state/graph.ts";
import { momentShown, useRun } from "../../state/run.ts";
import { SourceBadge } from "../../ui/source-badge.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { duration } from "../../ui/times.ts";
import { useNow } from "../../ui/use-now.ts";

export interface BoxData extends Record<string, unknown> {
  readonly id: string;
  readonly step: Step | undefined;
  readonly status: StepStatus | undefined;
  /** In whole, once it is read. */
  readonly state: StepState | undefined;
  readonly saying: string | undefined;
  readonly held: boolean;
  readonly count: GroupCount | undefined;
  readonly number: number | undefined;
  /** Of a group that says how many turns there are to draw. */
  readonly group: string | undefined;
  readonly change: "added" | "changed" | "removed" | undefined;
}

export interface LineData extends Record<string, unknown> {
  readonly guard: string | undefined;
  readonly taken: boolean | undefined;
}

export const nodeTypes = { step: StepNode, body: GroupNode, turn: TurnNode, more: MoreNode };
export const edgeTypes = { guarded: GuardedLine };

type BoxProps = NodeProps<Node<BoxData>>;

function StepNode({ data, selected }: BoxProps) {
  const { id, step, status: stands = "waiting", state, saying, held, count, change } = data;
  if (!step) return null;
  const status = held ? "paused" : stands;
  const looks = ["step-node", `is-${status}`, selected ? "selected" : "", change ? `is-${change}` : ""].join(" ");
  return (
    <div className={looks} data-step={id} data-status={stands}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {state && state.retries > 0 ? <RetryLoop running={state.status === "running"} /> : null}
      <div className="step-top">
        <strong className="ellipsis">{step.id}</strong>
        {change ? <span className={`badge change-${change}`}>{changeWords[change]}</span> : <StateBadge status={status} />}
      </div>
      <div className="step-says">{saying ?? (state ? summaryOf(state, count) : doerOf(step))}</div>
      <div className="step-foot">
        {bodyOf(step).length > 0 ? <Toggle id={id} open={false} count={count} /> : <Doer step={step} state={state} />}
        {state && state.retries > 0 ? (
          <span className="chip retry-chip">
            <RotateCw className="icon" aria-hidden /> {state.retries + 1}
            {step.retry ? ` of ${step.retry.attempts}` : ""}
          </span>
        ) : null}
        {state?.source ? <SourceBadge source={state.source} /> : null}
        {state ? <Took step={state} /> : null}
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

const changeWords = { added: "Added", changed: "Changed", removed: "Removed" } as const;

function Doer({ step, state }: { step: Step; state: StepState | undefined }) {
  const tools = (state?.effects ?? []).flatMap(({ call, name }) => (call === "tool" ? [name] : []));
  const who = state?.agent ?? doerOf(step);
  return <span className="code">{tools.length > 0 ? [...new Set(tools)].join(", ") : who === step.id ? "" : who}</span>;
}

/** A try again, drawn as what it is: back to the same step. */
function RetryLoop({ running }: { running: boolean }) {
  return (
    <svg className={`retry-loop${running ? " tone-running" : ""}`} viewBox="0 0 44 18" aria-hidden>
      <path d="M40 18 V8 Q40 4 36 4 H12 Q8 4 8 8 V15 M4 11 L8 16 L12 11" />
    </svg>
  );
}

function Toggle({ id, open, count }: { id: string; open: boolean; count: GroupCount | undefined }) {
  const Icon = open ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      className="group-toggle nodrag"
      aria-expanded={open}
      onClick={(event) => {
        event.stopPropagation();
        toggleGroup(id);
      }}
    >
      <Icon className="icon" aria-hidden />
      <span className="unseen">
        {open ? "Close" : "Open"} {id},
      </span>
      {count ? `${count.done} of ${count.total}` : "body"}
    </button>
  );
}

function GroupNode({ data, selected }: BoxProps) {
  const { id, step, status: stands = "waiting", state, held, count } = data;
  if (!step) return null;
  const status = held ? "paused" : stands;
  return (
    <div className={`group-node is-${status}${selected ? " selected" : ""}`} data-step={id} data-status={stands}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="group-head">
        <Toggle id={id} open count={count} />
        <strong>{step.id}</strong>
        {step.kind === step.id ? null : <span className="quiet code">{step.kind}</span>}
        {count && count.failed > 0 ? <span className="tone-failed">{count.failed} failed</span> : null}
        <span className="grow" />
        <StateBadge status={status} />
        {state ? <Took step={state} /> : null}
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function TurnNode({ data: { number = 0 } }: BoxProps) {
  return <span className="turn-node quiet code">{number + 1}</span>;
}

function MoreNode({ data: { number = 0, group = "" } }: BoxProps) {
  return (
    <button type="button" className="link nodrag" onClick={() => drawMore(group)}>
      Show more of {number.toLocaleString("en")} turns
    </button>
  );
}

/** Pixels: the condition stands between the bend and the step it guards. */
const guardAt = { bend: 152, middle: 76 };

function GuardedLine({ id, sourceX, sourceY, targetX, targetY, data }: EdgeProps<Edge<LineData>>) {
  const [path] = getSmoothStepPath({
    sourceX,
    sourceY,
    targetX,
    targetY,
    sourcePosition: Position.Right,
    targetPosition: Position.Left,
    centerX: Math.max(sourceX + 8, targetX - guardAt.bend),
  });
  const { guard, taken } = data ?? {};
  const Icon = taken === undefined ? undefined : taken ? Check : X;
  if (guard === undefined) return <BaseEdge id={id} path={path} />;
  return (
    <>
      <BaseEdge id={id} path={path} />
      <EdgeLabelRenderer>
        <span
          className={`guard${taken === false ? " not-taken" : ""}`}
          style={{ transform: `translate(-50%, -50%) translate(${targetX - guardAt.middle}px, ${targetY}px)` }}
          title={`${guard}${taken === undefined ? "" : taken ? " (taken)" : " (not taken)"}`}
        >
          {Icon ? <Icon className="icon" role="img" aria-label={taken ? "Taken" : "Not taken"} /> : null}
          <span className="ellipsis">{guard}</span>
        </span>
      </EdgeLabelRenderer>
    </>
  );
}

function Took({ step: { status, startedAt, endedAt } }: { step: StepState }) {
  if (startedAt !== null && endedAt !== null) return <span className="code number">{duration(endedAt - startedAt)}</span>;
  return startedAt !== null && status === "running" ? <Ticking since={startedAt} /> : null;
}

/** Runs on while the step does; stands still when one looks back. */
function Ticking({ since }: { since: number }) {
  const then = useRun(momentShown);
  const now = useNow(250);
  return <span className="code number">{duration(Math.max(0, (then ?? now) - since))}</span>;
}

function summaryOf({ status, failure, reason, output, step }: StepState, count: GroupCount | undefined): string {
  if (failure) return failure.message;
  if (reason) return reason;
  if (count && status === "running")
    return [`${count.running} running`, ...(count.failed > 0 ? [`${count.failed} failed`] : [])].join(", ");
  if (status !== "completed") return step.kind === "agent" && typeof step.input.part === "string" ? step.input.part : doerOf(step);
  const text = typeof output === "object" && output !== null && "text" in output ? String(output.text) : (JSON.stringify(output) ?? "");
  if (step.id !== "triage") return text;
  const parts = /"parts":\[/.test(text) ? (JSON.parse(text) as { parts: unknown[] }).parts.length : 0;
  return parts === 0 ? text : `${parts} ${parts === 1 ? "part" : "parts"} found`;
}
