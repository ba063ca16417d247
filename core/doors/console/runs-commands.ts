// `runs …`: what ran, what it did, and stopping it.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import { notedLines, type NotedLine } from "../../contract/noted.ts";
import { doerOf } from "../../contract/plan.ts";
import { isOver, runStatuses, type RunState, type RunStatus } from "../../contract/run-state.ts";
import { itemText } from "../../memory/items.ts";
import type { CoreClient } from "../rooms.ts";
import { exitCodes } from "./exit-code.ts";
import { wholeNumber, type Act } from "./surface.ts";
import { followToEnd } from "./run-command.ts";
import { allEvents, readRun, readState } from "./read-run.ts";
import { recordingCommands } from "./recording-commands.ts";
import { travelCommands } from "./travel-commands.ts";
import { undoCommands } from "./undo-commands.ts";
import { ago, plain, table, tint, type Terminal } from "./terminal.ts";

export function runsCommands(program: Command, act: Act): void {
  const runs = program.command("runs").summary("what ran, and what it did").description("What ran, and what it did.");

  const ls = runs.command("ls").summary("list runs, newest first").description("Lists runs, newest first.");
  ls.option("--limit <n>", "how many", wholeNumber(1, 1000), 30);
  ls.option("--status <status>", `only ${runStatuses.join(", ")}`);
  ls.option("--query <text>", "only with this text in goal or answer");
  ls.action(
    act(async ({ connect, terminal, now }, json) => {
      const { limit, status, query } = ls.opts<{ limit: number; status?: string; query?: string }>();
      const filter = { limit, ...(status ? { status: readStatus(status) } : {}), ...(query ? { query } : {}) };
      const { runs: found, total } = await (await connect({ resume: false })).runs.list(filter);
      if (json) return terminal.out(`${JSON.stringify(found)}\n`);
      if (found.length === 0) return terminal.err('Nothing has run yet. Try: botmojo run "what can you do?"\n');
      const rows = found.map((run) => [run.id, run.status, ago(run.startedAt, now()), run.goal]);
      terminal.out(table(terminal, ["RUN", "STATUS", "STARTED", "GOAL"], rows));
      if (total > found.length) terminal.err(`${found.length} of ${total}\n`);
    }),
  );

  const show = runs.command("show <run>").summary("one run: plan, steps, what it kept").description("Shows one run.");
  show.action(
    act(async ({ connect, terminal }, json) => {
      const client = await connect({ resume: false });
      const run = await readRun(client, show.args[0]);
      const state = await readState(client, run);
      terminal.out(json ? `${JSON.stringify(state)}\n` : describe(terminal, state));
    }),
  );

  const events = runs.command("events <run>").summary("its events, as in the log").description("Prints a run's events.");
  events.option("--since <seq>", "after this event", wholeNumber(0, Number.MAX_SAFE_INTEGER), 0);
  events.option("--follow", "go on until the run ends");
  events.action(
    act(async (surface, json) => {
      const { terminal, signal } = surface;
      const { since, follow } = events.opts<{ since: number; follow?: boolean }>();
      const client = await surface.connect({ resume: follow === true });
      const run = await readRun(client, events.args[0]);
      const ended = isOver((await client.runs.get({ run })).status);
      if (follow && !ended) {
        for await (const followed of await client.events.follow({ run, since, untilEnd: true }, { signal })) {
          if (followed.is === "event") terminal.out(eventLine(terminal, followed.event, json));
        }
        return;
      }
      for await (const event of allEvents(client, run, since)) terminal.out(eventLine(terminal, event, json));
    }),
  );

  const watch = runs.command("watch <run>").summary("go on with a run and follow it to its end");
  watch.action(
    act(async (surface, json) => {
      const client = await surface.connect({ resume: true });
      const run = await readRun(client, watch.args[0]);
      return followToEnd(surface, { client, run, since: 0, json });
    }),
  );

  travelCommands(runs, act);
  undoCommands(runs, act);
  recordingCommands(runs, act);

  const cancel = runs.command("cancel <run>").summary("stop a run for good");
  cancel.action(
    act(async ({ connect, terminal }, json) => {
      const client = await connect({ resume: false });
      const run = await readRun(client, cancel.args[0]);
      const { cancelled } = await client.runs.cancel({ run });
      if (json) terminal.out(`${JSON.stringify({ run, cancelled })}\n`);
      else terminal.out(cancelled ? `${run} is cancelled.\n` : `${run} had ended already.\n`);
      return cancelled ? exitCodes.done : exitCodes.failed;
    }),
  );
}

function readStatus(text: string): RunStatus {
  const status = runStatuses.find((known) => known === text);
  if (!status) throw fail("input.invalid", `There is no status "${text}".`, `It is one of ${runStatuses.join(", ")}.`);
  return status;
}

function eventLine(terminal: Terminal, event: Awaited<ReturnType<CoreClient["events"]["list"]>>[number], json: boolean): string {
  if (json) return `${JSON.stringify(event)}\n`;
  const time = new Date(event.at).toISOString().slice(11, 23);
  const data = plain(JSON.stringify(event.data));
  const line = `${String(event.seq).padStart(6)}  ${time}  ${event.type.padEnd(16)}  ${(event.step ?? "").padEnd(12)}  ${data}`;
  return `${line.length > terminal.columns ? `${line.slice(0, terminal.columns - 1)}…` : line}\n`;
}

function describe(terminal: Terminal, state: RunState): string {
  const took = state.endedAt === null ? "" : ` in ${((state.endedAt - state.startedAt) / 1000).toFixed(2)} s`;
  const whence = state.imported
    ? [`imported from a file${state.imported.finished ? "" : "; it was not finished when it was recorded"}`]
    : [];
  const lines = [
    tint(terminal, "bold", plain(state.goal)),
    `${state.id}  ${state.status}${took}  model ${state.model}  from ${state.door}`,
    ...whence,
    "",
    table(
      terminal,
      ["STEP", "BY", "STATUS", "TOOLS", "RESULT"],
      state.steps.map(({ step, status, effects, output, failure, reason }) => [
        step.id,
        doerOf(step),
        status,
        effects
          .filter(({ call }) => call === "tool")
          .map(({ name }) => name)
          .join(", ") || "–",
        failure?.message ?? reason ?? (output === undefined ? "" : textOf(output)),
      ]),
    ),
  ];
  const seen = state.steps.flatMap(({ notes }) => notedLines(notes)).map(seenRow);
  if (seen.length > 0) lines.push(table(terminal, ["SEEN OF IT", "", "MS", "CAME OF IT"], seen));
  for (const { body, words } of state.items) {
    lines.push(`kept ${body.kind}: ${plain(itemText(body))}  ${tint(terminal, "dim", `from “${plain(words)}”`)}`);
  }
  if (state.items.length > 0) lines.push("");
  lines.push(plain(state.answer ?? state.failure?.message ?? ""));
  return `${lines.join("\n").trimEnd()}\n`;
}

function textOf(output: unknown): string {
  if (typeof output === "object" && output !== null && "text" in output) return String(output.text);
  return JSON.stringify(output);
}

function seenRow({ note, depth, ms, what, outcome }: NotedLine): string[] {
  return [`${"· ".repeat(depth)}${what}`, note.is, ms === undefined ? "" : String(Math.round(ms)), outcome];
}
