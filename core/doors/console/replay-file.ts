// `run --replay FILE`: a recording run again from its record, here, without a host, a data directory or a call.
import { agentRegistry } from "../../agents/built-in.ts";
import { fail } from "../../contract/failure.ts";
import type { StepSource } from "../../contract/replay.ts";
import { rulesModel } from "../../models/rules/rules-model.ts";
import { foldRecording, readRecording } from "../../runs/record/import-run.ts";
import { replayRecording } from "../../runs/record/replay-recording.ts";
import { systemClock } from "../../system/clock.ts";
import { builtInTools } from "../../tools/built-in.ts";
import { readEdit } from "./edits.ts";
import { exitCodes } from "./exit-code.ts";
import { filesOf } from "./files.ts";
import { printFailure, type Surface } from "./surface.ts";
import { plain } from "./terminal.ts";
import { sayReport } from "./replay-report.ts";

export async function replayFile(
  surface: Surface,
  json: boolean,
  { file, set, useRecorded }: { file: string; set: readonly string[]; useRecorded: boolean },
): Promise<number> {
  const { terminal } = surface;
  const recording = await readRecording(filesOf(surface).read(file));
  const state = foldRecording(recording, recording.run);
  const steps: Record<string, StepSource> = {};
  for (const text of set) {
    const { step, output } = readEdit(text, (id) => state.steps.find((known) => known.id === id)?.output);
    if (!state.steps.some(({ id }) => id === step)) throw fail("not.found", `${recording.run} has no step ${step}.`);
    steps[step] = { is: "edited", output };
  }
  const { original, again, same } = await replayRecording(
    recording,
    { agents: agentRegistry(), tools: builtInTools(), simulator: rulesModel() },
    {
      clock: { ...systemClock, now: surface.now },
      replay: { otherwise: { is: "recorded" }, steps, onDivergence: useRecorded ? "use" : "stop" },
      ...(json ? { onEvent: (event) => terminal.out(`${JSON.stringify(event)}\n`) } : {}),
    },
  );
  const { status, answer, failure, usage, replay } = again;
  if (json) {
    const end = { type: "result", run: original.id, status, answer, usage, ...(failure ? { failure } : {}) };
    terminal.out(`${JSON.stringify({ ...end, replay, same, recorded: { status: original.status, answer: original.answer } })}\n`);
  } else {
    if (status === "completed") terminal.out(`${plain(answer ?? "")}\n`);
    else if (failure) printFailure(terminal, { ...failure, message: plain(failure.message) });
    if (replay) sayReport(terminal, original.id, replay);
    terminal.err(same ? "It came to the recorded end.\n" : "It did not come to the recorded end in the recorded way.\n");
  }
  const asWanted = set.length > 0 ? status === "completed" : same;
  return asWanted ? exitCodes.done : exitCodes.failed;
}
