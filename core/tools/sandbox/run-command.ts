// One command behind walls: bounded in time, output and processes, and nothing of it left when it is over.
import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { fail } from "../../contract/failure.ts";
import { confined, type Walls } from "./confine.ts";

export interface CommandResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Without control sequences; the first and the last of it where it was longer than 1 MiB. */
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly timedOut: boolean;
  readonly ms: number;
}

const keptHead = 768 * 1024;
const keptTail = 256 * 1024;
/** A command that says more is flooding, and is ended. */
const mostBytes = 256 * 1024 ** 2;

/** @throws FailureError `denied` when there is no sandbox, `tool.failed` when it can't be started; the signal's reason */
export async function runCommand(
  walls: Walls,
  argv: readonly string[],
  { signal, timeoutMs, onOutput }: { signal: AbortSignal; timeoutMs: number; onOutput?: ((text: string) => void) | undefined },
): Promise<CommandResult> {
  const made = confined(walls, argv);
  if (!made) throw noSandbox();
  signal.throwIfAborted();
  const from = performance.now();
  const child = spawn(made.file, made.args, { cwd: "/", env: {}, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const out = new Kept();
  const err = new Kept();
  let timedOut = false;
  const kill = () => {
    try {
      // The group has bubblewrap itself and its first child; with that one its whole world of processes ends.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  signal.addEventListener("abort", kill, { once: true });
  const listen = (kept: Kept) => (chunk: Buffer) => {
    kept.take(chunk);
    if (out.total + err.total > mostBytes) kill();
    onOutput?.(chunk.toString("utf8"));
  };
  child.stdout.on("data", listen(out));
  child.stderr.on("data", listen(err));
  try {
    const [exitCode, ended] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once("error", (error) => reject(fail("tool.failed", `The sandbox can't be started: ${error.message}.`)));
      child.once("close", (code, how) => resolve([code, how]));
    });
    signal.throwIfAborted();
    const ms = Math.round(performance.now() - from);
    return { exitCode, signal: ended, stdout: out.text(), stderr: err.text(), truncated: out.cut || err.cut, timedOut, ms };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
    kill();
  }
}

export function noSandbox() {
  const remedy =
    process.platform === "linux"
      ? "Install it: sudo apt install bubblewrap util-linux"
      : "Commands run on Linux only so far; no other system's sandbox is supported yet.";
  return fail("denied", "There is no sandbox on this machine, so commands are off.", remedy);
}

export function noWayOut() {
  return fail(
    "denied",
    "The profile workspace-net is off: its way out is missing, or did not hold on this machine.",
    "Install it: sudo apt install socat; botmojo tools sandbox says more.",
  );
}

/** The beginning and the end of a stream of bytes. */
class Kept {
  total = 0;
  readonly #head = new Bytes();
  readonly #tail = new Bytes();

  get cut(): boolean {
    return this.total > keptHead + keptTail;
  }

  take(chunk: Buffer): void {
    this.total += chunk.length;
    const room = keptHead - this.#head.length;
    if (room > 0) this.#head.add(chunk.subarray(0, room));
    if (chunk.length > room) this.#tail.add(chunk.subarray(Math.max(0, room)), keptTail);
  }

  text(): string {
    const tail = this.#tail.last(keptTail);
    const dropped = this.total - this.#head.length - tail.length;
    const middle = dropped > 0 ? `\n[… ${dropped.toLocaleString("en")} bytes left out …]\n` : "";
    return stripVTControlCharacters(Buffer.concat([this.#head.last(keptHead), Buffer.from(middle), tail]).toString("utf8"));
  }
}

/** Chunks as they came; joined once, when they are asked for. */
class Bytes {
  length = 0;
  readonly #chunks: Buffer[] = [];

  /** Drops whole chunks from the front that the last `needed` bytes do without. */
  add(chunk: Buffer, needed = Infinity): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
    for (let first = this.#chunks[0]; first && this.length - first.length >= needed; first = this.#chunks[0]) {
      this.length -= first.length;
      this.#chunks.shift();
    }
  }

  last(most: number): Buffer {
    return Buffer.concat(this.#chunks).subarray(-most);
  }
}
