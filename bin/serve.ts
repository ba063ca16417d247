// `botmojo serve`: a host with the workbench for a browser on this machine.
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { exitCodes, wholeNumber, type Act, type Surface } from "../core/index.ts";
import { fail } from "../core/contract/index.ts";
import { openHost, type GlobalOptions } from "./host.ts";

export function serveCommand(program: Command, act: Act, globals: () => GlobalOptions): void {
  const serve = program.command("serve").summary("serve the workbench on loopback and print its address");
  serve.option("--port <n>", "a port of your choice; a free one otherwise", wholeNumber(0, 65_535), 0);
  serve.action(act((surface, json) => serveWorkbench(surface, globals(), { ...serve.opts<{ port: number }>(), json })));
}

/** Serves until it is interrupted. */
export async function serveWorkbench(
  { terminal, signal }: Surface,
  options: GlobalOptions,
  { port, json }: { port: number; json: boolean },
): Promise<number> {
  const core = openHost(options);
  if (!core) {
    throw fail(
      "host.busy",
      `Another BotMojo already holds ${options.dataDir}.`,
      "Use its window or address, close it first, or choose another folder with --data-dir.",
    );
  }
  try {
    await core.listenLocally();
    const siteDir = fileURLToPath(new URL("../renderer/", import.meta.url)).replace(/\/$/, "");
    const door = await core.openWeb({
      siteDir,
      port,
      onUsed: () => terminal.err(`Opened in a browser. For another one: ${door.address()}\n`),
    });
    const resumed = await core.resume();
    if (resumed > 0) terminal.err(`Took up ${resumed} unfinished ${resumed === 1 ? "run" : "runs"}.\n`);
    const address = door.address();
    terminal.out(json ? `${JSON.stringify({ workbench: address })}\n` : `${address}\n`);
    terminal.err("Open this address in a browser on this machine. It works once; Ctrl+C stops.\n");
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    return exitCodes.done;
  } finally {
    await core.close();
  }
}
