// The utility process that core runs in: opens the data directory, or passes windows on to the host that has it.
import type { MessageEvent } from "electron";
import { bridge, openOrJoin, socketPath, type Core, type MessagePortLike } from "../core/index.ts";
import { failureOf, type ReminderView } from "../core/contract/index.ts";
import type { FromHost } from "./core-host.ts";
import packageJson from "../package.json" with { type: "json" };

const dataDir = process.env["BOTMOJO_DATA_DIR"] ?? "";
const tell = (message: FromHost) => process.parentPort.postMessage(message);

type ToHost = { readonly type: "port" } | { readonly type: "close" };

/** Waits for ports that come while core is opening. */
const early: MessagePortLike[] = [];
let serve = (port: MessagePortLike): void => void early.push(port);
let core: Core | undefined;

process.parentPort.on("message", ({ data, ports }: MessageEvent) => {
  const message = data as ToHost;
  const [port] = ports;
  if (message.type === "port" && port) serve(port);
  if (message.type === "close") void (core?.close() ?? Promise.resolve()).finally(() => process.exit(0));
});

try {
  const writeLine = process.env["BOTMOJO_LOG"] ? (line: object) => void process.stderr.write(`${JSON.stringify(line)}\n`) : undefined;
  const remind = ({ text, late }: ReminderView) => tell({ type: "reminder", text, late });
  const opened = await openOrJoin({ dataDir, version: packageJson.version, env: process.env, writeLine, remind });
  if (opened.is === "host") {
    core = opened.core;
    await core.listenLocally();
    await core.resume();
    serve = core.serve;
  } else {
    // Another process is the host; when it ends, this one does too, is started anew, and opens the directory itself.
    const path = socketPath(dataDir, process.platform);
    const end = () => process.exit(0);
    void opened.attached.lost.then(end);
    serve = (port) => void bridge(path, port, end).catch(end);
  }
  for (const port of early) serve(port);
  tell({ type: "ready" });
} catch (error) {
  tell({ type: "failed", failure: failureOf(error) });
}
