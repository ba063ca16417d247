// The host that a command talks to: opened here for the command's length, or joined where another process has it.
import { openCore, openOrJoin, type Core, type CoreClient, type CoreOptions } from "../core/index.ts";
import { visibleText } from "../core/contract/index.ts";

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
    const opened = await openOrJoin(coreOptions(options));
    if (opened.is === "guest") {
      if (options.model || options.config) {
        process.stderr.write("A host is running already; its own settings hold, so --model and --config are not used.\n");
      }
      open = opened.attached;
      return opened.attached.client;
    }
    const { core } = opened;
    open = core;
    await core.listenLocally();
    if (resume) await core.resume();
    return core.client;
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

/** Undefined when another process is the host. */
export function openHost(options: GlobalOptions): Core | undefined {
  return openCore(coreOptions(options));
}

function coreOptions({ dataDir, version, config, model, verbose }: GlobalOptions): CoreOptions {
  return {
    dataDir,
    version,
    env: process.env,
    configFile: config,
    flags: model ? modelFlags(model) : {},
    workspace: process.cwd(),
    remind: (reminder) => void process.stderr.write(reminderLine(reminder, new Date())),
    writeLine: verbose ? (line) => void process.stderr.write(`${JSON.stringify(line)}\n`) : undefined,
  };
}

/** `Reminder: Call Anna (due 14:05, late)`; the day too where it was another. */
function reminderLine({ text, at, late }: Parameters<NonNullable<CoreOptions["remind"]>>[0], now: Date): string {
  const [day, time = ""] = new Date(at).toLocaleString("sv").slice(0, 16).split(" ");
  const due = day === now.toLocaleDateString("sv") ? time : `${day} ${time}`;
  return `Reminder: ${visibleText(text.replaceAll(/\s+/g, " "))} (due ${due}${late ? ", late" : ""})\n`;
}

/** `openai/gpt-4.1-mini` → the settings that name it. */
function modelFlags(id: string): Record<string, string> {
  const [provider = "", ...name] = id.split("/");
  return { "model.provider": provider, ...(name.length > 0 ? { "model.name": name.join("/") } : {}) };
}
