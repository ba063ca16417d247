// In a browser: a WebSocket to the host that served the page. The address's one-time token buys a session, which is
// kept for this tab only.
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { Connector, CoreClient } from "./client.ts";

const key = "botmojo.session";
const longestPauseMs = 5000;

export function browserConnector(): Connector {
  return (onLink) => {
    let stopped = false;
    let current = new AbortController();
    let socket: WebSocket | undefined;
    const refused = () =>
      onLink({
        is: "failed",
        failure: {
          code: "denied",
          message: "This page has not been let in.",
          remedy: "Open the address that botmojo serve printed; each works once, and the terminal shows the next.",
        },
        retry: undefined,
      });

    async function keepOpen(): Promise<void> {
      const session = await takeSession();
      if (session === undefined) return refused();
      for (let pause = 250; !stopped; pause = Math.min(pause * 2, longestPauseMs)) {
        const ended = await open(session, () => (pause = 250));
        if (ended === "refused") return refused();
        if (stopped) return;
        onLink({ is: "down", reason: "the host that served this page does not answer", restarts: false });
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }

    function open(session: string, onReady: () => void): Promise<"closed" | "refused"> {
      return new Promise((resolve) => {
        const opened = new WebSocket(`ws://${location.host}/rpc`);
        socket = opened;
        const link = new AbortController();
        current = link;
        opened.addEventListener("open", () => opened.send(JSON.stringify({ type: "auth", session })));
        opened.addEventListener(
          "message",
          () => {
            onReady();
            const client: CoreClient = createORPCClient(new RPCLink({ websocket: silentOnceClosed(opened) }));
            onLink({ is: "open", client, closed: link.signal });
          },
          { once: true },
        );
        opened.addEventListener("close", ({ code }) => {
          link.abort();
          resolve(code === 4401 ? "refused" : "closed");
        });
      });
    }

    void keepOpen();
    return () => {
      stopped = true;
      current.abort();
      socket?.close();
    };
  };
}

/** A socket that closed has nobody to tell: word that a call was given up is dropped instead of thrown. */
function silentOnceClosed(socket: WebSocket): Pick<WebSocket, "addEventListener" | "removeEventListener" | "send" | "readyState"> {
  return {
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
    readyState: WebSocket.OPEN,
    send: (data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
  };
}

async function takeSession(): Promise<string | undefined> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return sessionStorage.getItem(key) ?? undefined;
  history.replaceState(null, "", location.pathname);
  const response = await fetch("/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  }).catch(() => undefined);
  if (!response?.ok) return sessionStorage.getItem(key) ?? undefined;
  const { session } = (await response.json()) as { session: string };
  sessionStorage.setItem(key, session);
  return session;
}
