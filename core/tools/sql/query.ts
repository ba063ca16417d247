// A query in its own thread, ended with it: one that never comes to an end holds nothing up.
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { fail } from "../../contract/failure.ts";
import type { CsvFile } from "./csv-table.ts";

export interface Asked {
  readonly sql: string;
  /** A SQLite file, whole. */
  readonly database: Uint8Array | undefined;
  readonly csv: readonly CsvFile[];
}

export type Cell = string | number | null;

export type Answered =
  | {
      readonly ok: true;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly Cell[])[];
      readonly truncated: boolean;
    }
  | { readonly ok: false; readonly message: string };

const heapMb = 1024;

// WebAssembly that is being made faster in the background keeps its thread from ending: in Electron 33 for ever, and with it
// every thread after it.
for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);

/** @throws FailureError `input.invalid` in SQLite's words, `timeout`, `tool.failed`; or the signal's reason */
export async function runQuery(
  asked: Asked,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<Extract<Answered, { ok: true }>> {
  signal.throwIfAborted();
  const worker = new Worker(workerFile(), {
    workerData: asked,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  let timer: NodeJS.Timeout | undefined;
  let stop = () => {};
  try {
    const answered = await new Promise<Answered>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", (error: NodeJS.ErrnoException) => {
        const full = error.code === "ERR_WORKER_OUT_OF_MEMORY";
        reject(fail("tool.failed", full ? "The query needs more memory than it may have." : `The query broke off: ${error.message}.`));
      });
      worker.once("exit", () => reject(fail("tool.failed", "The query broke off.")));
      timer = setTimeout(() => reject(fail("timeout", `The query took longer than ${timeoutMs / 1000} s.`)), timeoutMs);
      stop = () => reject(signal.reason as Error);
      signal.addEventListener("abort", stop, { once: true });
    });
    if (!answered.ok) throw fail("input.invalid", `${answered.message.replace(/\.$/, "")}.`);
    return answered;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    void worker.terminate();
  }
}

/** The thread's program: its source where Node reads TypeScript, else what the build made of it. */
function workerFile(): URL {
  const isSource = import.meta.url.endsWith(".ts");
  if (isSource && process.features.typescript) return new URL("query.worker.ts", import.meta.url);
  return new URL(isSource ? "../../../dist/sql/query.worker.cjs" : "../sql/query.worker.cjs", import.meta.url);
}
