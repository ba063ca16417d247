// A replay as a person chooses it: where each step's answers come from, before the run is run again.
import { create } from "zustand";
import {
  bodyOf,
  definitionOf,
  readMoment,
  type Moment,
  type ReplayOptions,
  type RunId,
  type Step,
  type StepSource,
  type StepStatus,
} from "../../core/contract/index.ts";
import { readJson, writeJson } from "./json-draft.ts";
import { call } from "./link.ts";
import { showRun, useRun } from "./run.ts";
import { useScreen } from "./screen.ts";
import { steer, useSteering } from "./steering.ts";

export type SourceKind = StepSource["is"];
export interface ChosenSource {
  readonly is: SourceKind;
  /** The result as JSON, where the source is `edited` or `static`. */
  readonly text: string;
}

/** A step of the run, one inside others too. */
export interface ReplayedStep {
  readonly id: string;
  readonly step: Step;
  readonly status: StepStatus;
}

interface ReplayDraft {
  readonly listed: readonly ReplayedStep[];
  /** Of all steps that nothing was chosen for. */
  readonly otherwise: "recorded" | "simulated" | "live" | "deny";
  /** By step. */
  readonly steps: Readonly<Record<string, ChosenSource>>;
  readonly onDivergence: ReplayOptions["onDivergence"];
  readonly filter: string;
}

const nothing: ReplayDraft = { listed: [], otherwise: "recorded", steps: {}, onDivergence: "stop", filter: "" };

export const useReplayDraft = create<ReplayDraft>(() => nothing);

/** Opens the choice for the run on show, everything as recorded. */
export function askReplay(): void {
  const { newest } = useRun.getState();
  if (!newest) return;
  useReplayDraft.setState({ ...nothing, listed: stepsOf(newest) });
  useScreen.setState({ overlay: "replay" });
  void listInside(newest.id);
}

/** Turns and nested plans whose steps are listed at most. */
const mostBodies = 500;

/** Lists the steps inside others too, body by body. */
async function listInside(run: RunId): Promise<void> {
  const bodies = new Set<string>();
  for (let more: readonly string[] = [""]; more.length > 0 && bodies.size < mostBodies;) {
    const told = await call((client) => client.runs.at({ run, bodies: [...bodies] }));
    if (!told.ok || useRun.getState().id !== run) return;
    const moment = readMoment(told.value, []);
    useReplayDraft.setState({ listed: stepsOf(moment) });
    more = Object.entries(moment.groups)
      .flatMap(([id, { turns }]) => (turns === 0 ? [id] : Array.from({ length: turns }, (_, turn) => `${id}/${turn}`)))
      .filter((way) => !bodies.has(way))
      .slice(0, mostBodies);
    for (const way of more) bodies.add(way);
  }
}

function stepsOf({ statuses, revisions }: Moment): ReplayedStep[] {
  const plan = revisions.at(-1)?.plan;
  return [...statuses].flatMap(([id, status]) => {
    const step = plan && definitionOf(plan, id);
    return step ? { id, step, status } : [];
  });
}

export function closeReplay(): void {
  useScreen.setState({ overlay: undefined });
}

/** What a step can be answered by; the calls of a step that holds others are theirs to choose. */
export function sourcesFor({ step }: Pick<ReplayedStep, "step">): readonly SourceKind[] {
  const whole = ["recorded", "edited", "static", "deny"] as const;
  const calls = step.kind === "agent" || step.kind === "tool" || step.kind === "review" || step.kind === "wait";
  if (bodyOf(step).length > 0 || !calls) return whole;
  return [
    "recorded",
    "edited",
    "static",
    ...(step.kind === "agent" || step.kind === "tool" ? (["simulated"] as const) : []),
    "live",
    "deny",
  ];
}

export async function chooseSource(id: string, is: SourceKind | "otherwise"): Promise<void> {
  const recorded = is === "edited" ? await resultOf(id) : undefined;
  useReplayDraft.setState(({ steps }) => {
    const { [id]: before, ...others } = steps;
    if (is === "otherwise") return { steps: others };
    const text = is === "edited" ? writeJson(recorded ?? null) : is === "static" ? "" : (before?.text ?? "");
    return { steps: { ...others, [id]: { is, text } } };
  });
}

async function resultOf(step: string): Promise<unknown> {
  const { id: run } = useRun.getState();
  const told = run && (await call((client) => client.runs.steps({ run, steps: [step] })));
  return told?.ok ? told.value.steps[0]?.output : undefined;
}

export function writeResult(step: string, text: string): void {
  useReplayDraft.setState(({ steps }) => {
    const chosen = steps[step];
    return chosen ? { steps: { ...steps, [step]: { ...chosen, text } } } : {};
  });
}

/** The choice as the host takes it, or what is wrong with it, by step. */
export function readReplayDraft(draft: ReplayDraft): { options: ReplayOptions; wrong: Readonly<Record<string, string>> } {
  const wrong: Record<string, string> = {};
  const steps: Record<string, StepSource> = {};
  for (const [step, { is, text }] of Object.entries(draft.steps)) {
    if (is !== "edited" && is !== "static") {
      steps[step] = { is };
      continue;
    }
    const read = readJson(text);
    if (read.ok) steps[step] = { is, output: read.value };
    else wrong[step] = read.says;
  }
  return { options: { otherwise: { is: draft.otherwise }, steps, onDivergence: draft.onDivergence }, wrong };
}

/** Steps whose calls would be made for real. */
export function liveSteps({ listed, otherwise, steps }: ReplayDraft): readonly string[] {
  const isLive = (step: ReplayedStep) => sourcesFor(step).includes("live") && (steps[step.id]?.is ?? otherwise) === "live";
  return listed.filter(isLive).map(({ id }) => id);
}

/** Runs it again so and opens the new run; a refusal stands in the sheet. */
export async function startReplay(): Promise<void> {
  const { id: run } = useRun.getState();
  const { options, wrong } = readReplayDraft(useReplayDraft.getState());
  if (!run || Object.keys(wrong).length > 0) return;
  useSteering.setState({ failure: undefined });
  const replayed = await steer((client) => client.runs.replay({ run, options }));
  if (!replayed) return;
  closeReplay();
  showRun(replayed.run);
}
