// `runs export, import, rm`: runs as files, and runs forgotten.
import type { Command } from "commander";
import type { RunId } from "../../contract/ids.ts";
import type { CoreClient } from "../rooms.ts";
import { filesOf } from "./files.ts";
import { readRun } from "./read-run.ts";
import type { Act, Surface } from "./surface.ts";
import { plain } from "./terminal.ts";

export function recordingCommands(runs: Command, act: Act): void {
  const exports = runs.command("export <run>").summary("a run as a file that stands alone (a recording)");
  exports.option("--out <file>", "write it there, whole or not at all; standard output otherwise");
  exports.action(
    act(async (surface, json) => {
      const { out } = exports.opts<{ out?: string }>();
      if (out !== undefined) await filesOf(surface).check(out);
      const client = await surface.connect({ resume: false });
      const run = await readRun(client, exports.args[0]);
      if (out === undefined) for await (const piece of await client.runs.export({ run })) surface.terminal.out(piece);
      else await record(surface, client, run, out);
      if (json && out !== undefined) surface.terminal.out(`${JSON.stringify({ run, file: out })}\n`);
    }),
  );

  const imports = runs.command("import <file>").summary("take a recording in, to look at, fork and replay; it never runs by itself");
  imports.action(
    act(async (surface, json) => {
      const { terminal } = surface;
      const text = filesOf(surface).read(imports.args[0] ?? "");
      const client = await surface.connect({ resume: false });
      const report = await sendPieces(text, (pieces) => client.runs.import(pieces));
      if (json) return terminal.out(`${JSON.stringify(report)}\n`);
      const { run, taken, goal, events, finished, inFile } = report;
      if (!taken) return terminal.out(`${run} is here already; nothing was taken.\n`);
      terminal.out(`${run}: ${events} events of “${plain(goal).slice(0, 200)}”.\n`);
      if (run !== inFile) terminal.err(`In the file it is ${inFile}; that id is another run's here, so it has a new one.\n`);
      if (!finished) terminal.err("It was not finished when it was recorded. It is kept as a record and does not go on.\n");
    }),
  );

  const rm = runs.command("rm <run>").summary("forget a run: its texts, and what it had kept");
  rm.action(
    act(async ({ connect, terminal }, json) => {
      const client = await connect({ resume: false });
      const run = await readRun(client, rm.args[0]);
      const { events, kept } = await client.runs.remove({ run });
      if (json) return terminal.out(`${JSON.stringify({ run, events, kept })}\n`);
      const things = kept === 0 ? "" : `, and with it ${kept} ${kept === 1 ? "thing" : "things"} that it had kept in memory`;
      terminal.out(`${run} is removed${things}. The log still tells that ${events} events were there, not what they said.\n`);
    }),
  );
}

/** Writes a run's recording to a file, whole or not at all. */
export async function record(surface: Surface, client: CoreClient, run: RunId, file: string): Promise<void> {
  await filesOf(surface).write(file, await client.runs.export({ run }));
  surface.terminal.err(`Recorded to ${file}\n`);
}

/** Hands a file's text over. What goes wrong in reading it ends the text there, so that the host refuses it and the reader's own
 * words are heard: an error inside a stream would leave the other side waiting. */
async function sendPieces<T>(text: AsyncIterable<string>, send: (pieces: AsyncGenerator<string, void>) => Promise<T>): Promise<T> {
  let wrong: unknown;
  async function* pieces(): AsyncGenerator<string, void> {
    try {
      yield* text;
    } catch (error) {
      wrong = error;
    }
  }
  try {
    return await send(pieces());
  } catch (error) {
    throw wrong ?? error;
  }
}
