// In the desktop: a message port to the core host, handed over by the main process.
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/message-port";
import type { Failure } from "../../core/contract/index.ts";
import type { Connector, CoreClient } from "./client.ts";

type HostNews =
  | { readonly type: "host.down"; readonly reason: string }
  | { readonly type: "host.up" }
  | { readonly type: "host.failed"; readonly failure: Failure };

export interface Desktop {
  connect(): void;
  retry(): void;
  onHost(listener: (news: HostNews) => void): () => void;
  readonly platform: string;
}

declare global {
  interface Window {
    readonly botmojo?: Desktop;
  }
}

export function desktopConnector(desktop: Desktop): Connector {
  return (onLink) => {
    let current = new AbortController();
    const onMessage = (event: MessageEvent) => {
      const [port] = event.ports;
      if (event.origin !== location.origin || !isPortMessage(event.data) || !port) return;
      current.abort();
      current = new AbortController();
      port.start();
      const client: CoreClient = createORPCClient(new RPCLink({ port }));
      onLink({ is: "open", client, closed: current.signal });
    };
    window.addEventListener("message", onMessage);
    const stop = desktop.onHost((news) => {
      current.abort();
      if (news.type === "host.down") onLink({ is: "down", reason: news.reason, restarts: true });
      if (news.type === "host.failed") onLink({ is: "failed", failure: news.failure, retry: () => desktop.retry() });
      if (news.type === "host.up") desktop.connect();
    });
    desktop.connect();
    return () => {
      current.abort();
      stop();
      window.removeEventListener("message", onMessage);
    };
  };
}

function isPortMessage(data: unknown): boolean {
  return typeof data === "object" && data !== null && "type" in data && data.type === "botmojo:port";
}
