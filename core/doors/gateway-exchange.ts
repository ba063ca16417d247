// One request that came through the gateway, and its answer: sent on as it is, handed back as it comes, and kept.
import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { fail } from "../contract/failure.ts";
import type { Usage } from "../contract/usage.ts";
import { isLoopback } from "../models/loopback.ts";
import { priced, pricesAt } from "../models/prices.ts";
import type { Mask } from "../security/mask.ts";
import { estimatedUsage } from "../models/wire/estimate.ts";
import { object } from "../models/wire/fields.ts";
import { FrameCutter, frameWith, readObject, type Frame } from "../models/wire/sse.ts";
import type { AnswerReader, Json, Wire } from "../models/wire/wire.ts";
import { ofConnection } from "./gateway-proxy.ts";
import type { Exchange, ProgramAnswer, ProgramRequest } from "../runs/programs/session.ts";

interface Arrived {
  /** As it is kept. */
  readonly request: ProgramRequest;
  readonly path: string;
  /** The body as it was sent. */
  readonly body: Buffer<ArrayBuffer>;
  /** Undefined for a request that asks no model. */
  readonly wire: Wire | undefined;
  /** Where it goes on to, without the path. */
  readonly upstream: string;
  readonly headers: IncomingHttpHeaders;
  readonly response: ServerResponse;
  /** Hides what is secret in what is kept of the answer. */
  readonly mask: Mask;
  /** Asked before anything is sent to a host.
   * @throws FailureError `denied` */
  readonly reach: (target: URL) => void;
}

/** Not handed on: what is of the connection, and what says how a body was packed, which it no longer is. */
const left = new Set([...ofConnection, ..."host content-length content-encoding accept-encoding".split(" ")]);
const longestSnippet = 500;

