// An MCP server as a process of its own: a JSON message a line, on its standard input and output. What breaks that, or
// floods, ends it; nothing of it is left when it has ended.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import { isAbsolute, delimiter } from "node:path";
import type { Readable, Writable } from "node:stream";
import { TextDecoder } from "node:util";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { fail } from "../../contract/failure.ts";
import { cleanWords } from "./card.ts";

/** Longest line taken, in bytes; results are cut shorter than that. */
export const longestLine = 4 * 1024 * 1024;
/** Lines that are no messages, such as a banner; a server that says more is not one. */
const mostNoise = 1000;
const mostOfErrors = 64 * 1024 * 1024;
const graceMs = 500;

/** What every process needs to start at all; the rest of the environment stays here. */
const always = ["PATH", "HOME", "LANG", "TMPDIR"];

export interface ProcessSettings {
  readonly command: readonly string[];
  readonly folder: string | undefined;
  /** Names of further variables that it is given. */
  readonly env: readonly string[];
}

export class ProcessTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #settings: ProcessSettings;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #onEnd: (why: string, byItself: boolean) => void;
  readonly #asMessage: (value: unknown) => JSONRPCMessage | undefined;
  #child: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  #gone: Promise<void> = Promise.resolve();
  #line: Buffer[] = [];
  #lineBytes = 0;
  #noise = 0;
  #errors = "";
  #errorBytes = 0;
  #ended = false;

  /** `asMessage`: a value as a message, undefined when it is none. `onEnd` is told once why it ended, and
   * whether the program ended by itself. */
  constructor(options: {
    settings: ProcessSettings;
    environment: NodeJS.ProcessEnv;
    asMessage: (value: unknown) => JSONRPCMessage | undefined;
    onEnd: (why: string, byItself: boolean) => void;
  }) {
    this.#settings = options.settings;
    this.#environment = options.environment;
    this.#asMessage = options.asMessage;
    this.#onEnd = options.onEnd;
  }

  /** By these two the SDK knows a transport of a process, which it asks in another way than one over HTTP. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get stderr(): null {
    return null;
  }

  /** @throws FailureError `tool.failed` when the program can't be started */
  async start(): Promise<void> {
    const [file = "", ...args] = this.#settings.command;
    const { folder } = this.#settings;
    if (folder !== undefined && !existsSync(folder)) throw fail("tool.failed", `The folder ${folder}, where it starts, is not there.`);
    const child = spawn(file, args, {
      cwd: folder,
      env: reducedEnvironment(this.#environment, this.#settings.env),
      shell: false,
      // A group of its own, so that what it starts ends with it.
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child = child;
    let gone = () => {};
    this.#gone = new Promise((resolve) => (gone = resolve));
    child.stdin.on("error", () => {});
    child.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    child.stderr.on("data", (chunk: Buffer) => this.#takeError(chunk));
    child.once("exit", (code, signal) => {
      this.#killGroup();
      const late = setTimeout(() => child.stdout.destroy(), graceMs);
      child.once("close", () => {
        clearTimeout(late);
        gone();
        const last = cleanWords(this.#errors.split("\n").findLast((line) => line.trim() !== "") ?? "");
        this.end(`ended (${signal ?? `exit code ${code}`})${last === "" ? "" : `: ${last}`}`, true);
        this.onclose?.();
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => {
        gone();
        reject(fail("tool.failed", `${file} can't be started: ${error.message}.`, "Look at its command: botmojo mcp ls."));
      });
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#child || this.#ended) return reject(fail("tool.failed", "It has ended."));
      this.#child.stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Ends it at once, for a reason. */
  end(why: string, byItself = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#line = [];
    this.#onEnd(why, byItself);
    this.#killGroup();
  }

  /** Lets it end by itself, then makes it; resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.#ended = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return this.#gone;
    child.stdin.end();
    const term = setTimeout(() => this.#killGroup("SIGTERM"), graceMs);
    const kill = setTimeout(() => this.#killGroup(), 2 * graceMs);
    await this.#gone;
    clearTimeout(term);
    clearTimeout(kill);
  }

  #killGroup(signal: NodeJS.Signals = "SIGKILL"): void {
    try {
      if (this.#child?.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // The whole group has ended already.
    }
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    for (let at = rest.indexOf(10); at >= 0 && !this.#ended; at = rest.indexOf(10)) {
      this.#grow(rest.subarray(0, at));
      rest = rest.subarray(at + 1);
      const line = Buffer.concat(this.#line);
      this.#line = [];
      this.#lineBytes = 0;
      if (!this.#ended) this.#read(line);
    }
    if (rest.length > 0) this.#grow(rest);
  }

  #grow(piece: Buffer): void {
    if (this.#ended) return;
    this.#lineBytes += piece.length;
    if (this.#lineBytes > longestLine) return this.end(`sent a line longer than ${longestLine / 1024 ** 2} MiB`);
    this.#line.push(piece);
  }

  #read(line: Buffer): void {
    let text: string;
    try {
      text = utf8.decode(line);
    } catch {
      return this.end("sent a line that is not UTF-8");
    }
    const message = this.#asMessage(valueOf(text));
    if (message) {
      try {
        this.onmessage?.(message);
      } catch (error) {
        this.onerror?.(error as Error);
      }
    } else if (text.trim() !== "") {
      this.#noise += 1;
      if (this.#noise > mostNoise) this.end(`wrote ${mostNoise} lines to its standard output that are no messages`);
    }
  }

  #takeError(chunk: Buffer): void {
    this.#errorBytes += chunk.length;
    this.#errors = (this.#errors + chunk.toString("utf8")).slice(-4096);
    if (this.#errorBytes > mostOfErrors) this.end(`wrote more than ${mostOfErrors / 1024 ** 2} MiB to its standard error`);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reducedEnvironment(from: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = {};
  for (const name of [...always, ...names]) if (from[name] !== undefined) kept[name] = from[name];
  // A program of the folder it starts in must not stand in for one of the system.
  if (kept["PATH"]) kept["PATH"] = kept["PATH"].split(delimiter).filter(isAbsolute).join(delimiter);
  return kept;
}
