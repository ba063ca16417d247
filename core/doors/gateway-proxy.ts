// What a program asks through the gateway as its proxy, other than of a model: passed on and noted. What is encrypted is led
// through unread.
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { fail, failureOf, type Failure } from "../contract/failure.ts";
import type { ProgramNotes } from "../runs/programs/notes.ts";

/** What a room lets through. */
export interface Passages {
  readonly notes: ProgramNotes;
  /** Nothing goes on to anywhere. */
  readonly closed: boolean;
  /** To be asked before anything goes to a host.
   * @throws FailureError `denied` */
  readonly reach: (target: URL) => void;
  /** Under way; destroyed when the room closes. */
  readonly sockets: Set<{ destroy(): unknown }>;
}

/** @throws FailureError `denied` */
function lead({ closed, reach }: Passages, target: URL): void {
  if (!closed) return reach(target);
  const message = `${target.host} is not asked: in a replay nothing answers but the record.`;
  throw fail("denied", message, "With --live or --from, what is not recorded goes on as it would.");
}

/** Of the connection between two hosts, not of what is sent. */
export const ofConnection: ReadonlySet<string> = new Set(
  "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade expect".split(" "),
);

/** Who asks a proxy, by the password of its address. */
export function secretIn({ "proxy-authorization": offered = "" }: IncomingHttpHeaders): string {
  const [, basic = ""] = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(offered) ?? [];
  return Buffer.from(basic, "base64")
    .toString("utf8")
    .replace(/^[^:]*:/, "");
}

/** Hands a plain request on to its host, and what comes back, as it comes. */
export function passRequest(room: Passages, target: URL, request: IncomingMessage, response: ServerResponse): void {
  const { notes, sockets } = room;
  const began = Date.now();
  let [sent, received] = [0, 0];
  let status: number | null = null;
  let failure: string | undefined;
  response.once("close", () => {
    if (!response.writableFinished) failure ??= "It was broken off.";
    const { method = "GET" } = request;
    const about = { at: began, ms: Date.now() - began, host: target.host, sent, received, ...(failure ? { failure } : {}) };
    notes.add([{ is: "request", ...about, method, path: target.pathname, status }]);
  });
  try {
    lead(room, target);
  } catch (error) {
    const refusal = failureOf(error);
    failure = refusal.message;
    response.writeHead(403, { "Content-Type": "application/json", "Cache-Control": "no-store", Connection: "close" });
    response.end(refusalText(refusal));
    return;
  }
  const named = (request.headers.connection ?? "").toLowerCase().split(/[\s,]+/);
  const headers = Object.entries(request.headers).filter(([name]) => !ofConnection.has(name) && !named.includes(name));
  const onward = httpRequest(target, { method: request.method, headers: Object.fromEntries(headers), agent: false });
  sockets.add(onward);
  onward.once("close", () => sockets.delete(onward));
  response.once("close", () => onward.destroy());
  onward.on("error", (error) => {
    failure ??= error.message;
    if (response.headersSent) return void response.destroy();
    response.writeHead(502, { "Content-Type": "application/json", "Cache-Control": "no-store", Connection: "close" });
    response.end(refusalText({ code: "model.unreachable", message: `${target.host} did not answer (${error.message}).` }));
  });
  onward.once("response", (came) => {
    status = came.statusCode ?? null;
    const pairs = Array.from({ length: came.rawHeaders.length / 2 }, (_, index) => came.rawHeaders.slice(2 * index, 2 * index + 2));
    response.writeHead(
      came.statusCode ?? 502,
      came.statusMessage,
      pairs.filter(([name = ""]) => !ofConnection.has(name.toLowerCase())).flat(),
    );
    came.on("data", (chunk: Buffer) => (received += chunk.length));
    came.once("error", () => response.destroy());
    came.pipe(response);
  });
  request.on("data", (chunk: Buffer) => (sent += chunk.length));
  request.pipe(onward);
}

/** Leads a connection through (CONNECT). Some clients speak plain HTTP in it: what then comes on the connection is `plain`'s
 * to read. */
export function passTunnel(room: Passages, target: URL, client: Duplex, head: Buffer, plain: () => void): void {
  const { notes, sockets } = room;
  const began = Date.now();
  let failure: string | undefined;
  const noted = (sent: number, received: number) => {
    const about = { at: began, ms: Date.now() - began, host: target.host, sent, received, ...(failure ? { failure } : {}) };
    notes.add([{ is: "tunnel", ...about }]);
  };
  try {
    lead(room, target);
  } catch (error) {
    const refusal = failureOf(error);
    failure = refusal.message;
    if (target.port === "" || !room.closed) {
      noted(0, 0);
      return refuseTunnel(client, "403 Forbidden", refusal);
    }
    // A model may be asked in it, of which the record knows.
    accept(client);
    sockets.add(client);
    client.once("close", () => sockets.delete(client));
    return atFirst(client, head, (isPlain) => {
      if (isPlain) return plain();
      noted(0, 0);
      client.destroy();
    });
  }
  const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
  const onward = connect({ host, port: Number(target.port || 443), allowHalfOpen: true });
  let [open, handedOver] = [false, false];
  sockets.add(onward);
  onward.once("connect", () => {
    open = true;
    accept(client);
    onward.pipe(client);
    atFirst(client, head, (isPlain) => {
      if (!isPlain) return void client.pipe(onward);
      handedOver = true;
      onward.unpipe(client);
      onward.destroy();
      plain();
    });
  });
  onward.once("error", (error) => {
    failure = error.message;
    if (open) return void client.destroy();
    refuseTunnel(client, "502 Bad Gateway", { code: "model.unreachable", message: `${target.host} can't be reached (${error.message}).` });
  });
  onward.once("close", () => {
    sockets.delete(onward);
    if (handedOver) return;
    client.end();
    noted(onward.bytesWritten, onward.bytesRead);
  });
  client.once("close", () => onward.destroy());
}

function accept(client: Duplex): void {
  client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
}

/** Looks at the first that the client says, and puts it back. */
function atFirst(client: Duplex, head: Buffer, then: (isPlain: boolean) => void): void {
  const look = (first: Buffer) => {
    client.pause();
    client.unshift(first);
    then(/^[A-Z]{3,10} \//.test(first.subarray(0, 16).toString("latin1")));
  };
  if (head.length > 0) look(head);
  else client.once("data", look);
}

/** Answers a request for a tunnel with why there is none. */
export function refuseTunnel(client: Duplex, status: string, refusal: Failure): void {
  const text = refusalText(refusal);
  const headers = ["Content-Type: application/json", `Content-Length: ${Buffer.byteLength(text)}`, "Connection: close"];
  if (status.startsWith("407")) headers.push('Proxy-Authenticate: Basic realm="botmojo"');
  client.end(`HTTP/1.1 ${status}\r\n${headers.join("\r\n")}\r\n\r\n${text}`);
}

function refusalText({ code, message, remedy }: Failure): string {
  return JSON.stringify({ error: { type: "botmojo", code, message: `BotMojo: ${message}`, ...(remedy ? { remedy } : {}) } });
}
