// The one way out of a sandbox that has no network: an HTTP proxy on a Unix socket. It judges each host as the URL parser
// reads it, and the address that is connected to; what it does not know, it refuses.
import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failureOf } from "../../contract/failure.ts";
import { dialling, readWebAddress, type MayDial } from "../../security/dial.ts";

export interface Egress {
  /** Hosts that were refused, each with why; the first 50 of them. */
  readonly refused: ReadonlyMap<string, string>;
  /** Hosts that were let through and gave no answer, each with why. */
  readonly unreached: ReadonlyMap<string, string>;
  /** Resolves once somebody has come in by the socket: its name is not needed any more then. */
  readonly used: Promise<void>;
  close(): Promise<void>;
}

/** Marks an answer that is this proxy's own. */
export const refusalHeader = "botmojo-refusal";
const mostConnections = 256;
const mostNoted = 50;
const silentMs = 60_000;
/** Between one host and the next, and never passed on. */
const hopHeaders = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect)$/i;

/** `mayReach`: why this host (as a URL has it, with its port where that is not the usual one) may not be reached; undefined
 * when it may. */
export async function openEgress(options: {
  readonly socket: string;
  readonly mayReach: (host: string) => string | undefined;
  readonly mayDial: MayDial;
}): Promise<Egress> {
  const { socket: path, mayReach, mayDial } = options;
  const refused = new Map<string, string>();
  const unreached = new Map<string, string>();
  const open = new Set<Socket>();
  let nowUsed = () => {};
  const used = new Promise<void>((resolve) => (nowUsed = resolve));

  /** Where to connect for this address. @throws Refused */
  const judged = (address: string) => {
    const url = readWebAddress(address);
    if (typeof url === "string") throw new Refused(address.slice(0, 200), url);
    try {
      const why = mayReach(url.host);
      if (why !== undefined) throw new Refused(url.host, why);
      return { url, ...dialling(url, mayDial) };
    } catch (error) {
      throw error instanceof Refused ? error : new Refused(url.host, failureOf(error).message);
    }
  };
  /** A refusal with status and words; also for what shows only when the name is looked up. */
  const refusal = (host: string, error: unknown): { status: number; says: string } => {
    const failure = failureOf(error);
    const denied = error instanceof Refused || failure.code === "denied";
    const says = error instanceof Refused ? error.why : denied ? failure.message : `it can't be reached: ${failure.message}`;
    const name = error instanceof Refused ? error.host : host;
    const noted = denied ? refused : unreached;
    if (noted.size < mostNoted) noted.set(name, says);
    return { status: denied ? 403 : 502, says: `BotMojo: ${name}: ${says}\n` };
  };

  function pass(incoming: IncomingMessage, response: ServerResponse): void {
    let host = (incoming.url ?? "").slice(0, 200);
    const answer = (error: unknown) => {
      const { status, says } = refusal(host, error);
      if (response.headersSent) response.destroy();
      else {
        const headers = { "content-type": "text/plain; charset=utf-8", connection: "close", [refusalHeader]: String(status) };
        response.writeHead(status, headers).end(says);
      }
    };
    try {
      const { url, lookup } = judged(incoming.url ?? "");
      ({ host } = url);
      // Encrypted requests come as tunnels: in the clear they would be readable here.
      if (url.protocol !== "http:") throw new Refused(url.host, "it is to be asked for through a tunnel");
      const headers = Object.entries(incoming.headers).filter(([name]) => !hopHeaders.test(name) && name !== "host");
      const given = Object.fromEntries([...headers, ["host", url.host]]);
      const asking = httpRequest(url, { method: incoming.method, headers: given, lookup, agent: false, timeout: silentMs }, (got) => {
        const back = Object.entries(got.headers).filter(([name]) => !hopHeaders.test(name));
        response.writeHead(got.statusCode ?? 502, Object.fromEntries(back));
        got.on("error", () => response.destroy());
        got.pipe(response);
      });
      asking.on("timeout", () => asking.destroy(new Error("it was silent for a minute")));
      asking.on("error", answer);
      response.on("close", () => asking.destroy());
      incoming.pipe(asking);
    } catch (error) {
      answer(error);
    }
  }

  function tunnel(incoming: IncomingMessage, client: Socket, head: Buffer): void {
    client.on("error", () => client.destroy());
    const authority = incoming.url ?? "";
    const answer = (error: unknown) => {
      const { status, says } = refusal(authority.replace(/:(?:443|80)$/, ""), error);
      client.end(`HTTP/1.1 ${status} ${status === 403 ? "Forbidden" : "Bad Gateway"}\r\nconnection: close\r\n\r\n${says}`);
    };
    try {
      if (!/^(\[[0-9a-f:.]+\]|[^:@/?#\\]+):\d{1,5}$/i.test(authority)) throw new Refused(authority.slice(0, 200), "it is no host and port");
      const { host, port, lookup } = judged(`${authority.endsWith(":80") ? "http" : "https"}://${authority}`);
      const server = connect({ host, port, lookup });
      open.add(server);
      server.setTimeout(silentMs * 5, () => server.destroy());
      server.once("connect", () => {
        client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        if (head.length > 0) server.write(head);
        server.pipe(client);
        client.pipe(server);
      });
      server.once("error", answer);
      server.once("close", () => {
        open.delete(server);
        client.destroySoon();
      });
      client.once("close", () => server.destroy());
    } catch (error) {
      answer(error);
    }
  }

  const proxy = createServer({ maxHeaderSize: 64 * 1024 }, pass);
  proxy.on("connect", tunnel);
  proxy.on("upgrade", (_, client: Socket) => client.destroy());
  proxy.maxConnections = mostConnections;
  proxy.on("connection", (client: Socket) => {
    nowUsed();
    open.add(client);
    client.once("close", () => open.delete(client));
  });
  await listen(proxy, path);
  return {
    refused,
    unreached,
    used,
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        for (const each of open) each.destroy();
      }),
  };
}

/** Does `work` with a way out, which is closed after it. Nothing of it is left over when this host dies meanwhile. */
export async function withEgress<T>(
  ways: { readonly mayReach: (host: string) => string | undefined; readonly mayDial: MayDial },
  work: (socket: string, egress: Egress) => Promise<T>,
): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "botmojo-out-")));
  const forget = () => rmSync(folder, { recursive: true, force: true });
  const socket = join(folder, "out");
  try {
    const egress = await openEgress({ socket, ...ways });
    void egress.used.then(forget);
    try {
      return await work(socket, egress);
    } finally {
      await egress.close();
    }
  } finally {
    forget();
  }
}

class Refused extends Error {
  readonly host: string;
  readonly why: string;

  constructor(host: string, why: string) {
    super(why);
    this.host = host;
    this.why = why;
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      server.off("error", reject);
      resolve();
    });
  });
}
