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
import type { RunState, StepState } from "../../../core/contract/index.ts";
import { selectStep, useRun } from "../../state/run.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { duration } from "../../ui/times.ts";
import { layoutPlan } from "./plan-layout.ts";

interface StepData extends Record<string, unknown> {
  readonly step: StepState;
  readonly saying: string | undefined;
}

const sizes = { width: 208, height: 84, gapX: 56, gapY: 20 };
const nodeTypes = { step: StepNode };

export function PlanGraph({ run }: { run: RunState }) {
  return (
    <ReactFlowProvider>
      <Graph run={run} />
    </ReactFlowProvider>
  );
}

function Graph({ run }: { run: RunState }) {
  const selected = useRun((state) => state.step);
  const saying = useRun((state) => state.saying);
  const { fitView } = useReactFlow();
  const shape = run.steps.map(({ step }) => `${step.id}<${step.needs.join(",")}`).join(";");
  const places = useMemo(
    () =>
      new Map(
        layoutPlan(
          run.steps.map(({ step }) => step),
          sizes,
        ).map((place) => [place.id, place]),
      ),
    [run.steps],
  );
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
      },
      selected: id === selected,
      width: sizes.width,
      height: sizes.height,
      ariaLabel: `Step ${id}`,
    };
  });
  const edges = run.steps.flatMap(({ step, status }) =>
    step.needs.map((need): Edge => {
      const from = run.steps.find((other) => other.step.id === need);
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
    const fit = () => void fitView({ padding: 0.12, maxZoom: 1 });
    const observer = new ResizeObserver(fit);
    if (frame.current) observer.observe(frame.current);
    const timer = setTimeout(fit, 20);
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };
  }, [shape, run.id, fitView]);

  return (
    <ReactFlow
      ref={frame}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      fitView
      fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
      minZoom={0.1}
      maxZoom={2}
      nodesDraggable={false}
      nodesConnectable={false}
      deleteKeyCode={null}
      onNodeClick={(_event, node) => selectStep(node.id)}
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

function StepNode({ data, selected }: NodeProps<Node<StepData>>) {
  const { step, saying } = data;
  const { id } = step.step;
  const who = step.step.kind === "agent" ? step.step.agent : step.step.tool;
  const took = step.startedAt !== null && step.endedAt !== null ? duration(step.endedAt - step.startedAt) : "";
  const tools = step.effects.filter(({ call }) => call === "tool").map(({ name }) => name);
  return (
    <div className={`step-node is-${step.status}${selected ? " selected" : ""}`} data-step={id} data-status={step.status}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="step-top">
        <strong>{id}</strong>
        <StateBadge status={step.status} />
      </div>
      <div className="step-says">{saying ?? summaryOf(step)}</div>
      <div className="step-foot">
        <span className="code">{tools.length > 0 ? [...new Set(tools)].join(", ") : who === id ? "" : who}</span>
        <span className="code number">{took}</span>
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function summaryOf({ status, failure, reason, output, step }: StepState): string {
  if (failure) return failure.message;
  if (reason) return reason;
  if (status !== "completed") return step.kind === "agent" ? step.input.part : step.tool;
  const text = typeof output === "object" && output !== null && "text" in output ? String(output.text) : JSON.stringify(output);
  if (step.id !== "triage") return text;
  const parts = /"parts":\[/.test(text) ? (JSON.parse(text) as { parts: unknown[] }).parts.length : 0;
  return parts === 0 ? text : `${parts} ${parts === 1 ? "part" : "parts"} found`;
}
