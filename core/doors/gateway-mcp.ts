// What a program asks of an MCP server, by way of the relay that stands in the server's place: each request is offered to the
// run that follows the program. The relay's request and its answer are lines of JSON, each way as it comes to them:
// the program's message, whether to send it or what to answer, what the server said, and what the program is to be told.
import type { IncomingMessage, ServerResponse } from "node:http";
import { fail, type Failure } from "../contract/failure.ts";
import { object, string } from "../models/wire/fields.ts";
import type { Json } from "../models/wire/wire.ts";
import type { Mask } from "../security/mask.ts";
import type { Exchange, ProgramRequest, ServerAnswer } from "../runs/programs/session.ts";

/** Of JSON-RPC: the server's own errors begin here. */
const refused = -32_000;
const longestLine = 16 * 2 ** 20;

/** Undefined where no request of JSON-RPC comes. */
export async function openRelayed(
  server: string,
  { mask, request, response }: { readonly mask: Mask; readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<Exchange | undefined> {
  const lines = linesOf(request);
  const message = (await lines.next().catch(() => undefined))?.value;
  const method = string(message?.["method"]);
  if (!message || method === "" || message["id"] === undefined) return undefined;
  const hungUp = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) hungUp.abort(fail("cancelled", "The program hung up."));
  });
  const params = object(message["params"]);
  const isCall = method === "tools/call";
  const kept: ProgramRequest = {
    endpoint: `mcp:${server}`,
    method,
    path: "",
    body: mask(isCall ? (params["arguments"] ?? {}) : (message["params"] ?? null)),
  };
  /** What the server said, as it said it. */
  let said: Json | undefined;
  const write = (line: object) => response.write(`${JSON.stringify(line)}\n`);
  const answer = (with_: Json) => {
    if (response.writableEnded) return;
    write({ answer: { jsonrpc: "2.0", id: message["id"], ...with_ } });
    response.end();
  };
  response.writeHead(200, { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" });
  response.flushHeaders();

  return {
    request: kept,
    asks: {
      call: isCall ? "tool" : "server",
      name: `mcp.${server}${isCall ? `.${string(params["name"])}` : ` ${method}`}`,
      input: kept.body,
    },
    signal: hungUp.signal,
    results: new Map(),

    async forward(sent, { signal }) {
      const changed = { ...message, params: { ...params, arguments: sent.body } };
      write({ send: sent === kept ? message : changed });
      const next = await aborted(lines.next(), signal);
      const came = object(next.value);
      if (next.done || "failed" in came) {
        throw fail("tool.failed", `The MCP server ${server} gave no answer${next.done ? "" : `: ${string(came["failed"])}`}.`);
      }
      said = came;
      return { answer: mask(answerIn(came)), usage: undefined };
    },
    finish() {
      if (said) answer(said);
      return Promise.resolve();
    },
    play(then) {
      if ("result" in then || "error" in then) answer({ ...then });
      return Promise.resolve();
    },
    say({ text, output }) {
      answer({ result: resultOf(output ?? text) });
      return Promise.resolve();
    },
    refuse({ message: words, remedy }: Failure) {
      answer({ error: { code: refused, message: `BotMojo: ${words}`, ...(remedy ? { data: { remedy } } : {}) } });
    },
  };
}

function answerIn(came: Json): ServerAnswer {
  return "error" in came ? { error: came["error"] } : { result: came["result"] ?? null };
}

/** A person may give a tool's answer as bare words. */
function resultOf(output: unknown): unknown {
  if (typeof output === "object" && output !== null && "content" in output) return output;
  const text = typeof output === "string" ? output : JSON.stringify(output);
  return { content: [{ type: "text", text }] };
}

async function* linesOf(request: IncomingMessage): AsyncGenerator<Json, undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    let rest = chunk;
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, at)]).toString("utf8");
      parts = [];
      length = 0;
      rest = rest.subarray(at + 1);
      yield object(JSON.parse(line));
    }
    length += rest.length;
    if (length > longestLine) throw new Error("The message is longer than 16 MiB.");
    if (rest.length > 0) parts.push(rest);
  }
  return undefined;
}

/** @throws the signal's reason, once it aborts */
function aborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
