// `botmojo`: its global options, the host it opens or joins, and how it ends.
import { homedir } from "node:os";
import { createProgram, defaultDataDir, exitCodes, type Surface } from "../core/index.ts";
import packageJson from "../package.json" with { type: "json" };
import { benchCommand } from "./bench.ts";
import { doctorCommand } from "./doctor.ts";
import { files } from "./files.ts";
import { hostOf, type GlobalOptions } from "./host.ts";
import { readFileText, readStandardInput } from "./input.ts";
import { openWorkbench } from "./open.ts";
import { programs } from "./programs.ts";
import { serveCommand } from "./serve.ts";

export async function main(argv: readonly string[]): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onBrokenPipe);

  const globals = (): GlobalOptions => ({
    dataDir: defaultDataDir(process.env, process.platform, homedir()),
    ...program.command.opts<Partial<GlobalOptions>>(),
    version: packageJson.version,
  });
  const host = hostOf(globals);
  const surface: Surface = {
    terminal: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void (globals().quiet ? undefined : process.stderr.write(text)),
      columns: process.stdout.columns ?? 120,
      colour: process.stdout.isTTY && !process.env["NO_COLOR"],
    },
    door: "cli",
    connect: host.connect,
    reconnect: host.reconnect,
    signal: interrupt.signal,
    readInput: () => readStandardInput(globals().input !== false),
    get mayWait() {
      return globals().input !== false;
    },
    readFile: readFileText,
    files,
    workspace: process.cwd(),
    now: Date.now,
    programs,
  };
  const program = createProgram(surface, (command, act) => {
    command
      .version(packageJson.version, "-V, --version", "print the version")
      .option("--data-dir <dir>", "where everything is kept (BOTMOJO_DATA_DIR)")
      .option("--config <file>", "a settings file instead of the data directory's")
      .option("--model <id>", "for this command: rules, or provider/name such as openai/gpt-4.1-mini")
      .option("--quiet", "print results only")
      .option("--verbose", "print the host's log")
      .option("--no-input", "never wait for a person");
    serveCommand(command, act, globals);
    doctorCommand(command, act, globals);
    benchCommand(command, act);
    command
      .command("open", { isDefault: true })
      .summary("open the workbench; without a display, serve it")
      .action(act((opened) => openWorkbench(opened, globals())));
  });
  const code = await program.run(argv);
  await host.close();
  process.exitCode = code;
}

/** A reader that closes early, such as `head`, wants no more and is no fault. */
function onBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  throw error;
}
