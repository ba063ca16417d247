// `record -- COMMAND` and `replay RUN -- COMMAND`: programs that were not written for BotMojo, followed as runs.
import type { Command } from "commander";
import type { Event } from "../../contract/events.ts";
import { fail } from "../../contract/failure.ts";
import type { RunId } from "../../contract/ids.ts";
import type { Budget } from "../../contract/plan.ts";
import type { ReplayOptions, StepSource } from "../../contract/replay.ts";
import { isOver } from "../../contract/run-state.ts";
import type { Usage } from "../../contract/usage.ts";
import type { CoreClient } from "../rooms.ts";
import { exitCodes } from "./exit-code.ts";
import {
  endpointsOf,
  endpointVariables,
  ownProxy,
  proxyVariables,
  standInKeys,
  telemetryOf,
  telemetryVariables,
} from "./program-environment.ts";
import { readServers } from "./program-servers.ts";
import { readRun, readState } from "./read-run.ts";
import { sayReport } from "./replay-report.ts";
import { collect, printFailure, wholeNumber, type Act, type Surface } from "./surface.ts";
import { plain, tint } from "./terminal.ts";

interface RecordOptions {
  break?: string[];
  upstream?: string[];
  proxy: boolean;
  mcpConfig?: string;
  tokens?: number;
  usd?: number;
  calls?: number;
}

interface ReplayProgramOptions extends RecordOptions {
  live?: boolean;
  from?: number;
  set?: string[];
  useRecorded?: boolean;
}

export function recordCommands(program: Command, act: Act): void {
  const record = program
    .command("record")
    .summary("run an unmodified program and follow what it asks its models")
    .description(
      "Runs any program with its models' addresses (OPENAI_BASE_URL, ANTHROPIC_BASE_URL) led through BotMojo. Its calls become a run like any other: seen as they happen, held by breakpoints, replayed offline.",
    )
    .argument("<command...>", "the program and its arguments, after --")
    .option("--break <spec>", 'hold it there, such as model or tool:NAME if input.path == "x" (again for more)', collect)
    .option("--upstream <name=url>", "one more endpoint; the program finds it in NAME_BASE_URL (again for more)", collect);
  sharedOptions(record);
  record.action(
    act(async (surface, json) => {
      const options = record.opts<RecordOptions>();
      return follow(surface, json, record.args, { options });
    }),
  );

  const replay = program
    .command("replay")
    .summary("run a recorded program again, answered from its record")
    .description(
      "Runs a program again with the recorded answers, streamed as they came; no model is asked. Without a command its calls alone are walked through.",
    )
    .argument("<run>", "the recorded run")
    .argument("[command...]", "the program and its arguments, after --")
    .option("--from <turn>", "ask the model anew from this turn on (0 is the first)", wholeNumber(0, 1_000_000))
    .option("--live", "ask the model anew where the record has no answer")
    .option("--use-recorded", "go on with the recorded answer where another question is asked")
    .option("--set <turn=text>", "let the model say this in that turn (again for more)", collect)
    .option("--break <spec>", "hold it there, such as: model if differs (again for more)", collect)
    .option("--upstream <name=url>", "one more endpoint, as when it was recorded (again for more)", collect);
  sharedOptions(replay);
  replay.action(
    act(async (surface, json) => {
      const options = replay.opts<ReplayProgramOptions>();
      const [text, ...command] = replay.args;
      const client = await surface.connect({ resume: true });
      const original = await readRun(client, text);
      const state = await readState(client, original);
      const turns = state.steps.filter(({ step }) => step.kind === "exchange").map(({ id }) => id);
      if (turns.length === 0) throw fail("input.invalid", `${original} followed no program.`, `Replay it: botmojo runs replay ${original}`);
      const chosen = chooseSources(options, turns);
      if (command.length > 0) return follow(surface, json, command, { options, replay: { run: original, options: chosen } });
      const { run } = await client.runs.replay({ run: original, options: chosen, breakpoints: options.break ?? [] });
      await watch(surface, client, run, json);
      return finish(surface, client, run, json);
    }),
  );
}

