// Another result for a step that is done, before the run is forked with it.
import { create } from "zustand";
import { readJson, writeJson, type ReadJson } from "./json-draft.ts";
import { stepRead, useRun } from "./run.ts";
import { stepShown } from "./step-shown.ts";
import { forkRun, useSteering } from "./steering.ts";

interface ForkDraft {
  readonly step: string | undefined;
  readonly text: string;
}

export const useForkDraft = create<ForkDraft>(() => ({ step: undefined, text: "" }));

useRun.subscribe(({ id }, before) => {
  if (id !== before.id) closeForkDraft();
});

/** Opens the result of the step on show; says why when it has none. */
export async function editAndFork(): Promise<void> {
  const { shown, step: chosen } = useRun.getState();
  const id = shown && stepShown(shown, chosen);
  if (!id || id === useForkDraft.getState().step) return;
  const step = await stepRead();
  if (step?.status === "completed") return useForkDraft.setState({ step: id, text: writeJson(step.output) });
  useSteering.setState({
    failure: {
      code: "conflict",
      message: `${id} has no result to edit at this moment.`,
      remedy: "Choose a step that is done, or a later moment.",
    },
  });
}

export function closeForkDraft(): void {
  useForkDraft.setState({ step: undefined, text: "" });
}

export function readForkDraft({ text }: ForkDraft): ReadJson {
  return readJson(text);
}

export async function forkWithDraft(): Promise<void> {
  const draft = useForkDraft.getState();
  const read = readForkDraft(draft);
  if (draft.step === undefined || !read.ok) return;
  if (await forkRun([{ step: draft.step, output: read.value }])) closeForkDraft();
}
