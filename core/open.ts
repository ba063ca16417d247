// Opening a data directory or joining the process that has it, whichever way the race goes.
import { openCore, type Core, type CoreOptions } from "./core.ts";
import { attach, type Attached } from "./doors/attach.ts";
import { socketPath } from "./doors/socket-path.ts";
import { failureOf } from "./contract/failure.ts";

export type Opened = { readonly is: "host"; readonly core: Core } | { readonly is: "guest"; readonly attached: Attached };

const patienceMs = 5000;

/** Another host may start or end at any moment, so both ways are tried in turn for up to five seconds.
 * @throws FailureError of `openCore`, or `host.unreachable` when a host holds the directory and does not answer */
export async function openOrJoin(options: CoreOptions): Promise<Opened> {
  const path = socketPath(options.dataDir, process.platform);
  for (const until = Date.now() + patienceMs; ;) {
    const core = openCore(options);
    if (core) return { is: "host", core };
    try {
      return { is: "guest", attached: await attach(path) };
    } catch (error) {
      if (failureOf(error).code !== "host.unreachable" || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
