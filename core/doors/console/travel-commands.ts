// `runs pause, resume, break, fork, replay, diff, patch, tell`: being there again, and going another way.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import { faultSentence } from "../../contract/faults.ts";
import { Patch } from "../../contract/patch.ts";
import type { StepSource } from "../../contract/replay.ts";
import { diffRuns } from "../../contract/run-diff.ts";
import { readEdit, readJson } from "./edits.ts";
import { exitCodes } from "./exit-code.ts";
import { followToEnd } from "./run-command.ts";
import { readRun, readState } from "./read-run.ts";
import { sayReport } from "./replay-report.ts";
import { collect, wholeNumber, type Act } from "./surface.ts";
import { table } from "./terminal.ts";

export function travelCommands(runs: Command, act: Act): void {
  const pause = runs.command("pause <run>").summary("hold a run before what it would do next");
  pause.action(
    act(async ({ connect, terminal }, json) => {
      const client = await connect({ resume: true });
      const run = await readRun(client, pause.args[0]);
      const { paused } = await client.runs.pause({ run });
      terminal.out(json ? `${JSON.stringify({ run, paused })}\n` : paused ? `${run} is held.\n` : `${run} is not under way.\n`);
      return paused ? exitCodes.done : exitCodes.failed;
    }),
  );

  const resume = runs.command("resume <run>").summary("let a held run go on, and follow it");
  resume.option("--step", "only to the next call or step");
  resume.option("--step-over", "only to the next step");
  resume.option("--input <json>", "change the arguments of the call it is held before");
  resume.option("--output <json>", "give this answer instead of making the call");
  resume.action(
    act(async (surface, json) => {
      const options = resume.opts<{ step?: boolean; stepOver?: boolean; input?: string; output?: string }>();
      const client = await surface.connect({ resume: true });
      const run = await readRun(client, resume.args[0]);
      const since = (await client.runs.get({ run })).lastSeq;
      const stepping = options.stepOver ? ("over" as const) : options.step ? ("into" as const) : undefined;
      const edit = {
        ...(options.input === undefined ? {} : { input: readJson("--input", options.input) }),
        ...(options.output === undefined ? {} : { output: readJson("--output", options.output) }),
      };
      const { resumed } = await client.runs.resume({
        run,
        ...(stepping ? { stepping } : {}),
        ...(Object.keys(edit).length > 0 ? { edit } : {}),
      });
      if (!resumed) surface.terminal.err(`${run} was not held.\n`);
      return followToEnd(surface, { client, run, since, json });
    }),
  );

  const breaks = runs.command("break <run> [spec...]").summary("set a run's breakpoints; none clears them");
  breaks.action(
    act(async ({ connect, terminal }, json) => {
      const client = await connect({ resume: false });
      const [text, ...breakpoints] = breaks.args;
      const run = await readRun(client, text);
      await client.runs.breakpoints({ run, breakpoints });
      terminal.out(json ? `${JSON.stringify({ run, breakpoints })}\n` : `${run}: ${breakpoints.join(", ") || "no breakpoints"}\n`);
    }),
  );

  const fork = runs.command("fork <run>").summary("a new run with the same past up to an event");
  fork.option("--at <seq>", "the last event they share; the run's last otherwise", wholeNumber(1, Number.MAX_SAFE_INTEGER));
  fork.option("--set <path=json>", "a result to go on with, such as s1.output=5 or each/3/sum.output.value=5 (again for more)", collect);
  fork.option("--break <spec>", "hold the new run there (again for more)", collect);
  fork.option("--detach", "do not follow it");
  fork.action(
    act(async (surface, json) => {
      const {
        at,
        set = [],
        break: breakpoints = [],
        detach,
      } = fork.opts<{ at?: number; set?: string[]; break?: string[]; detach?: boolean }>();
      const client = await surface.connect({ resume: true });
      const parent = await readRun(client, fork.args[0]);
      const state = await readState(client, parent);
      const edits = set.map((text) => readEdit(text, (step) => state.steps.find(({ id }) => id === step)?.output));
      const { run } = await client.runs.fork({ run: parent, edits, breakpoints, ...(at === undefined ? {} : { at }) });
      surface.terminal.err(`${run} forked from ${parent}\n`);
      if (!detach) return followToEnd(surface, { client, run, since: 0, json });
      surface.terminal.out(json ? `${JSON.stringify({ run })}\n` : `${run}\n`);
      return exitCodes.done;
    }),
  );

  const replay = runs.command("replay <run>").summary("run it again from its record; no call is made");
  replay.option("--offline", "nothing live (this is the default)");
  replay.option("--live <step>", "make this step's calls for real (again for more)", collect);
  replay.option("--deny <step>", "let this step fail (again for more)", collect);
  replay.option("--simulate <step>", "answer by the built-in rules or the latest result (again for more)", collect);
  replay.option("--set <step=json>", "let this step give that (again for more)", collect);
  replay.option("--break <spec>", "hold it there, such as: tool if differs (again for more)", collect);
  replay.option("--use-recorded", "go on with the recorded answer where another question is asked");
  replay.action(
    act(async (surface, json) => {
      const options = replay.opts<{
        offline?: boolean;
        live?: string[];
        deny?: string[];
        simulate?: string[];
        set?: string[];
        break?: string[];
        useRecorded?: boolean;
      }>();
      if (options.offline && options.live) throw fail("input.invalid", "--offline and --live exclude each other.");
      const client = await surface.connect({ resume: true });
      const original = await readRun(client, replay.args[0]);
      const state = await readState(client, original);
      const steps: Record<string, StepSource> = {};
      const choose = (step: string, source: StepSource) => {
        if (step in steps)
          throw fail("input.invalid", `Step ${step} is given two sources.`, "Choose one of --live, --deny, --simulate and --set.");
        steps[step] = source;
      };
      for (const step of options.live ?? []) choose(step, { is: "live" });
      for (const step of options.deny ?? []) choose(step, { is: "deny" });
      for (const step of options.simulate ?? []) choose(step, { is: "simulated" });
      for (const text of options.set ?? []) {
        const { step, output } = readEdit(text, (id) =>
          steps[id]?.is === "edited" ? steps[id].output : state.steps.find((known) => known.id === id)?.output,
        );
        if (steps[step]?.is === "edited") steps[step] = { is: "edited", output };
        else choose(step, { is: "edited", output });
      }
      for (const step of Object.keys(steps)) {
        if (!state.steps.some(({ id }) => id === step)) throw fail("not.found", `${original} has no step ${step}.`);
      }
      const onDivergence = options.useRecorded ? ("use" as const) : ("stop" as const);
      const { run } = await client.runs.replay({
        run: original,
        options: { otherwise: { is: "recorded" }, steps, onDivergence },
        breakpoints: options.break ?? [],
      });
      const code = await followToEnd(surface, { client, run, since: 0, json });
      const { replay: report } = await readState(client, run);
      if (report) sayReport(surface.terminal, run, report);
      return code;
    }),
  );

  const diff = runs.command("diff <left> <right>").summary("where two runs part, first difference first");
  diff.action(
    act(async ({ connect, terminal }, json) => {
      const client = await connect({ resume: false });
      const [left, right] = [await readRun(client, diff.args[0]), await readRun(client, diff.args[1])];
      const found = diffRuns(await readState(client, left), await readState(client, right));
      if (json) terminal.out(`${JSON.stringify({ left, right, ...found })}\n`);
      else if (found.same) terminal.out(`The same: ${found.equalSteps} steps, one answer.\n`);
      else {
        const show = (side: { output: unknown; status: string } | null) =>
          side ? `${side.status} ${JSON.stringify(side.output) ?? ""}`.slice(0, 60) : "–";
        const rows = found.differences.map(({ step, what, left: mine, right: theirs }) => [
          step,
          what.join(", "),
          show(mine),
          show(theirs),
        ]);
        terminal.out(table(terminal, ["STEP", "DIFFERS", "LEFT", "RIGHT"], rows));
        terminal.err(`${found.equalSteps} steps are equal.\n`);
      }
      return found.same ? exitCodes.done : exitCodes.failed;
    }),
  );

  const patch = runs.command("patch <run> <file>").summary("change the plan of a run by an RFC 6902 patch");
  patch.option("--reason <text>", "why, for those who look later", "Changed by a person.");
  patch.action(
    act(async ({ connect, terminal, readFile }, json) => {
      const [text, file = ""] = patch.args;
      const operations = readJson(file, await readFile(file));
      const read = Patch.safeParse(operations);
      if (!read.success)
        throw fail("input.invalid", `${file} is not a patch (RFC 6902): ${faultSentence(read.error.issues, operations, "it")}`);
      const client = await connect({ resume: true });
      const run = await readRun(client, text);
      const { revision } = await client.runs.patch({
        run,
        patch: read.data,
        reason: patch.opts<{ reason: string }>().reason,
      });
      const { approved } = (await client.runs.at({ run })).head;
      const too = approved?.revision === revision ? ", which is approved as your own change" : "";
      terminal.out(json ? `${JSON.stringify({ run, revision, approved: too !== "" })}\n` : `${run} has plan revision ${revision}${too}.\n`);
    }),
  );

  const approve = runs.command("approve <run>").summary("freeze a run's plan: what an agent adds to it asks first");
  approve.action(
    act(async ({ connect, terminal }, json) => {
      const client = await connect({ resume: true });
      const run = await readRun(client, approve.args[0]);
      const { revision } = await client.runs.approve({ run });
      terminal.out(json ? `${JSON.stringify({ run, revision })}\n` : `Plan revision ${revision} of ${run} is approved.\n`);
    }),
  );

  const tell = runs.command("tell <run> <name> [json]").summary("send a message that a wait step waits for");
  tell.action(
    act(async (surface, json) => {
      const [text, name = "", data = "null"] = tell.args;
      const client = await surface.connect({ resume: true });
      const run = await readRun(client, text);
      const since = (await client.runs.get({ run })).lastSeq;
      await client.runs.tell({ run, name, data: readJson("the message", data) });
      return followToEnd(surface, { client, run, since, json });
    }),
  );
}
