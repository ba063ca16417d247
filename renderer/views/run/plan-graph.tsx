// The plan as a graph, live: each step with its state, its time and what it said.
import "@xyflow/react/dist/base.css";
import { Background, BackgroundVariant, ReactFlow, ReactFlowProvider, useReactFlow, type Edge, type Node } from "@xyflow/react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { PlanRevision, RunState } from "../../../core/contract/index.ts";
import { turnsToDraw, useGraph } from "../../state/graph.ts";
import { planChanges } from "../../state/plan-edits.ts";
import { useRoom } from "../../state/room.ts";
import { selectStep, stepShown, useRun } from "../../state/run.ts";
import { useScreen } from "../../state/screen.ts";
import { edgeTypes, nodeTypes, type BoxData, type LineData } from "./plan-nodes.tsx";
import { pictureOf, stepSize, type Box } from "./plan-picture.ts";
import { countGroups, lookOf, takenBy } from "./plan-state.ts";
import { newReuse } from "./reuse.ts";

const fitting = { padding: { x: "16px", top: "12px", bottom: "40px" }, maxZoom: 1, large: 0.8 } as const;
/** Steps that can be read when all are in view. */
const readable = 60;

interface PlanGraphProps {
  readonly run: RunState;
  /** The revision to mark the changes against. */
  readonly before?: PlanRevision | undefined;
}

export default function PlanGraph(props: PlanGraphProps) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ run, before }: PlanGraphProps) {
  const chosen = useRun((state) => state.step);
  const saying = useRun((state) => state.saying);
  const open = useGraph((state) => state.open);
  const asked = useGraph((state) => state.turns);
  const fits = useGraph((state) => state.fits);
  const opened = useGraph((state) => state.opened);
  const selected = stepShown(run, chosen)?.id;
  const [reuse] = useState(() => ({ nodes: newReuse<Node<BoxData>>(), edges: newReuse<Edge<LineData>>() }));
  const plan = run.revisions.at(-1)?.plan;
  const changes = useMemo(() => (before && plan ? planChanges(before.plan, plan) : undefined), [before, plan]);
  const { turns, counts } = useMemo(() => countGroups(run.steps), [run.steps]);
  // Drawn anew when the plan or what is open of it changes, not whenever one of its steps does.
  const turnsOpen = JSON.stringify(
    [...open].map((id) => [id, turnsToDraw(id, turns.get(id) ?? [], asked, selected), turns.get(id)?.length]),
  );
  const picture = useMemo(() => {
    const gone = new Set(changes?.removed);
    const steps = [...(plan?.steps ?? []), ...(before?.plan.steps.filter(({ id }) => gone.has(id)) ?? [])];
    return pictureOf({ steps, open, turns, drawn: (group, came) => turnsToDraw(group, came, asked, selected) });
    // oxlint-disable-next-line react/exhaustive-deps -- turnsOpen says all that is drawn of turns, asked and selected
  }, [plan, before, changes, open, turnsOpen]);
  const byId = new Map(run.steps.map((state) => [state.id, state]));
  const heldAt = run.pause?.at?.step;

  const changeOf = (id: string): BoxData["change"] => {
    if (!changes) return undefined;
    if (changes.added.includes(id)) return "added";
    if (changes.changed.includes(id)) return "changed";
    return changes.removed.includes(id) ? "removed" : undefined;
  };
  const nodes = picture.boxes.map((box) => {
    const { id, step, number, parent } = box;
    const data: BoxData = {
      id,
      step,
      state: byId.get(id),
      saying: saying[id],
      held: id === heldAt,
      count: counts.get(id),
      number,
      group: parent,
      change: changeOf(id),
    };
    return reuse.nodes(id, [box, id === selected, ...Object.values(data)], () => nodeOf(box, data, id === selected));
  });
  const edges = picture.lines.map((line) => {
    const [from, to] = [byId.get(line.from), byId.get(line.to)];
    const look = lookOf(line, from, to);
    const taken = line.guard === undefined ? undefined : takenBy(line, from, to);
    return reuse.edges(line.id, [line, look, taken], () => ({
      id: line.id,
      source: line.from,
      target: line.to,
      className: `edge-${look}`,
      // Above the frame of the group it lies in.
      zIndex: 1,
      ...(line.wide ? { type: "guarded", data: { guard: line.guard, taken } } : { type: "smoothstep" }),
    }));
  });

  const { fitView, setCenter } = useReactFlow();
  const large = picture.boxes.length > readable;
  const middle = useRef({ x: 0, y: 0 });
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = selected === undefined ? undefined : middleOf(picture.boxes, selected);
    if (at) middle.current = at;
  }, [picture, selected]);
  useEffect(() => {
    // A plan too large to be read as a whole opens on the step that matters.
    const whole = !large || (fits > 0 && opened === undefined);
    const fit = () =>
      void (opened !== undefined
        ? fitView({ ...fitting, nodes: [{ id: opened }] })
        : whole
          ? fitView(fitting)
          : setCenter(middle.current.x, middle.current.y, { zoom: fitting.large }));
    const observer = new ResizeObserver(fit);
    if (frame.current) observer.observe(frame.current);
    const timer = setTimeout(fit, 20);
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };
  }, [plan, open, opened, run.id, large, fits, fitView, setCenter]);

  return (
    <ReactFlow
      ref={frame}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      fitView={!large}
      fitViewOptions={fitting}
      onlyRenderVisibleElements
      minZoom={0.05}
      maxZoom={2}
      nodesDraggable={false}
      nodesConnectable={false}
      deleteKeyCode={null}
      panActivationKeyCode={null}
      onNodeClick={(_event, node) => node.type !== "more" && lookInto(node.type === "turn" ? (node.parentId ?? node.id) : node.id)}
      onNodesChange={(all) => {
        const picked = all.find((change) => change.type === "select" && change.selected);
        if (picked?.type === "select") selectStep(picked.id);
      }}
      proOptions={{ hideAttribution: true }}
    >
      <Background variant={BackgroundVariant.Dots} gap={16} size={1} />
    </ReactFlow>
  );
}

function nodeOf(box: Box, data: BoxData, selected: boolean): Node<BoxData> {
  const { id, is, x, y, width, height, parent } = box;
  return {
    id,
    type: is === "group" ? "body" : is,
    position: { x, y },
    data,
    selected,
    width,
    height,
    ariaLabel: is === "turn" ? `Turn ${(box.number ?? 0) + 1}` : is === "more" ? "More turns" : `Step ${id}`,
    selectable: is === "step" || is === "group",
    focusable: is === "step" || is === "group",
    ...(parent === undefined ? {} : { parentId: parent }),
  };
}

/** The middle of a box on the whole plan. */
function middleOf(boxes: readonly Box[], id: string): { x: number; y: number } | undefined {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  let box = byId.get(id);
  if (!box) return undefined;
  const at = { x: box.x + stepSize.width / 2, y: box.y + stepSize.height / 2 };
  for (box = byId.get(box.parent ?? ""); box; box = byId.get(box.parent ?? "")) {
    at.x += box.x;
    at.y += box.y;
  }
  return at;
}

/** Selects a step; where the inspector has no room, it comes over the plan. */
function lookInto(step: string): void {
  selectStep(step);
  useScreen.setState(useRoom.getState().sides === "over" ? { over: "inspector" } : { inspector: true });
}
