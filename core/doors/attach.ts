// Joining a host that another process runs: the same contract, over its local socket.
import { createORPCClient } from "@orpc/client";
import { onMessagePortClose, onMessagePortMessage, postMessagePortMessage } from "@orpc/client/message-port";
import { RPCLink } from "@orpc/client/websocket";
import { WebSocket } from "ws";
import { fail } from "../contract/failure.ts";
import type { MessagePortLike } from "./ports.ts";
import type { CoreClient } from "./rooms.ts";
import { maxFrameBytes } from "./local-socket.ts";

export interface Attached {
  readonly client: CoreClient;
  /** Resolves when the host is gone. */
  readonly lost: Promise<void>;
  close(): void;
}

/** @throws FailureError `host.unreachable` */
export async function attach(path: string): Promise<Attached> {
  const socket = await dial(path);
  const client: CoreClient = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
  const lost = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return { client, lost, close: () => socket.close() };
}

/** Passes a window's port on to the other process's host, frame by frame. Calls `onLost` when that host is gone. */
export async function bridge(path: string, port: MessagePortLike, onLost: () => void): Promise<void> {
  const socket = await dial(path);
  socket.on("message", (data, binary) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer);
    postMessagePortMessage(port, binary ? bytes : bytes.toString("utf8"));
  });
  socket.once("close", onLost);
  onMessagePortMessage(port, (data: string | Uint8Array) => socket.send(data));
  onMessagePortClose(port, () => socket.close());
  port.start?.();
}

async function dial(path: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws+unix:${path}:/rpc`, { maxPayload: maxFrameBytes, perMessageDeflate: false });
  const opened = await new Promise<boolean>((resolve) => {
    socket.once("open", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  if (!opened) {
    throw fail(
      "host.unreachable",
      "Another BotMojo holds this data directory, but it does not answer.",
      "Close it (or wait for it to stop), or choose another folder with --data-dir.",
    );
  }
  socket.on("error", () => socket.terminate());
  return socket;
}
