// What a person does to the run on screen: hold it, let it go on, go another way from it.
import { create } from "zustand";
import { StepId, type Failure } from "../../core/contract/index.ts";
import type { CoreClient } from "../connection/client.ts";
import { call } from "./link.ts";
import { showRun, useRun } from "./run.ts";

export type Stepping = "into" | "over";
export interface CallEdit {
  readonly input?: unknown;
  readonly output?: unknown;
}

/** Why the last thing asked of the run was refused. */
export const useSteering = create<{ readonly failure: Failure | undefined }>(() => ({ failure: undefined }));

useRun.subscribe(({ id }, before) => {
  if (id !== before.id) useSteering.setState({ failure: undefined });
});

/** Asks the host; a refusal is shown at the run's head. Undefined then. */
export async function steer<T>(work: (client: CoreClient) => Promise<T>): Promise<T | undefined> {
  const answer = await call(work);
  useSteering.setState({ failure: answer.ok ? undefined : answer.failure });
  return answer.ok ? answer.value : undefined;
}

export async function cancelRun(): Promise<void> {
  const { id: run } = useRun.getState();
  if (run) await steer((client) => client.runs.cancel({ run }));
}

export async function pauseRun(): Promise<void> {
  const { id: run } = useRun.getState();
  if (run) await steer((client) => client.runs.pause({ run }));
}

/** Lets a held run go on; with `stepping` only to the next call (`into`) or step (`over`). False when it was refused. */
export async function resumeRun(stepping: Stepping | undefined, edit: CallEdit | undefined): Promise<boolean> {
  const { id: run } = useRun.getState();
  if (!run) return false;
  const how = { run, ...(stepping ? { stepping } : {}), ...(edit ? { edit } : {}) };
  return (await steer((client) => client.runs.resume(how))) !== undefined;
}

/** A new run with the same past up to the moment on show, and other results where edited; opens it. */
export async function forkRun(edits: readonly { readonly step: string; readonly output: unknown }[] = []): Promise<boolean> {
  const { id: run, at } = useRun.getState();
  if (!run) return false;
  const changes = edits.map(({ step, output }) => ({ step: StepId.parse(step), output }));
  const forked = await steer((client) => client.runs.fork({ run, edits: changes, ...(at === undefined ? {} : { at }) }));
  if (forked) showRun(forked.run);
  return forked !== undefined;
}
