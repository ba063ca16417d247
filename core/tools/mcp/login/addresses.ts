// Which addresses a login may lead to, and asking them: what a server says of where to log in is its own word.
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { FetchLike } from "@modelcontextprotocol/client";
import { fail } from "../../../contract/failure.ts";
import { visibleText } from "../../../contract/visible-text.ts";
import { isLoopback } from "../../../models/loopback.ts";
import { isPublicAddress } from "../../../security/addresses.ts";

const mostBytes = 1024 * 1024;
const requestMs = 30_000;

/** `what` names the address in the refusal. An address on this machine is one only for a server that is on it too.
 * @throws FailureError `denied` */
export function loginAddress(text: string, what: string, server: URL): URL {
  const refuse = (why: string) =>
    fail("denied", `The MCP server's login was refused: its ${what} ${visibleText(text.slice(0, 200))} ${why}.`);
  if (!URL.canParse(text)) throw refuse("is no address");
  const address = new URL(text);
  if (address.protocol !== "https:" && address.protocol !== "http:") throw refuse("is neither https nor http");
  if (address.username !== "" || address.password !== "") throw refuse("has a user name or password in it");
  if (address.hostname.endsWith(".")) throw refuse("has a host that ends with a point");
  const near = isHere(address);
  if ((near || isInner(address)) && !isHere(server) && !isInner(server)) throw refuse("leads to this machine, or into its network");
  if (address.protocol === "http:" && !near) throw refuse("is not https");
  return address;
}

function isHere({ href, hostname }: URL): boolean {
  return isLoopback(href) || hostname.endsWith(".localhost");
}

/** An address that is not of the public internet, as it is written. */
function isInner({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return isIP(host) !== 0 && !isPublicAddress(host);
}

/** Whether one of the addresses that a name leads to is not of the public internet; false where it leads nowhere. */
async function leadsInside(url: URL): Promise<boolean> {
  if (isHere(url) || isInner(url)) return true;
  const found = await lookup(url.hostname.replace(/^\[|\]$/g, ""), { all: true }).catch(() => []);
  return found.some(({ address }) => !isPublicAddress(address));
}

/** Asks only where a login may lead, follows no redirect, and takes at most 1 MiB within 30 s. */
export function loginFetch(server: URL, signal: AbortSignal): FetchLike {
  return async (to, init) => {
    const address = loginAddress(String(to), "address", server);
    if ((await leadsInside(address)) && !(await leadsInside(server)))
      throw fail("denied", `The MCP server's login was refused: ${address.host} leads to this machine, or into its network.`);
    const ends = AbortSignal.any([signal, AbortSignal.timeout(requestMs)]);
    const response = await fetch(address, { ...init, redirect: "error", signal: ends });
    const { status, statusText, headers } = response;
    const body = await readBounded(response);
    return new Response(body.length === 0 ? null : body, { status, statusText, headers });
  };
}

async function readBounded({ body }: Response): Promise<Buffer<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  if (body) {
    for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > mostBytes) throw fail("denied", "The MCP server's login was refused: an answer was longer than 1 MiB.");
      pieces.push(piece);
    }
  }
  return Buffer.concat(pieces);
}
