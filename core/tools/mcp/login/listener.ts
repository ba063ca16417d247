// Where a browser brings the answer of a login: an address on this machine, for as long as the login lasts.
import { hash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface AnswerListener {
  /** Where the browser is to be sent back to. */
  readonly address: string;
  /** The first answer that carries `state`; what comes without it is turned away. */
  answer(state: string, signal: AbortSignal): Promise<URLSearchParams>;
  close(): void;
}

const path = "/callback";
const longestUrl = 16 * 1024;

export async function listenForAnswer(): Promise<AnswerListener> {
  let take: ((params: URLSearchParams) => boolean) | undefined;
  let host = "";
  const server = createServer({ maxHeaderSize: longestUrl, requestTimeout: 10_000 }, (request, response) => {
    const params = paramsOf(request, host);
    if (!params) return say(response, 404, "There is nothing here.");
    if (!take?.(params)) return say(response, 400, "This is no answer to the login that is under way in BotMojo.");
    say(response, 200, "BotMojo has the answer. You can close this page and go back to it.");
  });
  server.maxConnections = 20;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const at = server.address();
  host = `127.0.0.1:${typeof at === "object" && at ? at.port : 0}`;

  return {
    address: `http://${host}${path}`,
    answer: (state, signal) =>
      new Promise((resolve, reject) => {
        const stop = () => reject(signal.reason as Error);
        if (signal.aborted) return stop();
        signal.addEventListener("abort", stop, { once: true });
        take = (params) => {
          if (!isSame(params.get("state") ?? "", state)) return false;
          signal.removeEventListener("abort", stop);
          take = undefined;
          resolve(params);
          return true;
        };
      }),
    close() {
      server.close();
      server.closeIdleConnections();
    },
  };
}

function paramsOf({ method, url = "", headers }: IncomingMessage, host: string): URLSearchParams | undefined {
  if (method !== "GET" || headers.host !== host || !URL.canParse(url, `http://${host}`)) return undefined;
  const { pathname, searchParams } = new URL(url, `http://${host}`);
  return pathname === path ? searchParams : undefined;
}

function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(hash("sha256", given, "buffer"), hash("sha256", wanted, "buffer"));
}

function say(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  response.end(`${words}\n`);
}