export function openExchange(arrived: Arrived): Exchange {
  const { request, wire, response, upstream, mask } = arrived;
  const hungUp = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) hungUp.abort(fail("cancelled", "The program hung up."));
  });
  /** What came and was not handed on yet. */
  let held: Held = { is: "nothing" };

  const answer = async (
    pieces: readonly string[],
    { status, type, headers, encoding, cut }: Omit<ProgramAnswer, "text" | "calls" | "pieces">,
  ) => {
    if (response.headersSent) return;
    response.writeHead(status, { ...headers, "Content-Type": type, "Cache-Control": "no-store" });
    for (const piece of pieces) {
      await written(response, encoding ? Buffer.from(piece, encoding) : piece);
      // Each in a packet of its own, as it came.
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Where the program broke it off then, it does so again.
    if (cut === undefined) response.end();
    else if (cut === "model") response.destroy();
  };

  return {
    request,
    asks: { call: "model", name: nameOf(request), input: request },
    signal: hungUp.signal,
    results: wire?.results(object(request.body)) ?? new Map(),

    async forward(sent, { holdsCalls, onText, signal }) {
      const from = performance.now();
      const came = await askUpstream(arrived, sent, signal);
      const type = came.headers.get("content-type") ?? unknownType;
      const status = came.status;
      const reader = wire?.reader();
      const pieces: [number, string][] = [];
      const keep = (piece: string) => void pieces.push([Math.round(performance.now() - from), piece]);
      if (!type.startsWith("text/event-stream")) {
        const body = Buffer.from(await orUnreachable(came.arrayBuffer()));
        const isText = isUtf8(body);
        keep(body.toString(isText ? "utf8" : "base64"));
        const json = isText ? readObject(body.toString("utf8")) : undefined;
        if (json && status < 400) reader?.take(json);
        held = { is: "whole", status, headers: headersOf(came), body, json };
        const answered = { ...wordsIn(reader, status, isText ? pieces : []), ...keptOf(came), pieces };
        return { answer: isText ? mask(answered) : { ...answered, encoding: "base64" }, usage: usageOf(reader, sent, upstream, status) };
      }
      response.writeHead(status, headersOf(came));
      response.flushHeaders();
      let shown = 0;
      const waiting: Frame[] = [];
      const handOn = async (frames: readonly Frame[]) => {
        for (const frame of frames) {
          keep(frame.raw);
          if (frame.json) reader?.take(frame.json);
          waiting.push(frame);
        }
        const text = reader?.text ?? "";
        if (text.length > shown) onText(text.slice(shown));
        shown = text.length;
        if (reader?.callsBegun && holdsCalls()) return;
        // Its end stays until the answer is in the log.
        const end = waiting.findIndex(({ json }) => json && wire?.isEnd(json));
        for (const frame of waiting.splice(0, end < 0 ? waiting.length : end)) await written(response, frame.raw);
      };
      const cutter = new FrameCutter();
      const decoder = new TextDecoder();
      let cut: ProgramAnswer["cut"];
      try {
        for await (const chunk of came.body ?? []) await handOn(cutter.take(decoder.decode(chunk, { stream: true })));
      } catch (error) {
        if (signal.aborted && !hungUp.signal.aborted) throw error;
        cut = hungUp.signal.aborted ? "program" : "model";
      }
      await handOn([...cutter.take(decoder.decode()), ...cutter.end()]);
      held = { is: "frames", frames: waiting, cut: cut !== undefined };
      const said = wordsIn(reader, status, pieces);
      const answered = { ...said, calls: cut ? [] : said.calls, ...keptOf(came), pieces };
      return { answer: mask(cut ? { ...answered, cut } : answered), usage: usageOf(reader, sent, upstream, status) };
    },

    async finish(edits) {
      const change = edits.size > 0 ? wire?.changer(edits) : undefined;
      if (held.is === "frames") {
        for (const frame of held.frames) await written(response, changed(frame, change).raw);
        if (held.cut) response.destroy();
        else response.end();
      } else if (held.is === "whole") {
        const { status, headers, body, json } = held;
        response.writeHead(status, headers);
        response.end(change && json ? JSON.stringify(change(json)) : body);
      }
      held = { is: "nothing" };
    },

    async play(then, edits) {
      if (!("pieces" in then)) return;
      const { pieces, ...how } = then;
      const raws = pieces.map(([, piece]) => piece);
      const change = edits.size > 0 ? wire?.changer(edits) : undefined;
      if (!change) return answer(raws, how);
      if (how.type.startsWith("text/event-stream")) {
        const cutter = new FrameCutter();
        const frames = [...cutter.take(raws.join("")), ...cutter.end()];
        return answer(
          frames.map((frame) => changed(frame, change).raw),
          how,
        );
      }
      const json = readObject(raws.join(""));
      return answer(json ? [JSON.stringify(change(json))] : raws, how);
    },

    async say(words) {
      const body = object(request.body);
      const streamed = body["stream"] === true;
      const model = typeof body["model"] === "string" ? body["model"] : "";
      const pieces = wire ? wire.write(words, { model, streamed }) : [words.text];
      const type = !wire ? "text/plain; charset=utf-8" : streamed ? "text/event-stream" : "application/json";
      await answer(pieces, { status: 200, type });
    },

    refuse({ code, message, remedy }) {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      // A client that tries again of itself is told that it would be of no use.
      const headers = { "Content-Type": "application/json", "Cache-Control": "no-store", "X-Should-Retry": "false" };
      response.writeHead(code === "model.unreachable" ? 502 : code === "budget.exceeded" ? 402 : 403, headers);
      response.end(JSON.stringify({ type: "error", error: { type: "botmojo", code, message: `BotMojo: ${message}`, remedy } }));
    },
  };
}

/** The model's, where it asks one. */
function nameOf({ method, path, body }: ProgramRequest): string {
  const { model } = object(body);
  return typeof model === "string" && model !== "" ? model : `${method} ${path.replace(/\?.*$/s, "")}`.slice(0, 200);
}

type Held =
  | { readonly is: "nothing" }
  | { readonly is: "frames"; readonly frames: readonly Frame[]; readonly cut: boolean }
  | {
      readonly is: "whole";
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: Buffer;
      readonly json: Json | undefined;
    };

function changed(frame: Frame, change: ((json: Json) => Json) | undefined): Frame {
  return change && frame.json ? frameWith(frame, change(frame.json)) : frame;
}