function sharedOptions(command: Command): void {
  command
    .option("--mcp-config <file>", "its MCP servers: {mcp} in the command becomes a copy in which they are followed")
    .option("--no-proxy", "leave HTTP_PROXY and HTTPS_PROXY alone: only what it asks its models is seen")
    .option("--tokens <count>", "hold it when it has used so many", wholeNumber(1, 1e12))
    .option("--usd <amount>", "hold it when it has spent so much", amount)
    .option("--calls <count>", "hold it when it has called so many tools", wholeNumber(0, 1e9));
}

function amount(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw fail("input.invalid", `"${text}" is no amount of dollars.`);
}

/** Turns up to `from` are answered from the record, later ones by the model; with `live` also those the record lacks. */
function chooseSources({ live, from, set = [], useRecorded }: ReplayProgramOptions, turns: readonly string[]): ReplayOptions {
  const steps: Record<string, StepSource> = {};
  const otherwise: StepSource = live || from !== undefined ? { is: "live" } : { is: "recorded" };
  if (otherwise.is === "live") {
    for (const id of turns) if (from === undefined || turnOf(id) < from) steps[id] = { is: "recorded" };
  }
  for (const text of set) {
    const [, turn, words = ""] = /^(\d+)=(.*)$/s.exec(text) ?? [];
    const id = turns.find((known) => turn !== undefined && turnOf(known) === Number(turn));
    if (!id) throw fail("input.invalid", `--set ${text} names no turn of the run.`, "Such as --set 0=Hello, where 0 is the first turn.");
    steps[id] = { is: "edited", output: { text: words, calls: [] } };
  }
  return { otherwise, steps, onDivergence: useRecorded ? "use" : "stop" };
}

function turnOf(step: string): number {
  return Number(step.split("/").at(-2));
}

/** Starts the program, follows it to its end, and says what came of it. */
async function follow(
  surface: Surface,
  json: boolean,
  command: readonly string[],
  { options, replay }: { options: RecordOptions; replay?: { run: RunId; options: ReplayOptions } },
): Promise<number> {
  const { programs, terminal, door, workspace = "." } = surface;
  if (!programs) throw fail("input.invalid", "A program is recorded from a terminal.", "botmojo record -- COMMAND");
  if (command[0] === "") throw fail("input.invalid", "No program is named.", "botmojo record -- COMMAND");
  const client = await surface.connect({ resume: true });
  const budget = budgetOf(options);
  // A limit holds the program rather than fails it.
  const breakpoints = [...(options.break ?? []), ...(budget ? ["budget"] : [])];
  const endpoints = endpointsOf(programs.env, options.upstream ?? []);
  const leadServers = await readServers({ ...surface, programs }, command, options.mcpConfig);
  const telemetry = telemetryOf(programs.env);
  const opened = await client.programs.open({
    command: [...command],
    folder: workspace,
    endpoints: endpoints.endpoints,
    ...(telemetry ? { telemetry } : {}),
    door,
    breakpoints,
    ...(budget ? { budget } : {}),
    ...(replay ? { replay } : {}),
  });
  const first = await opened.next();
  if (first.done || first.value.is !== "open") throw fail("internal", "The host did not open a way in for the program.");
  const { run, addresses, proxy, otlp, mcp } = first.value;
  terminal.err(`${tint(terminal, "dim", `${run} ${replay ? `replays ${replay.run}` : "records"}: ${command.join(" ")}`)}\n`);
  const takenProxy = ownProxy(programs.env);
  if (takenProxy !== undefined && options.proxy) {
    terminal.err(`${tint(terminal, "dim", `${takenProxy} is set already; what goes through that proxy is not seen.`)}\n`);
  }
  const led = leadServers(mcp);
  const env = {
    ...led.env,
    ...endpointVariables(endpoints, addresses),
    ...(takenProxy === undefined && options.proxy ? proxyVariables(programs.env, proxy) : {}),
    ...(telemetry ? telemetryVariables(programs.env, otlp) : {}),
    ...(replay ? standInKeys(programs.env) : {}),
  };
  const program = programs.start(led.command, { env, outputAside: json });
  const stop = () => program.stop();
  surface.signal.addEventListener("abort", stop);
  const watching = watch(surface, client, run, json);
  // A run that ends first, such as one that a person cancels, ends the program too.
  const over = opened.next().then(() => program.stop());
  try {
    const end = await program.ended;
    await client.programs.ended({ run, exitCode: end.exitCode, ...(end.why === undefined ? {} : { why: end.why }) });
    await over;
    await watching;
    return surface.signal.aborted ? exitCodes.interrupted : await finish(surface, client, run, json);
  } finally {
    surface.signal.removeEventListener("abort", stop);
    led.close();
    await opened.return?.();
  }
}

