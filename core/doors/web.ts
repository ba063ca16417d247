// The way in for a browser on this machine: the workbench's files, and the contract over a WebSocket. Loopback only,
// nothing with data in it is given to anyone who has not shown the one-time token of the printed address.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RPCHandler } from "@orpc/server/ws";
import { WebSocketServer, type WebSocket } from "ws";
import { fail } from "../contract/failure.ts";
import { listening, maxFrameBytes } from "./local-socket.ts";
import { readBody } from "./read-body.ts";
import type { createRouter } from "./router.ts";
import { readSite, siteHeaders, type Site } from "./site.ts";

export interface WebDoor {
  /** With a one-time token in its fragment; a new one after each use. */
  readonly address: () => string;
  close(): Promise<void>;
}

const authWaitMs = 5000;
const wrongTokensAMinute = 20;
const maxBodyBytes = 4096;

/** @throws FailureError `host.busy` when the port is in use */
export async function openWebDoor(options: {
  router: ReturnType<typeof createRouter>;
  /** The folder of the built workbench. */
  siteDir: string;
  /** 0 picks a free one. */
  port: number;
  /** The token was used; the address has a new one now. */
  onUsed: () => void;
}): Promise<WebDoor> {
  const site = readSite(options.siteDir);
  const handler = new RPCHandler(options.router);
  const sessions = new Set<string>();
  let token = secret();
  let wrong: number[] = [];

  function exchange(offered: string): string | undefined {
    const now = Date.now();
    wrong = wrong.filter((at) => now - at < 60_000);
    if (wrong.length >= wrongTokensAMinute) return undefined;
    if (!same(offered, token)) {
      wrong.push(now);
      return undefined;
    }
    token = secret();
    const session = secret();
    sessions.add(session);
    options.onUsed();
    return session;
  }

  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    const refusal = refusalOf(request, port());
    if (refusal) return send(response, refusal, {});
    if (request.url === "/session") return void answerSession(request, response, exchange);
    answerSite(site, request, response);
  });
  const port = () => (server.address() as AddressInfo).port;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    if (refusalOf(request, port()) || request.url !== "/rpc" || request.headers.origin === undefined) {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      authenticate(opened, (offered) => [...sessions].some((session) => same(offered, session))).then(
        (admitted) => {
          if (!admitted) return opened.close(4401, "unauthorised");
          void handler.upgrade(opened);
          opened.send(JSON.stringify({ type: "ready" }));
        },
        () => opened.terminate(),
      );
    });
  });
  try {
    await listening(server, { host: "127.0.0.1", port: options.port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      throw fail("host.busy", `Port ${options.port} is in use by another program.`, "Choose another with --port, or leave it out.");
    }
    if (code === "EACCES") {
      throw fail("host.busy", `Port ${options.port} may only be used by the system's administrator.`, "Choose one above 1023 with --port.");
    }
    throw error;
  }
  return {
    address: () => `http://127.0.0.1:${port()}/#token=${token}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The status to refuse a request with, decided before its body is read. */
function refusalOf(request: IncomingMessage, port: number): number | undefined {
  const { headers, rawHeaders, method } = request;
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  if (hosts.length !== 1 || !request.url?.startsWith("/")) return 400;
  const own = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (!own.includes(headers.host ?? "")) return 403;
  if (headers.origin !== undefined && !own.some((host) => headers.origin === `http://${host}`)) return 403;
  const fetchSite = headers["sec-fetch-site"];
  if (fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none") return 403;
  return method === "GET" || method === "HEAD" || method === "POST" ? undefined : 405;
}

function answerSite(site: Site, request: IncomingMessage, response: ServerResponse): void {
  if (request.method === "POST") return send(response, 405, {});
  const file = site.get(request.url === "/" ? "/index.html" : (request.url ?? ""));
  if (!file) return send(response, 404, {});
  response.writeHead(200, { ...siteHeaders, "Content-Type": file.type, "Cache-Control": "no-store" });
  response.end(request.method === "HEAD" ? undefined : file.bytes());
}

async function answerSession(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: (token: string) => string | undefined,
): Promise<void> {
  if (request.method !== "POST") return send(response, 405, {});
  if (request.headers["content-type"]?.split(";")[0] !== "application/json") return send(response, 415, {});
  try {
    const read = await readBody(request, maxBodyBytes);
    if (!read) return send(response, 413, {});
    const body: unknown = JSON.parse(read.toString("utf8"));
    const offered = typeof body === "object" && body !== null && "token" in body ? body.token : undefined;
    const session = typeof offered === "string" ? exchange(offered) : undefined;
    return session === undefined ? send(response, 401, {}) : send(response, 200, { session });
  } catch {
    return send(response, 400, {});
  }
}

/** Waits for the first message, which must carry a session. */
function authenticate(socket: WebSocket, isSession: (offered: string) => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), authWaitMs);
    socket.on("error", () => socket.terminate());
    socket.once("close", () => resolve(false));
    socket.once("message", (data, binary) => {
      clearTimeout(timer);
      try {
        const message: unknown = binary ? undefined : JSON.parse((data as Buffer).toString("utf8"));
        const offered = typeof message === "object" && message !== null && "session" in message ? message.session : undefined;
        resolve(typeof offered === "string" && isSession(offered));
      } catch {
        resolve(false);
      }
    });
  });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...siteHeaders, "Content-Type": "application/json", "Cache-Control": "no-store", Connection: "close" });
  response.end(JSON.stringify(body));
}

function secret(): string {
  return randomBytes(32).toString("base64url");
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
