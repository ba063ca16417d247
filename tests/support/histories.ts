// Stored histories: where they are, what happens in them, and how one is replayed without touching the world.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { agentRegistry } from "../../core/agents/built-in.ts";
import { ReplayOptions, type RunState } from "../../core/contract/index.ts";
import { rulesModel } from "../../core/models/rules/rules-model.ts";
import { foldRecording } from "../../core/runs/record/import-run.ts";
import { RecordingReader, type Recording } from "../../core/runs/record/recording.ts";
import { replayRecording, type Replayed } from "../../core/runs/record/replay-recording.ts";
import { systemClock } from "../../core/system/clock.ts";
import { builtInTools } from "../../core/tools/built-in.ts";
import type { Tool } from "../../core/tools/tool.ts";
import { root } from "../../electron/setup/places.ts";
import { worldAgents, worldTools } from "../fixtures/recordings/cast.ts";

export interface History {
  readonly name: string;
  readonly text: string;
}

export const historiesFolder = join(root, "tests", "fixtures", "recordings");

/** Recordings that stand alone, then those of the archives, oldest archive first. */
export function storedHistories(): History[] {
  const names = readdirSync(historiesFolder).toSorted();
  const alone = names
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => ({ name, text: readFileSync(join(historiesFolder, name), "utf8") }));
  return [...alone, ...names.filter((name) => name.endsWith(".jsonl.br")).flatMap(readArchive)];
}

/** An archive is recordings one after the other, compressed as one. */
function readArchive(name: string): History[] {
  const file = join(historiesFolder, name);
  if (!existsSync(file)) return [];
  const text = brotliDecompressSync(readFileSync(file)).toString("utf8");
  const starts = [...text.matchAll(/^\{"recording":/gm)].map(({ index }) => index);
  return starts.map((start, index) => ({ name: `${name} ${index + 1}`, text: text.slice(start, starts[index + 1]) }));
}

export function openHistory(text: string): Recording {
  const reader = new RecordingReader();
  reader.take(text);
  return reader.end();
}

/** All the tools that stored histories know; any other than a pure one would touch the world, and fails. `instead`
 * replaces those of the same names. */
export function guardedTools(instead: readonly Tool[] = []): ReadonlyMap<string, Tool> {
  const guarded = (tool: Tool): Tool =>
    tool.effect === "pure" ? tool : { ...tool, run: () => Promise.reject(new Error(`${tool.name} was called`)) };
  const tools = [...[...builtInTools().values(), ...worldTools].map(guarded), ...instead];
  return new Map(tools.map((tool) => [tool.name, tool]));
}

export function replayHistory(recording: Recording, instead: readonly Tool[] = []): Promise<Replayed> {
  const agents = new Map([...agentRegistry(), ...worldAgents]);
  const deps = { tools: guardedTools(instead), agents, simulator: rulesModel() };
  return replayRecording(recording, deps, { clock: systemClock, replay: ReplayOptions.parse({}) });
}

/** What happens in a history, each in a word or two. */
export function featuresOf({ events, run }: Recording): ReadonlySet<string> {
  const state = foldRecording({ events, run, program: "", content: "" }, run);
  const found = new Set<string>([`ends ${state.status}`, ...state.steps.flatMap(stepFeatures)]);
  let forks = 0;
  let heldAtBudget = false;
  for (const event of events) {
    if (event.type === "run.started" && event.data.origin?.kind === "fork") forks += 1;
    if (event.type === "run.started" && event.data.origin?.kind === "replay") found.add("replay");
    if (event.type === "plan.revised") found.add(`patch by ${event.actor.split(":")[0] ?? ""}`);
    if (event.type === "plan.approved") found.add("approved");
    if (event.type === "undo.applied") found.add(event.data.direction);
    if (event.type === "effect.edited") found.add("output" in event.data ? "answer edited" : "arguments edited");
    if (event.type === "message.received") found.add("message");
    if (event.type === "tool.denied") found.add("denied");
    if (event.type === "run.resumed" && event.actor === "host") found.add("host restarted");
    if (event.type === "run.paused") heldAtBudget = event.data.at?.on === "budget";
    if (event.type === "run.resumed" && heldAtBudget) found.add("budget lifted");
  }
  if (forks > 0) found.add("fork");
  if (forks > 1) found.add("fork of a fork");
  for (const { kind, proposal, decided } of state.reviews) {
    const outside = typeof proposal === "object" && proposal !== null && "kind" in proposal && "id" in proposal;
    if (decided) found.add(`${kind === "effect" ? "doubt" : outside ? "outside of the plan" : "review"}, ${decided.decision}`);
  }
  return found;
}

function stepFeatures({ id, step, status, retries, failure, failures, effects }: RunState["steps"][number]): string[] {
  const found: string[] = [step.kind];
  if (id.includes("/")) found.push("inside a body");
  if (id.split("/").length > 4) found.push("body in a body");
  if (retries > 0) found.push("tried again");
  if (retries > 1) found.push("tried a third time");
  if (typeof step.onError === "object" && status === "failed") found.push("way around a failure");
  if (step.when !== undefined) found.push("condition");
  for (const { code } of failure ? [...failures, failure] : failures) found.push(`failure ${code}`);
  if (status === "skipped") found.push("skipped");
  if (effects.some(({ state }) => state.is === "pending")) found.push("call cut short");
  return found;
}
