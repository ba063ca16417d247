// `run GOAL`: starts a goal and follows it to its end.
import type { Command } from "commander";
import type { Event, Signal } from "../../contract/events.ts";
import { fail, failureOf, type Failure } from "../../contract/failure.ts";
import { faultSentence } from "../../contract/faults.ts";
import { ThreadId, type RunId } from "../../contract/ids.ts";
import { Plan } from "../../contract/plan.ts";
import { PolicyRule } from "../../contract/policy.ts";
import { maxGoalLength } from "../../contract/rpc.ts";
import type { CoreClient } from "../rooms.ts";
import { readJson } from "./edits.ts";
import { exitCodeOf, exitCodes } from "./exit-code.ts";
import { filesOf } from "./files.ts";
import { record } from "./recording-commands.ts";
import { replayFile } from "./replay-file.ts";
import { collect, printFailure, type Act, type Surface } from "./surface.ts";
import { plain, tint } from "./terminal.ts";

interface RunOptions {
  thread?: string;
  plan?: string;
  detach?: boolean;
  break?: string[];
  planFirst?: boolean;
  record?: string;
  replay?: string;
  set?: string[];
  useRecorded?: boolean;
  allow?: string[];
  ask?: string[];
  deny?: string[];
  rule?: string[];
}

/** Holds before the second step, which is the first that the triage made. */
const planFirst = "step #2 once";

export function runCommand(program: Command, act: Act): void {
  const command = program
    .command("run")
    .summary("run a goal to its end")
    .description("Runs a goal to its end and prints the answer. A goal of - is read from standard input.")
    .argument("[goal...]", "what you want, in a sentence")
    .option("--thread <name>", "the conversation it belongs to")
    .option("--plan <file>", "a plan (JSON) to run instead of a triage")
    .option("--break <spec>", "hold it there, such as tool:calculator or step:answer (again for more)", collect)
    .option("--plan-first", "hold it once its plan is made, to look at it, change it and approve it")
    .option("--allow <tool>", "let it call this tool without asking (again for more)", collect)
    .option("--ask <tool>", "let it ask before this tool (again for more)", collect)
    .option("--deny <tool>", "keep it from this tool (again for more)", collect)
    .option("--rule <json>", 'a whole rule for it alone: {"decide":"allow","tool":"shell","command":"npm test"}', collect)
    .option("--record <file>", "write the run to this file when it ends, however it ends")
    .option("--replay <file>", "instead of a goal: run a recording again from its record; no call is made")
    .option("--set <step=json>", "with --replay: let this step give that (again for more)", collect)
    .option("--use-recorded", "with --replay: go on with the recorded answer where another question is asked")
    .option("--detach", "start it and return at once (needs a host that goes on running)");
  command.action(
    act(async (surface, json) => {
      const options = command.opts<RunOptions>();
      const { record: recordTo, replay, set = [], useRecorded = false } = options;
      if (replay !== undefined) {
        if (command.args.length > 0) throw fail("input.invalid", "--replay takes its goal from the file.", "Leave the goal out.");
        return replayFile(surface, json, { file: replay, set, useRecorded });
      }
      if (set.length > 0 || useRecorded) throw fail("input.invalid", "--set and --use-recorded belong to --replay.");
      if (recordTo !== undefined) {
        if (options.detach)
          throw fail("input.invalid", "--record and --detach exclude each other.", "botmojo runs export writes it later.");
        await filesOf(surface).check(recordTo);
      }
      const plan = options.plan === undefined ? undefined : readPlan(options.plan, await surface.readFile(options.plan));
      const goal = await readGoal(surface, command.args, plan);
      const thread = options.thread === undefined ? undefined : readThread(options.thread);
      const rules = readRules(options);
      const client = await surface.connect({ resume: true });
      const { door, workspace } = surface;
      const breakpoints = [...(options.break ?? []), ...(options.planFirst ? [plan ? "step once" : planFirst] : [])];
      const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const { run } = await client.runs.start({
        goal,
        door,
        timeZone,
        ...(thread ? { thread } : {}),
        ...(plan ? { plan } : {}),
        ...(breakpoints.length > 0 ? { breakpoints } : {}),
        ...(workspace ? { workspace } : {}),
        ...(rules.length > 0 ? { rules } : {}),
      });
      if (options.detach) {
        surface.terminal.out(json ? `${JSON.stringify({ run })}\n` : `${run}\n`);
        return exitCodes.done;
      }
      if (recordTo === undefined) return followToEnd(surface, { client, run, since: 0, json });
      try {
        return await followToEnd(surface, { client, run, since: 0, json });
      } finally {
        await record(surface, await surface.connect({ resume: false }), run, recordTo);
      }
    }),
  );
}

