// The way in for programs that were not written for BotMojo: their models' addresses lead here, on loopback, and from here
// on to where they would have gone. Each request is offered to the run that follows the program.
import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readObject } from "../models/wire/sse.ts";
import { wireOf } from "../models/wire/find.ts";
import type { Mask } from "../security/mask.ts";
import type { ProgramSession } from "../runs/programs/session.ts";
import { openExchange } from "./gateway-exchange.ts";
import { listening } from "./local-socket.ts";
import { readBody } from "./read-body.ts";

/** What a program is to be told of where its models are. */
export interface GatewayRoom {
  /** By the endpoint's name: what to use in the place of its address. */
  readonly addresses: Readonly<Record<string, string>>;
  close(): void;
}

export interface Gateway {
  /** Lets one program in, by a secret in its addresses. `endpoints`: where each one's requests go on to. */
  open(session: ProgramSession, endpoints: Readonly<Record<string, string>>): Promise<GatewayRoom>;
  close(): Promise<void>;
}

interface Room {
  readonly session: ProgramSession;
  readonly endpoints: Readonly<Record<string, string>>;
}

const longestBodyBytes = 64 * 2 ** 20;

/** `mask` hides what is secret in all that is kept; what is sent on is as it came. */
export function createGateway(mask: Mask): Gateway {
  const rooms = new Map<string, Room>();
  let opening: Promise<Server> | undefined;

  async function listen(): Promise<Server> {
    const server = createServer((request, response) => {
      receive({ rooms, mask }, request, response).catch(() => response.destroy());
    });
    await listening(server, { host: "127.0.0.1", port: 0 });
    return server;
  }

  return {
    async open(session, endpoints) {
      const server = await (opening ??= listen());
      const secret = randomBytes(24).toString("base64url");
      rooms.set(secret, { session, endpoints });
      const { port } = server.address() as AddressInfo;
      const address = (name: string) => `http://127.0.0.1:${port}/${secret}/${name}`;
      return {
        addresses: Object.fromEntries(Object.keys(endpoints).map((name) => [name, address(name)])),
        close: () => void rooms.delete(secret),
      };
    },
    async close() {
      rooms.clear();
      const server = await opening;
      if (!server) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function receive(
  { rooms, mask }: { rooms: ReadonlyMap<string, Room>; mask: Mask },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, secret = "", endpoint = "", ...rest] = (request.url ?? "").split("/");
  const room = rooms.get(secret);
  const upstream = room?.endpoints[endpoint];
  // A page in a browser has an origin, and may have had this host's name led here.
  const fromPage = request.headers.origin !== undefined || request.headers["sec-fetch-site"] !== undefined;
  if (fromPage || !/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? "")) return refuse(response, 403, "Not from here.");
  if (!room || upstream === undefined) return refuse(response, 404, "There is nothing at this address; the program's run may have ended.");
  if (request.headers["content-encoding"] !== undefined) return refuse(response, 415, "A body that is compressed can't be recorded.");
  const body = await readBody(request, longestBodyBytes);
  if (!body) return refuse(response, 413, "The request is larger than 64 MiB.");
  const path = `/${rest.join("/")}`;
  const method = request.method ?? "GET";
  room.session.offer(
    openExchange({
      request: mask({ endpoint, method, path, body: keptBody(body, request.headers["content-type"]) }),
      path,
      body,
      mask,
      wire: wireOf(method, path),
      upstream: upstream.replace(/\/+$/, ""),
      headers: request.headers,
      response,
      leaves: (host) => void room.session.asked.add(host),
    }),
  );
}

/** As the log keeps it: parsed, as text, or in base64; null where there is none. What parts a form is another in each
 * request, so one word stands for it. */
function keptBody(whole: Buffer, type = ""): unknown {
  if (whole.length === 0) return null;
  const boundary = /^multipart\/.*boundary="?([^";]+)"?/i.exec(type)?.[1];
  const body = boundary === undefined ? whole : Buffer.from(whole.toString("latin1").replaceAll(boundary, "boundary"), "latin1");
  if (!isUtf8(body)) return { base64: body.toString("base64") };
  const text = body.toString("utf8");
  const json = readObject(text);
  if (!json) return text;
  // What grows from turn to turn comes last: all before it is then kept once.
  const { messages, input, ...rest } = json;
  return { ...rest, ...(messages === undefined ? {} : { messages }), ...(input === undefined ? {} : { input }) };
}

/** Before its body is read. */
function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", Connection: "close" });
  response.end(JSON.stringify({ error: { message: `BotMojo: ${message}`, type: "botmojo" } }));
}
