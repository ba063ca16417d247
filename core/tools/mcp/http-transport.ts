// An MCP server behind an address (streamable HTTP): only that address is asked, and what it says is bounded.
import type { Transport } from "@modelcontextprotocol/client";
import { fail } from "../../contract/failure.ts";
import type { Access } from "./login/access.ts";
import type { Demand } from "./login/logins.ts";
import { longestLine } from "./process-transport.ts";

const lineEnd = 10;

/** `onTooLong` is told when a message is longer than may be. */
export function httpTransport(
  { StreamableHTTPClientTransport, extractWWWAuthenticateParams }: typeof import("@modelcontextprotocol/client"),
  { url, access, signal }: { url: string; access: Access; signal: AbortSignal },
  onTooLong: (why: string) => void,
): Transport {
  const { origin } = new URL(url);
  return new StreamableHTTPClientTransport(new URL(url), {
    authProvider: {
      token: async () => access.token(),
      onUnauthorized: ({ response }) => access.renew(demandOf(extractWWWAuthenticateParams(response)), signal),
    },
    onInsufficientScope: "throw",
    fetch: async (to, init) => {
      if (new URL(to).origin !== origin) throw fail("denied", `${origin} leads elsewhere.`);
      return bounded(await fetch(to, { ...init, redirect: "error" }), onTooLong);
    },
    reconnectionOptions: { initialReconnectionDelay: 1000, maxReconnectionDelay: 30_000, reconnectionDelayGrowFactor: 2, maxRetries: 2 },
  });
}

/** `resourceMetadataUrl`: where the server tells who to ask for a login. */
export function demandOf({ scope, resourceMetadataUrl }: { scope?: string; resourceMetadataUrl?: URL }): Demand {
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(resourceMetadataUrl === undefined ? {} : { metadataUrl: resourceMetadataUrl.href }),
  };
}

/** The same answer, ended with an error where one message of it is longer than may be. */
function bounded(response: Response, onTooLong: (why: string) => void): Response {
  if (response.body === null) return response;
  const streams = response.headers.get("content-type")?.includes("text/event-stream") ?? false;
  let bytes = 0;
  let blank = true;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (const byte of chunk) {
        // An empty line ends an event of a stream.
        if (byte === lineEnd && blank && streams) bytes = 0;
        else bytes += 1;
        if (byte === lineEnd) blank = true;
        else if (byte !== 13) blank = false;
        if (bytes <= longestLine) continue;
        const why = `sent a message longer than ${longestLine / 1024 ** 2} MiB`;
        onTooLong(why);
        return controller.error(fail("tool.failed", `It ${why}.`));
      }
      controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
}
