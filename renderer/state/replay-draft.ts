// A replay as a person chooses it: where each step's answers come from, before the run is run again.
import { create } from "zustand";
import { bodyOf, type ReplayOptions, type StepSource, type StepState } from "../../core/contract/index.ts";
import { readJson, writeJson } from "./json-draft.ts";
import { showRun, useRun } from "./run.ts";
import { useScreen } from "./screen.ts";
import { steer, useSteering } from "./steering.ts";

export type SourceKind = StepSource["is"];
export interface ChosenSource {
  readonly is: SourceKind;
  /** The result as JSON, where the source is `edited` or `static`. */
  readonly text: string;
}

interface ReplayDraft {
  /** Of all steps that nothing was chosen for. */
  readonly otherwise: "recorded" | "simulated" | "live" | "deny";
  /** By step. */
  readonly steps: Readonly<Record<string, ChosenSource>>;
  readonly onDivergence: ReplayOptions["onDivergence"];
  readonly filter: string;
}

const nothing: ReplayDraft = { otherwise: "recorded", steps: {}, onDivergence: "stop", filter: "" };

export const useReplayDraft = create<ReplayDraft>(() => nothing);

/** Opens the choice for the run on show, everything as recorded. */
export function askReplay(): void {
  if (!useRun.getState().newest) return;
  useReplayDraft.setState(nothing);
  useScreen.setState({ overlay: "replay" });
}

export function closeReplay(): void {
  useScreen.setState({ overlay: undefined });
}

/** What a step can be answered by; the calls of a step that holds others are theirs to choose. */
export function sourcesFor({ step }: StepState): readonly SourceKind[] {
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

export function chooseSource(step: StepState, is: SourceKind | "otherwise"): void {
  useReplayDraft.setState(({ steps }) => {
    const { [step.id]: before, ...others } = steps;
    if (is === "otherwise") return { steps: others };
    const text = is === "edited" ? writeJson(step.output ?? null) : is === "static" ? "" : (before?.text ?? "");
    return { steps: { ...others, [step.id]: { is, text } } };
  });
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
export function liveSteps({ otherwise, steps }: ReplayDraft, run: readonly StepState[]): readonly string[] {
  const isLive = (step: StepState) => sourcesFor(step).includes("live") && (steps[step.id]?.is ?? otherwise) === "live";
  return run.filter(isLive).map(({ id }) => id);
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
