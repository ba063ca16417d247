// The way in for a window: one end of a message channel.
import type { SupportedMessagePort } from "@orpc/client/message-port";
import { RPCHandler } from "@orpc/server/message-port";
import type { createRouter } from "./router.ts";

/** Electron's MessagePortMain, a browser's MessagePort, or Node's. */
export type MessagePortLike = SupportedMessagePort & { start?(): void };

export function servePorts(router: ReturnType<typeof createRouter>): (port: MessagePortLike) => void {
  const handler = new RPCHandler(router);
  return (port) => {
    handler.upgrade(port);
    port.start?.();
  };
}