async function askUpstream(
  { request, path, body, upstream, headers, reach }: Arrived,
  sent: ProgramRequest,
  signal: AbortSignal,
): Promise<Response> {
  const own = sent === request ? body : bytesOf(sent.body);
  const passed = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || left.has(name) ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
  // A form that a person changed is parted by the word that the log keeps.
  if (sent !== request)
    for (const header of passed) if (header[0] === "content-type") header[1] = header[1].replace(/boundary=.*$/i, "boundary=boundary");
  reach(new URL(upstream));
  const asks = sent.method === "GET" || sent.method === "HEAD" || sent.body === null;
  try {
    return await fetch(addressOf(upstream, sent.path === request.path ? path : sent.path), {
      method: sent.method,
      headers: [...passed, ["accept-encoding", "identity"]],
      redirect: "manual",
      signal,
      ...(asks ? {} : { body: own }),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(error, upstream);
  }
}

/** What a person made of a body. */
function bytesOf(body: unknown): Buffer<ArrayBuffer> {
  if (typeof body === "string") return Buffer.from(body);
  const { base64 } = object(body);
  return typeof base64 === "string" ? Buffer.from(base64, "base64") : Buffer.from(JSON.stringify(body));
}

/** Some clients take Anthropic's address with its version and some without. */
function addressOf(upstream: string, path: string): string {
  const versioned = new URL(upstream).host !== "api.anthropic.com" || path.startsWith("/v1/") || upstream.endsWith("/v1");
  return `${upstream}${versioned ? "" : "/v1"}${path}`;
}

async function orUnreachable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unreachable(error, "The model");
  }
}

function unreachable(error: unknown, upstream: string) {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : cause instanceof Error ? cause.message : "";
  const place = URL.canParse(upstream) ? new URL(upstream).host : upstream;
  return fail("model.unreachable", `${place} did not answer to the end (${code}).`, "Check that it is reachable from this machine.");
}

function headersOf(came: Response): Record<string, string> {
  return Object.fromEntries([...came.headers].filter(([name]) => !left.has(name) && name !== "set-cookie"));
}

/** Of an answer's headers, those that a client goes by. */
const kept = /^(location|retry-after|retry-after-ms|request-id|x-request-id|x-should-retry|link|etag|(x|anthropic)-ratelimit-[\w-]+)$/;

function keptOf(came: Response): Pick<ProgramAnswer, "status" | "type" | "headers"> {
  const headers = Object.fromEntries([...came.headers].filter(([name]) => kept.test(name)));
  return {
    status: came.status,
    type: came.headers.get("content-type") ?? unknownType,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
  };
}

const unknownType = "application/octet-stream";

/** What it says and calls; of a refusal its first words. */
function wordsIn(reader: AnswerReader | undefined, status: number, pieces: ProgramAnswer["pieces"]): Pick<ProgramAnswer, "text" | "calls"> {
  const { text, calls } = reader?.answer() ?? { text: "", calls: [] };
  if (status < 400) return { text, calls };
  const words = pieces.map(([, piece]) => piece).join("");
  return { text: `${status} ${words.slice(0, longestSnippet)}`.trim(), calls };
}

/** As its server counted it, else reckoned; with its price where that is known. */
function usageOf(reader: AnswerReader | undefined, { body }: ProgramRequest, upstream: string, status: number): Usage | undefined {
  // A refusal costs nothing.
  const answer = status < 400 ? reader?.answer() : undefined;
  const usage = answer && (answer.usage ?? estimatedUsage(body, answer));
  const { model: name } = object(body);
  const { host } = new URL(upstream);
  return usage && priced(usage, pricesAt({ host, name: typeof name === "string" ? name : "", local: isLoopback(upstream) }));
}

/** Waits where the program reads more slowly than it is written to. */
async function written(response: ServerResponse, piece: string | Buffer): Promise<void> {
  if (response.destroyed || response.write(piece)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      response.off("drain", go);
      response.off("close", go);
      resolve();
    };
    response.once("drain", go);
    response.once("close", go);
  });
}
