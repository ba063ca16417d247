// The plan being edited, as a graph: steps are added, removed and connected by hand.
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
import { Lock, Plus } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { doerOf, type Moment, type Step } from "../../../core/contract/index.ts";
import { changeDraft, lockedSteps, useDraft } from "../../state/draft.ts";
import { addAfter, connectSteps, disconnectSteps, planChanges, removeStep, wordsOf } from "../../state/plan-edits.ts";
import { layoutPlan } from "./plan-layout.ts";

type Change = "added" | "changed" | undefined;
interface DraftData extends Record<string, unknown> {
  readonly step: Step;
  readonly locked: boolean;
  readonly change: Change;
}

const sizes = { width: 208, height: 72, gapX: 64, gapY: 16 };
const nodeTypes = { draft: DraftNode };

export default function DraftGraph({ run }: { run: Moment }) {
  return (
    <ReactFlowProvider>
      <Graph run={run} />
    </ReactFlowProvider>
  );
}

function Graph({ run }: { run: Moment }) {
  const plan = useDraft((state) => state.plan);
  const base = useDraft((state) => state.base);
  const chosen = useDraft((state) => state.step);
  const [edge, setEdge] = useState<string>();
  const { fitView } = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const locked = useMemo(() => lockedSteps(run), [run]);
  const steps = plan?.steps;
  const shape = steps?.map(({ id, needs }) => `${id}<${needs.join()}`).join(";");
  const places = useMemo(
    () => new Map(layoutPlan(steps ?? [], sizes).map((place) => [place.id, place])),
    // oxlint-disable-next-line react/exhaustive-deps -- laid out anew when the shape changes, not at each word typed
    [shape],
  );
  useEffect(() => {
    const fit = () => void fitView({ padding: 0.08, maxZoom: 1 });
    const timer = setTimeout(fit, 30);
    const observer = new ResizeObserver(fit);
    if (frame.current) observer.observe(frame.current);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [shape, fitView]);
  if (!plan || !base) return null;
  const { added, changed } = planChanges(base, plan);
  const nodes = plan.steps.map((step): Node<DraftData> => ({
    id: step.id,
    type: "draft",
    position: { x: places.get(step.id)?.x ?? 0, y: places.get(step.id)?.y ?? 0 },
    data: {
      step,
      locked: locked.has(step.id),
      change: added.includes(step.id) ? "added" : changed.includes(step.id) ? "changed" : undefined,
    },
    width: sizes.width,
    height: sizes.height,
    selected: step.id === chosen,
    deletable: !locked.has(step.id),
    ariaLabel: `Step ${step.id}`,
  }));
  const edges = plan.steps.flatMap((step) =>
    step.needs.map((need): Edge => {
      const id = `${need}→${step.id}`;
      return {
        id,
        source: need,
        target: step.id,
        type: "smoothstep",
        selected: id === edge,
        deletable: !locked.has(step.id),
        ariaLabel: `${step.id} waits for ${need}`,
      };
    }),
  );
  return (
    <ReactFlow
      ref={frame}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      onlyRenderVisibleElements
      minZoom={0.1}
      maxZoom={2}
      nodesDraggable={false}
      deleteKeyCode={["Delete", "Backspace"]}
      panActivationKeyCode={null}
      onConnect={({ source, target }) => changeDraft((known) => connectSteps(known, source, target))}
      isValidConnection={({ source, target }) => source !== target && !locked.has(target)}
      onNodeClick={(_event, { id }) => useDraft.setState({ step: id })}
      onEdgeClick={(_event, { id }) => setEdge(id)}
      onPaneClick={() => setEdge(undefined)}
      onNodesChange={(changes) => {
        const picked = changes.find((change) => change.type === "select" && change.selected);
        if (picked?.type === "select") useDraft.setState({ step: picked.id });
      }}
      onDelete={({ nodes: goneNodes, edges: goneEdges }) => {
        const gone = new Set(goneNodes.map(({ id }) => id));
        changeDraft((known) => {
          const without = goneEdges
            .filter(({ source, target }) => !gone.has(source) && !gone.has(target))
            .reduce((each, { source, target }) => disconnectSteps(each, source, target), known);
          return [...gone].reduce(removeStep, without);
        });
      }}
      proOptions={{ hideAttribution: true }}
    >
      <Background variant={BackgroundVariant.Dots} gap={16} size={1} />
    </ReactFlow>
  );
}

const changeWords = { added: "Added", changed: "Changed" } as const;

function DraftNode({ data: { step, locked, change }, selected }: NodeProps<Node<DraftData>>) {
  return (
    <div
      className={`step-node draft-node${locked ? " locked" : ""}${change ? ` is-${change}` : ""}${selected ? " selected" : ""}`}
      data-draft={step.id}
    >
      <Handle type="target" position={Position.Left} isConnectable={!locked} />
      <div className="step-top">
        <strong className="ellipsis">{step.id}</strong>
        {locked ? (
          <span className="badge quiet">
            <Lock className="icon" aria-hidden /> Begun
          </span>
        ) : change ? (
          <span className={`badge change-${change}`}>{changeWords[change]}</span>
        ) : null}
      </div>
      <div className="step-says">{wordsOf(step) || step.when || ""}</div>
      <div className="step-foot">
        <span className="code">{doerOf(step)}</span>
        <button
          type="button"
          className="nodrag add-after"
          aria-label={`Add a step after ${step.id}`}
          title={`Add a step after ${step.id}`}
          onClick={(event) => {
            event.stopPropagation();
            addStepAfter(step.id);
          }}
        >
          <Plus className="icon" aria-hidden />
        </button>
      </div>
      <Handle type="source" position={Position.Right} />
    </div>
  );
}

function addStepAfter(after: string): void {
  const { plan } = useDraft.getState();
  if (!plan) return;
  const made = addAfter(plan, after);
  changeDraft(() => made.plan);
  useDraft.setState({ step: made.id });
}