/** The rules for one run that its options say. */
function readRules({ rule = [], ...options }: RunOptions): PolicyRule[] {
  const short = (["allow", "ask", "deny"] as const).flatMap((decide) => (options[decide] ?? []).map((tool) => ({ decide, tool })));
  return [...short, ...rule.map((text) => readJson("The rule", text))].map((given) => {
    const read = PolicyRule.safeParse(given);
    if (!read.success) throw fail("input.invalid", `That is no rule: ${faultSentence(read.error.issues, given, "it")}`);
    return read.data;
  });
}

/** Prints a run as it goes and its end; takes the next host when this one is lost. Returns the exit code. */
export async function followToEnd(
  surface: Surface,
  from: { client: CoreClient; run: RunId; since: number; json: boolean },
): Promise<number> {
  const { run, json } = from;
  const { terminal, signal } = surface;
  let { client, since } = from;
  for (;;) {
    try {
      for await (const followed of await client.events.follow({ run, since, untilEnd: true }, { signal })) {
        if (followed.is === "signal") {
          if (!json) narrateSignal(surface, followed.signal);
          continue;
        }
        since = followed.event.seq;
        if (json) terminal.out(`${JSON.stringify(followed.event)}\n`);
        else narrate(surface, followed.event);
      }
      const summary = await client.runs.get({ run });
      if (summary.status === "waiting" && surface.mayWait && (await isAskedInMidst(client, run))) {
        terminal.err(
          "A call is under way and waits for that: botmojo review edit or review approve in another terminal; Ctrl-C leaves it.\n",
        );
        for await (const followed of await client.events.follow({ run, since }, { signal })) if (followed.is === "event") break;
        continue;
      }
      if (summary.status !== "running") return printEnd(surface, summary, json);
      throw fail("host.unreachable", "The host stopped before the run had ended.", "botmojo runs watch takes it up again.");
    } catch (error) {
      if (signal.aborted) {
        terminal.err(`\nInterrupted. The run is kept: botmojo runs watch ${run} goes on with it.\n`);
        return exitCodes.interrupted;
      }
      if (!surface.reconnect || !isLost(error)) throw error;
      terminal.err(`${tint(terminal, "yellow", "The host is gone; going on with the next one.")}\n`);
      client = await surface.reconnect();
    }
  }
}

/** Whether a call that is under way has asked a person: it ends with its host. */
async function isAskedInMidst(client: CoreClient, run: RunId): Promise<boolean> {
  return (await client.review.list()).some((open) => open.run === run && open.kind === "question");
}

function printEnd(surface: Surface, summary: Awaited<ReturnType<CoreClient["runs"]["get"]>>, json: boolean): number {
  const { terminal } = surface;
  const { id: run, status, answer, usage, failure } = summary;
  if (json) {
    terminal.out(`${JSON.stringify({ type: "result", run, status, answer, usage, ...(failure ? { failure } : {}) })}\n`);
  } else if (status === "paused") {
    terminal.err(`The run is held. botmojo runs resume ${run} lets it go on (--step, --step-over, --input, --output).\n`);
  } else if (status === "waiting") {
    terminal.err(`The run waits: botmojo review ls shows what a person is to answer; botmojo runs tell ${run} NAME sends it a message.\n`);
  } else if (status === "completed") {
    terminal.out(`${plain(answer ?? "")}\n`);
  } else if (failure) {
    printFailure(terminal, { ...failure, message: plain(failure.message) });
  } else {
    terminal.err("The run was cancelled.\n");
  }
  if (status === "completed") return exitCodes.done;
  if (status === "paused" || status === "waiting") return exitCodes.waiting;
  return failure ? exitCodeOfRun(failure) : exitCodes.failed;
}

