// The way in for other processes of the same person: WebSocket frames over a local socket that only they can open.
import { createServer, type Server } from "node:http";
import { chmodSync, rmSync } from "node:fs";
import { RPCHandler } from "@orpc/server/ws";
import { WebSocketServer } from "ws";
import type { createRouter } from "./router.ts";

export const maxFrameBytes = 16 * 1024 * 1024;

/** The lock on the data directory is held, so a socket file that is there is a dead host's. */
export async function listenLocally(router: ReturnType<typeof createRouter>, path: string): Promise<{ close: () => Promise<void> }> {
  const handler = new RPCHandler(router);
  const server = createServer((_, response) => response.writeHead(426).end());
  const sockets = new WebSocketServer({ server, path: "/rpc", maxPayload: maxFrameBytes });
  sockets.on("connection", (socket) => {
    socket.on("error", () => socket.terminate());
    void handler.upgrade(socket);
  });
  sockets.on("error", () => {});
  const onDisk = !path.startsWith("\\\\");
  if (onDisk) rmSync(path, { force: true });
  await listening(server, { path });
  if (onDisk) chmodSync(path, 0o600);
  return {
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
