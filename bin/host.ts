// The host that a command talks to: opened here for the command's length, or joined where another process has it.
import { attach, openCore, socketPath, type Core, type CoreClient } from "../core/index.ts";

export interface GlobalOptions {
  readonly dataDir: string;
  readonly version: string;
  readonly config?: string;
  readonly model?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly input?: boolean;
}

export interface HostHandle {
  connect(options: { resume: boolean }): Promise<CoreClient>;
  reconnect(): Promise<CoreClient>;
  close(): Promise<void>;
}

export function hostOf(globals: () => GlobalOptions): HostHandle {
  let open: { client: CoreClient; close: () => void | Promise<void> } | undefined;
  const connect = async ({ resume }: { resume: boolean }): Promise<CoreClient> => {
    if (open) return open.client;
    const options = globals();
    for (;;) {
      const core = openHost(options);
      if (core) {
        open = core;
        await core.listenLocally();
        if (resume) await core.resume();
        return core.client;
      }
      const attached = await attach(socketPath(options.dataDir, process.platform)).catch((error: unknown) => {
        // The other host may have ended while we dialled; then the directory is free and the next round opens it.
        if (openable(options)) return undefined;
        throw error;
      });
      if (!attached) continue;
      if (options.model || options.config) {
        process.stderr.write("A host is running already; its own settings hold, so --model and --config are not used.\n");
      }
      open = attached;
      return attached.client;
    }
  };
  return {
    connect,
    async reconnect() {
      await open?.close();
      open = undefined;
      return connect({ resume: true });
    },
    async close() {
      await open?.close();
    },
  };
}

export function openHost(options: GlobalOptions): Core | undefined {
  const { dataDir, version, config, model, verbose } = options;
  return openCore({
    dataDir,
    version,
    env: process.env,
    configFile: config,
    flags: model ? modelFlags(model) : {},
    workspace: process.cwd(),
    writeLine: verbose ? (line) => void process.stderr.write(`${JSON.stringify(line)}\n`) : undefined,
  });
}

function openable(options: GlobalOptions): boolean {
  const core = openHost(options);
  void core?.close();
  return core !== undefined;
}

/** `openai/gpt-4.1-mini` → the settings that name it. */
function modelFlags(id: string): Record<string, string> {
  const [provider = "", ...name] = id.split("/");
  return { "model.provider": provider, ...(name.length > 0 ? { "model.name": name.join("/") } : {}) };
}
