// One request that came through the gateway, and its answer: sent on as it is, handed back as it comes, and kept.
import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { fail } from "../contract/failure.ts";
import type { Usage } from "../contract/usage.ts";
import { isLoopback } from "../models/loopback.ts";
import { priced, pricesAt } from "../models/prices.ts";
import { FrameCutter, frameWith, readObject, type Frame } from "../models/wire/sse.ts";
import type { AnswerReader, Json, Wire } from "../models/wire/wire.ts";
import type { Exchange, ProgramAnswer, ProgramRequest } from "../runs/programs/session.ts";

interface Arrived {
  readonly request: ProgramRequest;
  /** The body as it was sent. */
  readonly body: Buffer<ArrayBuffer>;
  /** Undefined for a request that asks no model. */
  readonly wire: Wire | undefined;
  /** Where it goes on to, without the path. */
  readonly upstream: string;
  readonly headers: IncomingHttpHeaders;
  readonly response: ServerResponse;
}

/** Of the connection, not of the message; and what says how a body was packed, which it no longer is. */
const ofConnection = new Set([
  ..."connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split(" "),
  ..."host content-length content-encoding accept-encoding expect".split(" "),
]);
const longestSnippet = 500;

export function openExchange(arrived: Arrived): Exchange {
  const { request, wire, response, upstream } = arrived;
  const hungUp = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) hungUp.abort(fail("cancelled", "The program hung up."));
  });
  /** What came and was not handed on yet. */
  let held: Held = { is: "nothing" };

  const answer = async (pieces: readonly string[], status: number, type: string, encoding?: "base64") => {
    if (response.headersSent) return;
    response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
    for (const piece of pieces) {
      await written(response, encoding ? Buffer.from(piece, encoding) : piece);
      // Each in a packet of its own, as it came.
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };

  return {
    request,
    signal: hungUp.signal,
    results: wire?.results(fieldsOf(request.body)) ?? new Map(),

    async forward(sent, { holdsCalls, onText, signal }) {
      const from = performance.now();
      const came = await askUpstream(arrived, sent, signal);
      const type = came.headers.get("content-type") ?? "application/octet-stream";
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
        return { answer: answerOf(reader, status, type, pieces, isText ? undefined : "base64"), usage: usageOf(reader, sent, upstream) };
      }
      response.writeHead(status, headersOf(came));
      response.flushHeaders();
      let said = 0;
      const waiting: Frame[] = [];
      const handOn = async (frames: readonly Frame[]) => {
        for (const frame of frames) {
          keep(frame.raw);
          if (frame.json) reader?.take(frame.json);
          waiting.push(frame);
        }
        const text = reader?.answer().text ?? "";
        if (text.length > said) onText(text.slice(said));
        said = text.length;
        if (reader?.callsBegun && holdsCalls()) return;
        // Its end stays until the answer is in the log.
        const end = waiting.findIndex(({ json }) => json && wire?.isEnd(json));
        for (const frame of waiting.splice(0, end < 0 ? waiting.length : end)) await written(response, frame.raw);
      };
      const cutter = new FrameCutter();
      const decoder = new TextDecoder();
      for await (const chunk of orUnreachableStream(came.body)) await handOn(cutter.take(decoder.decode(chunk, { stream: true })));
      await handOn([...cutter.take(decoder.decode()), ...cutter.end()]);
      held = { is: "frames", frames: waiting };
      return { answer: answerOf(reader, status, type, pieces), usage: usageOf(reader, sent, upstream) };
    },

    async finish(edits) {
      const change = edits.size > 0 ? wire?.changer(edits) : undefined;
      if (held.is === "frames") {
        for (const frame of held.frames) await written(response, changed(frame, change).raw);
        response.end();
      } else if (held.is === "whole") {
        const { status, headers, body, json } = held;
        response.writeHead(status, headers);
        response.end(change && json ? JSON.stringify(change(json)) : body);
      }
      held = { is: "nothing" };
    },

    async play({ pieces, status, type, encoding }, edits) {
      const raws = pieces.map(([, piece]) => piece);
      const change = edits.size > 0 ? wire?.changer(edits) : undefined;
      if (!change) return answer(raws, status, type, encoding);
      if (type.startsWith("text/event-stream")) {
        const cutter = new FrameCutter();
        const frames = [...cutter.take(raws.join("")), ...cutter.end()];
        return answer(
          frames.map((frame) => changed(frame, change).raw),
          status,
          type,
        );
      }
      const json = readObject(raws.join(""));
      return answer(json ? [JSON.stringify(change(json))] : raws, status, type, encoding);
    },

    async say(words) {
      const body = fieldsOf(request.body);
      const streamed = body["stream"] === true;
      const model = typeof body["model"] === "string" ? body["model"] : "";
      const pieces = wire ? wire.write(words, { model, streamed }) : [words.text];
      await answer(pieces, 200, wire && !streamed ? "application/json" : wire ? "text/event-stream" : "text/plain; charset=utf-8");
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

type Held =
  | { readonly is: "nothing" }
  | { readonly is: "frames"; readonly frames: readonly Frame[] }
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

async function askUpstream({ request, body, upstream, headers }: Arrived, sent: ProgramRequest, signal: AbortSignal): Promise<Response> {
  const own = sent === request ? body : Buffer.from(typeof sent.body === "string" ? sent.body : JSON.stringify(sent.body));
  const passed = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || ofConnection.has(name) ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
  const asks = sent.method === "GET" || sent.method === "HEAD" || sent.body === null;
  try {
    return await fetch(addressOf(upstream, sent.path), {
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

async function* orUnreachableStream(stream: Response["body"]): AsyncGenerator<Uint8Array> {
  try {
    if (stream) yield* stream;
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
  return Object.fromEntries([...came.headers].filter(([name]) => !ofConnection.has(name) && name !== "set-cookie"));
}

function answerOf(
  reader: AnswerReader | undefined,
  status: number,
  type: string,
  pieces: ProgramAnswer["pieces"],
  encoding?: "base64",
): ProgramAnswer {
  const { text, calls } = reader?.answer() ?? { text: "", calls: [] };
  const snippet =
    encoding === undefined
      ? pieces
          .map(([, piece]) => piece)
          .join("")
          .slice(0, longestSnippet)
      : "";
  const words = status >= 400 ? `${status} ${snippet}`.trim() : text;
  return { text: words, calls, status, type, pieces, ...(encoding ? { encoding } : {}) };
}

/** With its price where that is known. */
function usageOf(reader: AnswerReader | undefined, { body }: ProgramRequest, upstream: string): Usage | undefined {
  const usage = reader?.answer().usage;
  const { model: name } = fieldsOf(body);
  const { host } = new URL(upstream);
  return usage && priced(usage, pricesAt({ host, name: typeof name === "string" ? name : "", local: isLoopback(upstream) }));
}

function fieldsOf(body: unknown): Json {
  return typeof body === "object" && body !== null ? (body as Json) : {};
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
