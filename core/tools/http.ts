// The tool that speaks HTTP. Only public addresses are dialled; a redirect to another host is handed back, not followed,
// so that policy judges it as a call of its own.
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { z } from "zod";
import { fail, FailureError } from "../contract/failure.ts";
import { dialling, publicOnly, readWebAddress, type MayDial } from "../security/dial.ts";
import { defineTool, type Tool } from "./tool.ts";
import { WebAddress, withoutQuery } from "./web-address.ts";

const mostBytes = 1024 * 1024;
const mostRedirects = 5;
const timeoutMs = 60_000;

const headers = z
  .record(
    z.string().regex(/^[A-Za-z0-9-]{1,100}$/),
    z
      .string()
      .max(4096)
      .regex(/^[\t\x20-\x7e]*$/),
  )
  .default({})
  .describe("Further request headers");

/** Headers that say where a request goes or how long it is are ours. */
const ownHeaders = /^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|proxy-.*|keep-alive)$/i;

export interface HttpOptions {
  /** Which addresses may be dialled; the public internet's in the product. */
  readonly mayDial?: MayDial;
}

const looks: ReadonlySet<string> = new Set(["GET", "HEAD"]);

export function httpTools({ mayDial = publicOnly }: HttpOptions = {}): readonly Tool[] {
  const fetch = defineTool({
    name: "http.fetch",
    description:
      "Gets a page or file by http or https, its first MiB at most, or sends a request that may change something. Asks first unless a rule lets its host through.",
    effect: "unsafe",
    effectOf: ({ method }) => (looks.has(method) ? "reads" : "unsafe"),
    leave: "always",
    input: z
      .strictObject({
        url: WebAddress,
        method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).default("GET"),
        headers,
        body: z.string().max(mostBytes).default(""),
      })
      .refine(({ method, body }) => body === "" || !looks.has(method), { path: ["body"], error: "goes with POST, PUT, PATCH or DELETE" }),
    hosts: ({ url }) => [new URL(url).host],
    source: ({ url }) => `the page ${withoutQuery(url)}`,
    run: ({ url, method, headers, body }, { signal }) => exchange({ method, url, headers, body, mayDial, signal }),
  });
  return [fetch];
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly mayDial: MayDial;
  readonly signal: AbortSignal;
}

interface Got {
  readonly url: string;
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly truncated: boolean;
  /** Where it points, when that is another host: ask for it by itself. */
  readonly redirect?: string;
}

async function exchange(asked: Asked): Promise<Got> {
  let { url } = asked;
  for (let hop = 0; ; hop += 1) {
    const got = await once({ ...asked, url });
    const to = redirectOf(got, url);
    if (to === undefined) return got.answer;
    if (!looks.has(asked.method) || to.host !== new URL(url).host || hop >= mostRedirects) return { ...got.answer, redirect: to.href };
    url = to.href;
  }
}

function redirectOf({ answer, location }: { answer: Got; location: string | undefined }, from: string): URL | undefined {
  if (answer.status < 300 || answer.status > 399 || location === undefined || !URL.canParse(location, from)) return undefined;
  const read = readWebAddress(new URL(location, from).href);
  return typeof read === "string" ? undefined : read;
}

async function once({ method, url, headers, body, mayDial, signal }: Asked): Promise<{ answer: Got; location: string | undefined }> {
  const to = new URL(url);
  const request = to.protocol === "https:" ? httpsRequest : httpRequest;
  const { lookup } = dialling(to, mayDial);
  const given = Object.entries(headers).filter(([name]) => !ownHeaders.test(name));
  return new Promise((resolve, reject) => {
    const asking = request(
      to,
      {
        method,
        lookup,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: { "user-agent": "BotMojo", "accept-encoding": "identity", ...Object.fromEntries(given) },
      },
      (response) => {
        collect(response).then(({ bytes, truncated }) => {
          const { statusCode: status = 0, headers: said } = response;
          const type = said["content-type"] ?? "";
          const text = isText(type, bytes) ? bytes.toString("utf8") : `(${bytes.length} bytes that are no text)`;
          resolve({ answer: { url, status, type, body: text, truncated }, location: said.location });
        }, reject);
      },
    );
    asking.on("error", (error: NodeJS.ErrnoException) => {
      if (error instanceof FailureError || signal.aborted) return reject(error);
      const late = error.name === "AbortError" || error.name === "TimeoutError";
      reject(
        late
          ? fail("timeout", `${to.host} took longer than ${timeoutMs / 1000} s.`)
          : fail("tool.failed", `${to.host} can't be reached: ${error.message}.`),
      );
    });
    asking.end(body);
  });
}

async function collect(response: IncomingMessage): Promise<{ bytes: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    total += chunk.length;
    if (total > mostBytes) {
      response.destroy();
      break;
    }
  }
  return { bytes: Buffer.concat(chunks).subarray(0, mostBytes), truncated: total > mostBytes };
}

function isText(type: string, bytes: Buffer): boolean {
  return !bytes.subarray(0, 4096).includes(0) && !/^(image|audio|video|font)\/|octet-stream|zip|gzip|pdf/i.test(type);
}
