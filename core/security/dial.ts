// Web addresses that tools dial: read by one parser, and judged on the very address that is connected to.
import { lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { fail, type FailureError } from "../contract/failure.ts";
import { isPublicAddress } from "./addresses.ts";

/** Whether an IP address, as text, may be connected to. */
export type MayDial = (address: string, port: number) => boolean;

export const publicOnly: MayDial = (address) => isPublicAddress(address);

/** The address as a URL, or why it is none that is dialled. */
export function readWebAddress(text: string): URL | string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for: one in a host once led past an allow-list
  if (/[\u0000-\u0020\u007f]|%00/i.test(text)) return "has a blank or control character in it";
  if (!URL.canParse(text)) return "is no address";
  const read = new URL(text);
  if (read.protocol !== "https:" && read.protocol !== "http:") return "is neither http nor https";
  if (read.username !== "" || read.password !== "") return "has a user name or password in it";
  if (read.hostname.endsWith(".")) return "has a host that ends with a point";
  return read;
}

/** How a socket to `url` is opened: the host without the brackets of an IPv6 address, the port, and a look-up that fails
 * where the name leads to an address that may not be dialled.
 * @throws FailureError `denied` when the host is such an address itself */
export function dialling(url: URL, mayDial: MayDial): { host: string; port: number; lookup: LookupFunction } {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const refused = (address: string): FailureError =>
    fail("denied", `${url.host} leads to ${address}, which is not on the public internet.`);
  if (isIP(host) !== 0 && !mayDial(host, port)) throw refused(host);
  const lookup: LookupFunction = (name, options, callback) => {
    systemLookup(name, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const stray = found.find(({ address }) => !mayDial(address, port));
      if (stray) return callback(refused(stray.address), []);
      const [first] = found;
      if (options.all) callback(null, found);
      else callback(null, first?.address ?? "", first?.family);
    });
  };
  return { host, port, lookup };
}
