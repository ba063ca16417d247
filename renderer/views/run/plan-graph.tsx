// The plan as a graph, live: each step with its state, its time and what it said.
import "@xyflow/react/dist/base.css";
import {
  Background,
  BackgroundVariant,
  Handle,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Edge,
  type Node,
  type NodeProps,
} from "@xyflow/react";
import { useEffect, useMemo, useRef } from "react";
import { doerOf, type RunState, type StepState } from "../../../core/contract/index.ts";
import { momentShown, selectStep, stepShown, useRun } from "../../state/run.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { useRoom } from "../../state/room.ts";
import { useScreen } from "../../state/screen.ts";
import { duration } from "../../ui/times.ts";
import { useNow } from "../../ui/use-now.ts";
import { layoutPlan, type LayoutStep } from "./plan-layout.ts";

interface StepData extends Record<string, unknown> {
  readonly step: StepState;
  readonly saying: string | undefined;
  readonly held: boolean;
}

const sizes = { width: 208, height: 84, gapX: 48, gapY: 16 };
const fitting = { padding: 0.06, maxZoom: 1, large: 0.8 };
/** Steps that can be read when all are in view. */
const readable = 60;
const nodeTypes = { step: StepNode };

export default function PlanGraph({ run }: { run: RunState }) {
  return (
    <ReactFlowProvider>
      <Graph run={run} />
    </ReactFlowProvider>
  );
}

function Graph({ run }: { run: RunState }) {
  const chosen = useRun((state) => state.step);
  const selected = stepShown(run, chosen)?.step.id;
  const saying = useRun((state) => state.saying);
  const { fitView, setCenter } = useReactFlow();
  const shape = JSON.stringify(run.steps.map(({ step: { id, needs } }) => ({ id, needs })));
  // Laid out anew when the plan's shape changes, not whenever one of its steps does.
  const places = useMemo(() => new Map(layoutPlan(JSON.parse(shape) as LayoutStep[], sizes).map((place) => [place.id, place])), [shape]);
  const byId = new Map(run.steps.map((state) => [state.step.id, state]));
  const large = run.steps.length > readable;
  const middle = useRef({ x: 0, y: 0 });
  const nodes = run.steps.map((step): Node<StepData> => {
    const { id } = step.step;
    const { x = 0, y = 0 } = places.get(id) ?? {};
    return {
      id,
      type: "step",
      position: {
        x,
        y,
      },
      data: {
        step,
        saying: saying[id],
        held: id === run.pause?.at?.step,
      },
      selected: id === selected,
      width: sizes.width,
      height: sizes.height,
      ariaLabel: `Step ${id}`,
    };
  });
  const edges = run.steps.flatMap(({ step, status }) =>
    step.needs.map((need): Edge => {
      const from = byId.get(need);
      const live = from?.status === "completed" && status === "running";
      return {
        id: `${need}-${step.id}`,
        source: need,
        target: step.id,
        type: "smoothstep",
        className: live ? "edge-live" : from?.status === "completed" ? "edge-done" : "edge-ahead",
      };
    }),
  );
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = selected === undefined ? undefined : places.get(selected);
    if (at) middle.current = { x: at.x + sizes.width / 2, y: at.y + sizes.height / 2 };
  }, [places, selected]);
  useEffect(() => {
    // A plan too large to be read as a whole opens on the step that matters.
    const fit = () => void (large ? setCenter(middle.current.x, middle.current.y, { zoom: fitting.large }) : fitView(fitting));
    const observer = new ResizeObserver(fit);
    if (frame.current) observer.observe(frame.current);
    const timer = setTimeout(fit, 20);
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };
  }, [shape, run.id, large, fitView, setCenter]);

  return (
    <ReactFlow
      ref={frame}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      fitView={!large}
      fitViewOptions={fitting}
      onlyRenderVisibleElements
      minZoom={0.1}
      maxZoom={2}
      nodesDraggable={false}
      nodesConnectable={false}
      deleteKeyCode={null}
      panActivationKeyCode={null}
      onNodeClick={(_event, node) => lookInto(node.id)}
      onNodesChange={(changes) => {
        const picked = changes.find((change) => change.type === "select" && change.selected);
        if (picked?.type === "select") selectStep(picked.id);
      }}
      proOptions={{ hideAttribution: true }}
    >
      <Background variant={BackgroundVariant.Dots} gap={16} size={1} />
    </ReactFlow>
  );
}

/** Selects a step; where the inspector has no room, it comes over the plan. */
function lookInto(step: string): void {
  selectStep(step);
  useScreen.setState(useRoom.getState().sides === "over" ? { over: "inspector" } : { inspector: true });
}

function StepNode({ data, selected }: NodeProps<Node<StepData>>) {
  const { step, saying, held } = data;
  const { id } = step.step;
  const who = step.agent ?? doerOf(step.step);
  const tools = step.effects.filter(({ call }) => call === "tool").map(({ name }) => name);
  return (
    <div className={`step-node is-${held ? "paused" : step.status}${selected ? " selected" : ""}`} data-step={id} data-status={step.status}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="step-top">
        <strong>{id}</strong>
        <StateBadge status={held ? "paused" : step.status} />
      </div>
      <div className="step-says">{saying ?? summaryOf(step)}</div>
      <div className="step-foot">
        <span className="code">{tools.length > 0 ? [...new Set(tools)].join(", ") : who === id ? "" : who}</span>
        <Took step={step} />
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
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

function summaryOf({ status, failure, reason, output, step }: StepState): string {
  if (failure) return failure.message;
  if (reason) return reason;
  if (status !== "completed") return step.kind === "agent" && typeof step.input.part === "string" ? step.input.part : doerOf(step);
  const text = typeof output === "object" && output !== null && "text" in output ? String(output.text) : JSON.stringify(output);
  if (step.id !== "triage") return text;
  const parts = /"parts":\[/.test(text) ? (JSON.parse(text) as { parts: unknown[] }).parts.length : 0;
  return parts === 0 ? text : `${parts} ${parts === 1 ? "part" : "parts"} found`;
}