function budgetOf({ tokens, usd, calls }: RecordOptions): Budget | undefined {
  const budget = {
    ...(tokens === undefined ? {} : { tokens }),
    ...(usd === undefined ? {} : { microUsd: Math.round(usd * 1_000_000) }),
    ...(calls === undefined ? {} : { calls }),
  };
  return Object.keys(budget).length === 0 ? undefined : budget;
}

/** Says what happens in the run until it is over. */
async function watch({ terminal, signal }: Surface, client: CoreClient, run: RunId, json: boolean): Promise<void> {
  for (let since = 0; ;) {
    for await (const followed of await client.events.follow({ run, since, untilEnd: true }, { signal })) {
      if (followed.is === "signal") continue;
      since = followed.event.seq;
      if (json) terminal.out(`${JSON.stringify(followed.event)}\n`);
      else say(followed.event, (text) => terminal.err(`${tint(terminal, "dim", plain(text).slice(0, terminal.columns))}\n`));
    }
    // The stream ends where the run is held, too; the program waits meanwhile.
    const { status } = await client.runs.get({ run });
    if (signal.aborted || isOver(status)) return;
    if (status !== "running") await moved(client, run, since, signal);
  }
}

async function moved(client: CoreClient, run: RunId, since: number, signal: AbortSignal): Promise<void> {
  for await (const _ of await client.events.follow({ run, since }, { signal })) return;
}

function say(event: Event, out: (text: string) => void): void {
  if (event.type === "effect.requested" && event.data.call === "model") out(`${event.step}: asks ${event.data.name}`);
  if (event.type === "effect.requested" && event.data.call === "tool")
    out(`${event.step}: ${event.data.name} ${JSON.stringify(event.data.input)}`);
  if (event.type === "effect.failed") out(`${event.step}: ${event.data.failure.message}`);
  if (event.type === "run.paused") {
    const { at } = event.data;
    out(`Held: ${event.data.reason}${at ? ` Before ${at.on} ${at.name} of ${at.step}: ${JSON.stringify(at.input)}` : ""}`);
    out(`botmojo runs resume ${event.run} lets it go on (--input and --output change the call).`);
  }
  if (event.type === "run.resumed") out(`Going on: ${event.data.reason}`);
}

async function finish({ terminal }: Surface, client: CoreClient, run: RunId, json: boolean): Promise<number> {
  const summary = await client.runs.get({ run });
  const { status, answer, usage, failure } = summary;
  if (json) terminal.out(`${JSON.stringify({ type: "result", run, status, answer, usage, ...(failure ? { failure } : {}) })}\n`);
  const {
    head: { replay, usage: used },
    groups,
  } = await client.runs.at({ run });
  const turns = Object.values(groups).reduce((sum, { total }) => sum + total, 0);
  terminal.err(`${tint(terminal, "dim", `${run}: ${counted(turns, "call")} of its model, ${spent(used)}.`)}\n`);
  if (replay) sayReport(terminal, run, replay);
  if (failure) printFailure(terminal, { ...failure, message: plain(failure.message) });
  // Such as a prompt with a random tag or today's date in it.
  if (failure?.code === "conflict" && replay?.firstDivergence) terminal.err("--use-recorded answers it from the record all the same.\n");
  if (status === "cancelled") terminal.err("The run was cancelled.\n");
  return status === "completed" ? exitCodes.done : exitCodes.failed;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function spent({ inputTokens, outputTokens, estimatedTokens = 0 }: Usage): string {
  const total = inputTokens + outputTokens;
  if (estimatedTokens === 0) return counted(total, "token");
  return `about ${counted(total, "token")} (${estimatedTokens === total ? "its" : `for ${estimatedTokens} of them its`} server did not count)`;
}
