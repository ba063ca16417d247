// The only file that knows where core runs: a utility process, started by the main process, restarted when it dies,
// and joined to each window by a message channel in whose middle nobody sits.
import { utilityProcess, type MessagePortMain, type UtilityProcess } from "electron";
import type { Failure } from "../core/contract/index.ts";

export type HostNews =
  | { readonly type: "host.down"; readonly reason: string }
  | { readonly type: "host.up" }
  | { readonly type: "host.failed"; readonly failure: Failure };

/** What the host process tells. */
export type FromHost = { readonly type: "ready" } | { readonly type: "failed"; readonly failure: Failure } | DueReminder;

/** The time of a reminder has come; `late` when it came while no host was there. */
export interface DueReminder {
  readonly type: "reminder";
  readonly text: string;
  readonly late: boolean;
}

export interface CoreHost {
  /** Takes the host's end of a new channel, now or as soon as it is up: a window that has a port has a host. */
  connect(openChannel: () => MessagePortMain): void;
  /** Tries again after it failed. */
  restart(): void;
  readonly pid: () => number | undefined;
  /** Lets it finish what it is writing, five seconds at most. */
  close(): Promise<void>;
}

const pausesMs = [0, 500, 1000, 2000, 5000, 10_000];
const crashWindowMs = 60_000;
const closeMs = 5000;

export function startCoreHost(options: {
  entry: string;
  env: NodeJS.ProcessEnv;
  tell: (news: HostNews) => void;
  remind: (reminder: DueReminder) => void;
}): CoreHost {
  let child: UtilityProcess | undefined;
  let ready = false;
  let failed = false;
  let closing = false;
  let everReady = false;
  let waiting: (() => MessagePortMain)[] = [];
  let crashes: number[] = [];

  function start(): void {
    if (closing) return;
    failed = false;
    const started = utilityProcess.fork(options.entry, [], {
      serviceName: "BotMojo core",
      env: options.env,
      stdio: "inherit",
    });
    child = started;
    started.on("message", (message: FromHost) => {
      if (message.type === "reminder") return options.remind(message);
      if (message.type === "failed") {
        failed = true;
        options.tell({ type: "host.failed", failure: message.failure });
        return;
      }
      ready = true;
      for (const openChannel of waiting) started.postMessage({ type: "port" }, [openChannel()]);
      waiting = [];
      if (everReady) options.tell({ type: "host.up" });
      everReady = true;
    });
    started.once("exit", (code) => {
      if (child === started) child = undefined;
      ready = false;
      if (closing || failed) return;
      restartAfter(code);
    });
  }

  function restartAfter(code: number): void {
    if (code === 0) {
      options.tell({ type: "host.down", reason: "its data directory changed hands" });
      start();
      return;
    }
    const now = Date.now();
    crashes = [...crashes.filter((at) => now - at < crashWindowMs), now];
    const pause = pausesMs[crashes.length - 1];
    if (pause === undefined) {
      failed = true;
      const message = `The core host stopped ${crashes.length} times within a minute (exit code ${code}).`;
      options.tell({
        type: "host.failed",
        failure: { code: "host.unreachable", message, remedy: "Your runs are kept. Try again, or run botmojo doctor." },
      });
      return;
    }
    options.tell({ type: "host.down", reason: `exit code ${code}` });
    setTimeout(start, pause);
  }

  start();
  return {
    connect(openChannel) {
      if (ready && child) child.postMessage({ type: "port" }, [openChannel()]);
      else waiting.push(openChannel);
    },
    restart() {
      if (child && !failed) return;
      crashes = [];
      child?.kill();
      start();
    },
    pid: () => child?.pid,
    close() {
      closing = true;
      const last = child;
      if (!last) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(() => last.kill(), closeMs);
        last.once("exit", () => {
          clearTimeout(timer);
          resolve();
        });
        last.postMessage({ type: "close" });
      });
    },
  };
}
