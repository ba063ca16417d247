// The plan as a graph, live: each step with its state, its time and what it said.
import "@xyflow/react/dist/base.css";
import {
  Background,
  BackgroundVariant,
  getViewportForBounds,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  useStoreApi,
  type Edge,
  type Node,
  type Rect,
} from "@xyflow/react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { PlanRevision, Moment } from "../../../core/contract/index.ts";
import { turnsToDraw, useGraph } from "../../state/graph.ts";
import { planChanges } from "../../state/plan-edits.ts";
import { useRoom } from "../../state/room.ts";
import { lookAt, selectStep, useRun } from "../../state/run.ts";
import { stepShown } from "../../state/step-shown.ts";
import { useScreen } from "../../state/screen.ts";
import { edgeTypes, nodeTypes, type BoxData, type LineData } from "./plan-nodes.tsx";
import { pictureOf, stepSize, type Box } from "./plan-picture.ts";
import { lookOf, takenBy, type LineEnd } from "./plan-state.ts";
import { mostWhole, partInView, standing, tilesIn, type View } from "./plan-view.ts";
import { newReuse } from "./reuse.ts";

const fitting = { padding: { x: "16px", top: "12px", bottom: "40px" }, maxZoom: 1, large: 0.8 } as const;
/** Steps that can be read when all are in view. */
const readable = 60;

interface PlanGraphProps {
  readonly run: Moment;
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
  const steps = useRun((state) => state.steps);
  const selected = stepShown(run, chosen);
  const [reuse] = useState(() => ({ nodes: newReuse<Node<BoxData>>(), edges: newReuse<Edge<LineData>>() }));
  const plan = run.revisions.at(-1)?.plan;
  const changes = useMemo(() => (before && plan ? planChanges(before.plan, plan) : undefined), [before, plan]);
  const { groups, statuses } = run;
  // Drawn anew when the plan or what is open of it changes, not whenever one of its steps does.
  const turnsOpen = JSON.stringify(
    [...open].map((id) => [id, turnsToDraw(id, groups[id]?.turns ?? 0, asked, selected), groups[id]?.turns]),
  );
  const picture = useMemo(() => {
    const gone = new Set(changes?.removed);
    const all = [...(plan?.steps ?? []), ...(before?.plan.steps.filter(({ id }) => gone.has(id)) ?? [])];
    const turns = (group: string) => groups[group]?.turns ?? 0;
    return pictureOf({ steps: all, open, turns, drawn: (group, came) => turnsToDraw(group, came, asked, selected) });
    // oxlint-disable-next-line react/exhaustive-deps -- turnsOpen says all that is drawn of turns, asked and selected
  }, [plan, before, changes, open, turnsOpen]);
  const places = useMemo(() => standing(picture.boxes), [picture]);
  const tiles = useStore(({ transform: [x, y, zoom], width, height }) => JSON.stringify(tilesIn({ x, y, zoom }, width, height)));
  const part = useMemo(() => partInView(picture, places, JSON.parse(tiles) as View), [picture, places, tiles]);
  const looked = JSON.stringify(looksOf(part.boxes));
  useEffect(() => lookAt(JSON.parse(looked) as ReturnType<typeof looksOf>), [looked]);
  const heldAt = run.pause?.at?.step;

  const changeOf = (id: string): BoxData["change"] => {
    if (!changes) return undefined;
    if (changes.added.includes(id)) return "added";
    if (changes.changed.includes(id)) return "changed";
    return changes.removed.includes(id) ? "removed" : undefined;
  };
  const nodes = part.boxes.map((box) => {
    const { id, step, number, parent } = box;
    const data: BoxData = {
      id,
      step,
      status: statuses.get(id),
      state: steps.get(id),
      saying: saying[id],
      held: id === heldAt,
      count: groups[id],
      number,
      group: parent,
      change: changeOf(id),
    };
    return reuse.nodes(id, [box, id === selected, ...Object.values(data)], () => nodeOf(box, data, id === selected));
  });
  const endOf = (id: string): LineEnd | undefined => {
    const status = statuses.get(id);
    return status && { status, output: steps.get(id)?.output };
  };
  const edges = part.lines.map((line) => {
    const [from, to] = [endOf(line.from), endOf(line.to)];
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

  const { setViewport, setCenter } = useReactFlow();
  const store = useStoreApi();
  const large = picture.boxes.length > readable;
  const huge = picture.boxes.length > mostWhole;
  const middle = useRef({ x: 0, y: 0 });
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = selected === undefined ? undefined : places.get(selected);
    if (at) middle.current = { x: at.x + stepSize.width / 2, y: at.y + stepSize.height / 2 };
  }, [places, selected]);
  useEffect(() => {
    const at = large && selected !== undefined ? places.get(selected) : undefined;
    const { transform, width, height } = store.getState();
    const [x, y, zoom] = transform;
    const left = (at?.x ?? 0) * zoom + x;
    const top = (at?.y ?? 0) * zoom + y;
    const seen = left >= 0 && top >= 0 && left + stepSize.width * zoom <= width && top + stepSize.height * zoom <= height;
    if (at && !seen) void setCenter(at.x + stepSize.width / 2, at.y + stepSize.height / 2, { zoom });
    // oxlint-disable-next-line react/exhaustive-deps -- follows what is looked into, not what is drawn
  }, [selected]);
  useEffect(() => {
    // A plan too large to be read as a whole opens on the step that matters.
    const whole = !large || (fits > 0 && opened === undefined);
    const boundsOf = (box: Box) => ({ ...(places.get(box.id) ?? middle.current), width: box.width, height: box.height });
    const bring = (bounds: Rect) => {
      const { width, height, minZoom } = store.getState();
      void setViewport(getViewportForBounds(bounds, width, height, minZoom, fitting.maxZoom, fitting.padding));
    };
    const fit = () => {
      const box = opened === undefined ? undefined : picture.boxes.find(({ id }) => id === opened);
      if (box) bring(boundsOf(box));
      else if (whole) bring(boundsOfAll(picture.boxes.map(boundsOf)));
      else void setCenter(middle.current.x, middle.current.y, { zoom: fitting.large });
    };
    const observer = new ResizeObserver(fit);
    if (frame.current) observer.observe(frame.current);
    const timer = setTimeout(fit, 20);
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };
    // oxlint-disable-next-line react/exhaustive-deps -- what is in view moves when the plan or what is open of it changes
  }, [plan, open, opened, run.id, large, huge, fits, store, setViewport, setCenter]);

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
      minZoom={huge ? 0.2 : 0.05}
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

/** What is to be read of a run for these boxes to be drawn. */
function looksOf(boxes: readonly Box[]): { bodies: readonly string[]; steps: readonly string[] } {
  const steps = boxes.flatMap(({ id, is }) => (is === "step" || is === "group" ? [id] : []));
  return { bodies: [...new Set(steps.flatMap((id) => (id.includes("/") ? [id.slice(0, id.lastIndexOf("/"))] : [])))], steps };
}

/** What holds all of these. */
function boundsOfAll(all: readonly Rect[]): Rect {
  const least = (edge: (rect: Rect) => number) => all.reduce((found, rect) => Math.min(found, edge(rect)), Infinity);
  const [x, y] = [least((rect) => rect.x), least((rect) => rect.y)];
  return { x, y, width: -least((rect) => -rect.x - rect.width) - x, height: -least((rect) => -rect.y - rect.height) - y };
}

/** Selects a step; where the inspector has no room, it comes over the plan. */
function lookInto(step: string): void {
  selectStep(step);
  useScreen.setState(useRoom.getState().sides === "over" ? { over: "inspector" } : { inspector: true });
}
