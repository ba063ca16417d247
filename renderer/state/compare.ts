// Two runs side by side: both folded, what differs, and the part looked at.
import { create } from "zustand";
import {
  diffRuns,
  RunFold,
  type Failure,
  type RunDiff,
  type RunId,
  type RunState,
  type StepDifference,
  type StepState,
} from "../../core/contract/index.ts";
import type { CoreClient } from "../connection/client.ts";
import { writeJson } from "./json-draft.ts";
import { call } from "./link.ts";
import { useRun } from "./run.ts";
import { useRuns } from "./runs.ts";
import { useScreen } from "./screen.ts";

export type Part = StepDifference["what"][number];

export interface AlignedStep {
  readonly step: string;
  readonly left: StepState | null;
  readonly right: StepState | null;
  /** What differs, earliest cause first; empty where nothing does. */
  readonly what: readonly Part[];
}

interface Comparison {
  readonly pair: { readonly left: RunId; readonly right: RunId } | undefined;
  readonly left: RunState | undefined;
  readonly right: RunState | undefined;
  readonly diff: RunDiff | undefined;
  readonly steps: readonly AlignedStep[];
  /** The step and the part of it on show. */
  readonly step: string | undefined;
  readonly part: Part | undefined;
  readonly failure: Failure | undefined;
}

const nothing: Comparison = {
  pair: undefined,
  left: undefined,
  right: undefined,
  diff: undefined,
  steps: [],
  step: undefined,
  part: undefined,
  failure: undefined,
};

export const useCompare = create<Comparison>(() => nothing);

useRun.subscribe(({ id }, before) => {
  if (id !== before.id) closeComparison();
});

export function closeComparison(): void {
  useCompare.setState(nothing);
}

/** Puts two runs side by side, and opens their first difference. */
export async function compareRuns(left: RunId, right: RunId): Promise<void> {
  useScreen.setState({ screen: "runs", overlay: undefined, over: undefined });
  useCompare.setState({ ...nothing, pair: { left, right } });
  await read();
}

/** The run on show beside what it came from; without that a person chooses. */
export function compareThis(): void {
  const { id, newest } = useRun.getState();
  const origin = newest?.id === id ? newest?.origin : useRuns.getState().runs.find((run) => run.id === id)?.origin;
  if (id && origin) void compareRuns(origin.run, id);
  else if (id) useScreen.setState({ overlay: "compare" });
}

async function read(): Promise<void> {
  const { pair } = useCompare.getState();
  if (!pair) return;
  const answer = await call((client) => Promise.all([readRun(client, pair.left), readRun(client, pair.right)]));
  if (useCompare.getState().pair !== pair) return;
  if (!answer.ok) return useCompare.setState({ failure: answer.failure });
  const [left, right] = answer.value;
  if (!left || !right) return;
  const diff = diffRuns(left, right);
  const first = diff.differences[0];
  useCompare.setState(({ step, part }) => ({
    left,
    right,
    diff,
    steps: alignSteps(left, right, diff),
    step: step ?? first?.step,
    part: step === undefined ? first && partToOpen(first.what) : part,
    failure: undefined,
  }));
}

// A run that is under way is compared anew when it has gone on.
useRuns.subscribe(({ runs }, before) => {
  const { pair } = useCompare.getState();
  if (!pair || runs === before.runs) return;
  const ends = (list: typeof runs) => list.flatMap(({ id, lastSeq }) => (id === pair.left || id === pair.right ? lastSeq : [])).join();
  if (ends(runs) !== ends(before.runs)) void read();
});

async function readRun(client: CoreClient, run: RunId): Promise<RunState | undefined> {
  const fold = new RunFold();
  for (let since = 0; ;) {
    const page = await client.events.list({ run, since, limit: 2000 });
    for (const event of page) fold.apply(event);
    const last = page.at(-1);
    if (!last) return fold.state;
    since = last.seq;
  }
}

/** Every step of either run, differing ones with what differs, in the order in which the runs came to them. */
export function alignSteps(left: RunState, right: RunState, diff: RunDiff): AlignedStep[] {
  const differing = new Map(diff.differences.map((difference) => [difference.step, difference]));
  const others = new Map(right.steps.map((step) => [step.id, step]));
  const known = new Set(left.steps.map(({ id }) => id));
  const pairs: AlignedStep[] = [
    ...left.steps.map((step) => ({ step: step.id, left: step, right: others.get(step.id) ?? null, what: [] })),
    ...right.steps.filter(({ id }) => !known.has(id)).map((step) => ({ step: step.id, left: null, right: step, what: [] })),
  ];
  const began = (pair: AlignedStep) =>
    Math.min(pair.left?.startedAt ?? Infinity, pair.right?.startedAt ?? Infinity, Number.MAX_SAFE_INTEGER);
  return pairs.map((pair) => ({ ...pair, what: differing.get(pair.step)?.what ?? [] })).toSorted((a, b) => began(a) - began(b));
}

/** The parts of a step that can be looked at, differing or not. */
export const parts = ["plan", "request", "answer", "status", "output"] as const satisfies readonly Part[];

function partToOpen(what: readonly Part[]): Part {
  const [first = "output"] = what;
  return first === "missing" ? "plan" : first;
}

export function chooseStep(step: AlignedStep): void {
  useCompare.setState({ step: step.step, part: partToOpen(step.what) });
}

/** To the next or the previous step that differs. */
export function moveDifference(by: 1 | -1): void {
  const { steps, step } = useCompare.getState();
  const differing = steps.filter(({ what }) => what.length > 0);
  const index = differing.findIndex((known) => known.step === step);
  const next = differing[Math.max(0, Math.min(differing.length - 1, index + by))];
  if (next) chooseStep(next);
}

/** One part of a step as text to lay beside the other run's. */
export function partText(step: StepState | null, part: Part): string {
  if (!step) return "";
  switch (part) {
    case "missing":
    case "plan":
      return writeJson(step.step);
    case "request":
      return writeJson(step.effects.map(({ name, input }) => ({ name, input })));
    case "answer":
      return writeJson(step.effects.map(({ name, state }) => ({ name, answer: state.is === "completed" ? state.output : state })));
    case "status":
      return writeJson({
        status: step.status,
        ...(step.reason ? { reason: step.reason } : {}),
        ...(step.failure ? { failure: step.failure } : {}),
      });
    case "output":
      return step.output === undefined ? "" : writeJson(step.output);
  }
}
