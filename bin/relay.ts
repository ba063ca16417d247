// Stands in the place of an MCP server for a program that is followed: each of its requests goes by the host first, which may
// hold, change or answer it. The server itself is started when one is to be sent to it; in a replay, never.
import { spawn, type ChildProcess } from "node:child_process";
import { request as httpRequest } from "node:http";
import { createInterface, type Interface } from "node:readline";
import { relayVariable } from "./relay-names.ts";

type Message = Record<string, unknown>;

const graceMs = 2000;

/** @param command the true server and its arguments. Resolves with the exit code. */
export function relay(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { [relayVariable]: address = "", ...rest } = env;
  const waiting = new Map<unknown, (answer: Message) => void>();
  let server: ChildProcess | undefined;
  let gone: string | undefined;
  let end = (_code: number) => {};
  const ended = new Promise<number>((resolve) => (end = resolve));
  const tell = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);

  const lose = (why: string) => {
    gone ??= why;
    for (const answer of waiting.values()) answer({ failed: why });
    waiting.clear();
  };
  function start(): ChildProcess {
    const [file = "", ...args] = command;
    const child = spawn(file, args, { env: rest, stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.on("error", () => {});
    child.once("error", (error) => {
      lose(error.message);
      leave(1);
    });
    child.once("close", (code, signal) => {
      lose(`it ended (${signal ?? `exit code ${code}`})`);
      leave(code ?? 1);
    });
    eachLine(createInterface({ input: child.stdout }), (line, message) => {
      const answered = message && message["method"] === undefined ? waiting.get(message["id"]) : undefined;
      if (!message || !answered) return void process.stdout.write(`${line}\n`);
      waiting.delete(message["id"]);
      answered(message);
    });
    return child;
  }
  const send = (line: string) => {
    server ??= start();
    server.stdin?.write(`${line}\n`);
  };
  let open = 0;
  let code: number | undefined;
  /** When what is under way has been told. */
  const leave = (with_: number) => {
    code ??= with_;
    if (open === 0) end(code);
  };

  function ask(message: Message): void {
    open += 1;
    const { id } = message;
    let told = false;
    const done = (answer: unknown) => {
      if (told) return;
      told = true;
      tell(answer);
      open -= 1;
      if (code !== undefined) leave(code);
    };
    const fail = (why: string) => done({ jsonrpc: "2.0", id, error: { code: -32_000, message: `BotMojo: ${why}` } });
    const request = httpRequest(address, { method: "POST", headers: { "Content-Type": "application/x-ndjson" } }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return fail("the run that followed this program has ended.");
      }
      eachLine(createInterface({ input: response }), (_, said) => {
        if (!said) return;
        if ("answer" in said) return done(said["answer"]);
        if (gone !== undefined) return void request.end(`${JSON.stringify({ failed: gone })}\n`);
        waiting.set(id, (answer) => void request.end(`${JSON.stringify(answer)}\n`));
        send(JSON.stringify(said["send"]));
      });
      response.once("close", () => fail("the run that followed this program has ended."));
      // Its close tells.
      response.on("error", () => {});
    });
    request.on("error", (error) => fail(error.message));
    request.write(`${JSON.stringify(message)}\n`);
  }

  const input = createInterface({ input: process.stdin });
  eachLine(input, (line, message) => {
    if (message && message["method"] !== undefined && message["id"] !== undefined) return ask(message);
    // What no one answers; without a server there is nobody to hear it.
    if (server) send(line);
  });
  input.once("close", () => {
    if (!server) return leave(0);
    server.stdin?.end();
    setTimeout(() => server?.kill("SIGTERM"), graceMs).unref();
    setTimeout(() => server?.kill("SIGKILL"), 2 * graceMs).unref();
  });
  return ended;
}

function eachLine(lines: Interface, take: (line: string, message: Message | undefined) => void): void {
  lines.on("error", () => {});
  lines.on("line", (line) => {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      // A banner, such as some servers have.
    }
    take(line, typeof message === "object" && message !== null && !Array.isArray(message) ? (message as Message) : undefined);
  });
}