/** A run that failed exits with 1, or 4 when policy stopped it: its input was fine, it is the run that was not. */
function exitCodeOfRun(failure: Failure): number {
  return failure.code === "denied" ? exitCodeOf(failure.code) : exitCodes.failed;
}

function narrate({ terminal }: Surface, event: Event): void {
  const say = (text: string) => terminal.err(`${tint(terminal, "dim", plain(text).slice(0, terminal.columns))}\n`);
  if (event.type === "plan.revised" && event.data.revision > 1) say(`plan ${event.data.revision}: ${event.data.reason}`);
  if (event.type === "effect.completed" && event.data.call === "tool") say(`${event.step}: ${event.data.name}`);
  if (event.type === "effect.completed") {
    const { name, answeredBy, source } = event.data;
    if (source === "cached") say(`${event.step}: ${answeredBy ?? name} answered from the cache`);
    else if (answeredBy !== undefined) say(`${event.step}: ${answeredBy} answered in place of ${name}`);
  }
  if (event.type === "step.failed") say(`${event.step}: ${event.data.failure.message}`);
  if (event.type === "run.resumed") say(`Going on: ${event.data.reason}`);
  if (event.type === "run.paused")
    say(
      `Held: ${event.data.reason}${event.data.at ? ` Before ${event.data.at.on} ${event.data.at.name} of ${event.data.at.step}: ${JSON.stringify(event.data.at.input)}` : ""}`,
    );
  if (event.type === "run.waiting") say(`Waiting: ${event.data.reason}`);
  if (event.type === "review.requested") say(`${event.data.review}: ${event.data.question}`);
  if (event.type === "step.retried") say(`${event.step}: try ${event.data.tries} failed: ${event.data.failure.message}`);
}

/** What a call waits for or turns to. A tool's own output is not for here. */
function narrateSignal({ terminal }: Surface, signal: Signal): void {
  if (signal.type !== "notice") return;
  terminal.err(`${tint(terminal, "dim", plain(`${signal.step}: ${signal.text}`).slice(0, terminal.columns))}\n`);
}

function isLost(error: unknown): boolean {
  const { code, message } = failureOf(error);
  return code === "host.unreachable" || code === "cancelled" || (code === "internal" && /closed|not open|aborted/i.test(message));
}

async function readGoal(surface: Surface, words: readonly string[], plan: Plan | undefined): Promise<string> {
  const goal = words.length === 1 && words[0] === "-" ? await surface.readInput() : words.join(" ");
  if (goal.trim() === "" && !plan) {
    throw fail("input.invalid", "There is nothing to do: the goal is empty.", 'Say what you want: botmojo run "what is on tomorrow?"');
  }
  if (goal.length > maxGoalLength) {
    throw fail(
      "input.invalid",
      `The goal is ${goal.length.toLocaleString("en")} characters long; ${maxGoalLength.toLocaleString("en")} is the limit.`,
      "Put long text into a file and name the file in the goal.",
    );
  }
  return goal;
}

function readThread(text: string): ThreadId {
  const thread = ThreadId.safeParse(text);
  if (thread.success) return thread.data;
  throw fail("input.invalid", `"${text}" is no thread's name: ${thread.error.issues[0]?.message ?? ""}.`);
}

export function readPlan(file: string, text: string): Plan {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw fail("input.invalid", `${file} is not JSON: ${failureOf(error).message}`);
  }
  const plan = readShape(file, data);
  if (plan.success) return plan.data;
  throw fail("input.invalid", `${file} is not a plan: ${faultSentence(plan.error.issues, data, "it")}`);
}

/** @throws FailureError `input.invalid` for what is nested deeper than can be read */
function readShape(file: string, data: unknown) {
  try {
    return Plan.safeParse(data);
  } catch (error) {
    if (error instanceof RangeError) throw fail("input.invalid", `${file} is nested too deeply to be a plan.`);
    throw error;
  }
}
