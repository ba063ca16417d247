// The way in for programs that were not written for BotMojo: their models' addresses and their proxy lead here, on
// loopback, and from here on to where they would have gone. Each request to a model is offered to the run that follows the
// program.
import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { fail } from "../contract/failure.ts";
import { isLoopback } from "../models/loopback.ts";
import { readObject } from "../models/wire/sse.ts";
import { asksModel, wireOf } from "../models/wire/find.ts";
import type { Mask } from "../security/mask.ts";
import type { ProgramSession } from "../runs/programs/session.ts";
import { openExchange } from "./gateway-exchange.ts";
import { openRelayed } from "./gateway-mcp.ts";
import { otlpSignals, receiveOtlp, type OtlpSignal } from "./gateway-otlp.ts";
import { passRequest, passTunnel, refuseTunnel, secretIn } from "./gateway-proxy.ts";
import { listening } from "./local-socket.ts";
import { readBody } from "./read-body.ts";

/** What a program is to be told of where its models are. */
export interface GatewayRoom {
  /** By the endpoint's name: what to use in the place of its address. */
  readonly addresses: Readonly<Record<string, string>>;
  /** For the variables that name a proxy. */
  readonly proxy: string;
  /** For the relays that stand in the place of its MCP servers, without the server's name. */
  readonly mcp: string;
  /** For OTLP's exporters, without the signal's path. */
  readonly otlp: string;
  close(): void;
}

export interface RoomOptions {
  readonly session: ProgramSession;
  /** Where the requests of each endpoint go on to. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Where the program would have sent its telemetry, by signal. */
  readonly telemetry: { readonly [signal in OtlpSignal]?: string | undefined };
  /** Nothing but a model is asked, if that: the program is answered from a record. */
  readonly closed: boolean;
  /** Why nothing may be sent to a host. */
  readonly denies: (host: string) => string | undefined;
}

export interface Gateway {
  /** Lets one program in, by a secret in its addresses. */
  open(options: RoomOptions): Promise<GatewayRoom>;
  close(): Promise<void>;
}

interface Room extends RoomOptions {
  readonly secret: string;
  /** Requests and connections that are being passed on. */
  readonly sockets: Set<{ destroy(): unknown }>;
}

interface House {
  readonly rooms: ReadonlyMap<string, Room>;
  readonly mask: Mask;
  readonly server: Server;
  /** Connections that a client speaks plain HTTP on to another host, as if it were there. */
  readonly plain: WeakMap<Duplex, { readonly room: Room; readonly origin: string }>;
}

/** No endpoint's name has such a sign. */
const otlpPath = "~otlp";
const mcpPath = "~mcp";
const longestBodyBytes = 64 * 2 ** 20;

/** `mask` hides what is secret in all that is kept; what is sent on is as it came. */
export function createGateway(mask: Mask): Gateway {
  const rooms = new Map<string, Room>();
  let opening: Promise<Server> | undefined;

  async function listen(): Promise<Server> {
    const server = createServer();
    const house: House = { rooms, mask, server, plain: new WeakMap() };
    server.on("request", (request, response) => {
      receive(house, request, response).catch(() => response.destroy());
    });
    server.on("connect", (request, socket, head) => receiveTunnel(house, request, socket, head));
    await listening(server, { host: "127.0.0.1", port: 0 });
    return server;
  }
  const leave = (secret: string) => {
    for (const socket of rooms.get(secret)?.sockets ?? []) socket.destroy();
    rooms.delete(secret);
  };

  return {
    async open(options) {
      const server = await (opening ??= listen());
      const secret = randomBytes(24).toString("base64url");
      rooms.set(secret, { ...options, secret, sockets: new Set() });
      const port = portOf(server);
      const address = (name: string) => `http://127.0.0.1:${port}/${secret}/${name}`;
      return {
        addresses: Object.fromEntries(Object.keys(options.endpoints).map((name) => [name, address(name)])),
        mcp: address(mcpPath),
        otlp: address(otlpPath),
        proxy: `http://botmojo:${secret}@127.0.0.1:${port}`,
        close: () => leave(secret),
      };
    },
    async close() {
      for (const secret of rooms.keys()) leave(secret);
      const server = await opening;
      if (!server) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function receive(house: House, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? "";
  const within = house.plain.get(request.socket);
  if (within) {
    const room = house.rooms.get(within.room.secret);
    return receiveForOther(house, room, URL.canParse(url, within.origin) ? new URL(url, within.origin) : undefined, request, response);
  }
  if (!url.startsWith("/")) {
    const target = URL.canParse(url) ? new URL(url) : undefined;
    // Some clients take a proxy for what is on this machine, too.
    const own = target?.protocol === "http:" && isLoopback(url) && Number(target.port) === portOf(house.server);
    if (!own) return receiveForOther(house, house.rooms.get(secretIn(request.headers)), target, request, response);
  }
  const [, secret = "", endpoint = "", ...rest] = url.replace(/^http:\/\/[^/]*/, "").split("/");
  const room = house.rooms.get(secret);
  const signal = endpoint === otlpPath ? otlpSignals.find((known) => rest.join("/") === `v1/${known}`) : undefined;
  const upstream = room?.endpoints[endpoint];
  // A page in a browser has an origin, and may have had this host's name led here.
  const fromPage = request.headers.origin !== undefined || request.headers["sec-fetch-site"] !== undefined;
  if (fromPage || !/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? "")) return refuse(response, 403, "Not from here.");
  if (room && endpoint === mcpPath) return receiveRelayed(house, room, decodeURIComponent(rest.join("/")), request, response);
  if (room && signal) return receiveOtlp(listeningIn(room, signal), signal, request, response);
  if (!room || upstream === undefined) return refuse(response, 404, "There is nothing at this address; the program's run may have ended.");
  return offer(house, room, { endpoint, path: `/${rest.join("/")}`, upstream: upstream.replace(/\/+$/, "") }, request, response);
}

async function receiveRelayed(
  { mask }: House,
  room: Room,
  server: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = await openRelayed(server, { mask, request, response });
  if (exchange) room.session.offer(exchange);
  else refuse(response, 400, "That is no request to an MCP server.");
}

function listeningIn(room: Room, signal: OtlpSignal) {
  const { session, closed, telemetry } = room;
  return { notes: session.notes, onward: closed ? undefined : telemetry[signal], reach: (target: URL) => reach(room, target) };
}

/** A request for another host, with this one as its proxy. */
async function receiveForOther(
  house: House,
  room: Room | undefined,
  target: URL | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!room) {
    response.setHeader("Proxy-Authenticate", 'Basic realm="botmojo"');
    return refuse(response, 407, "This proxy is a program's own; its run may have ended.");
  }
  if (target?.protocol !== "http:") return refuse(response, 400, "That is no address of http.");
  const path = target.pathname + target.search;
  if (asksModel(request.method ?? "", path)) {
    return offer(house, room, { endpoint: target.origin, path, upstream: target.origin }, request, response);
  }
  passRequest(passages(room), target, request, response);
}

function receiveTunnel({ rooms, server, plain }: House, request: IncomingMessage, client: Duplex, head: Buffer): void {
  const room = rooms.get(secretIn(request.headers));
  const target = URL.canParse(`https://${request.url}`) ? new URL(`https://${request.url}`) : undefined;
  client.on("error", () => {});
  if (!room) {
    const message = "This proxy is a program's own; its run may have ended.";
    return refuseTunnel(client, "407 Proxy Authentication Required", { code: "denied", message });
  }
  if (!target || !/^[^/?#@]+:\d+$/.test(request.url ?? "")) {
    return refuseTunnel(client, "400 Bad Request", { code: "input.invalid", message: "That is no host and port." });
  }
  passTunnel(passages(room), target, client, head, () => {
    plain.set(client, { room, origin: `http://${request.url}` });
    server.emit("connection", client);
    client.resume();
  });
}

function passages(room: Room) {
  const { session, sockets, closed } = room;
  return { notes: session.notes, sockets, closed, reach: (target: URL) => reach(room, target) };
}

/** @throws FailureError `denied` where a rule keeps it from this host */
function reach({ session, denies }: Room, target: URL): void {
  const reason = denies(target.host);
  if (reason !== undefined) throw fail("denied", reason, "botmojo policy show lists the rules.");
  if (!isLoopback(target.href)) session.asked.add(target.host);
}

/** Reads a request to a model, and offers it to the run. */
async function offer(
  { mask }: House,
  room: Room,
  to: { readonly endpoint: string; readonly path: string; readonly upstream: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers["content-encoding"] !== undefined) return refuse(response, 415, "A body that is compressed can't be recorded.");
  const body = await readBody(request, longestBodyBytes);
  if (!body) return refuse(response, 413, "The request is larger than 64 MiB.");
  const { endpoint, path, upstream } = to;
  const method = request.method ?? "GET";
  room.session.offer(
    openExchange({
      request: mask({ endpoint, method, path, body: keptBody(body, request.headers["content-type"]) }),
      path,
      body,
      mask,
      wire: wireOf(method, path),
      upstream,
      headers: request.headers,
      response,
      reach: (url) => reach(room, url),
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
