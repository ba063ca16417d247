// A stand-in for a model's endpoint: plays recorded traffic back over real HTTP, or misbehaves as told.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { parse } from "yaml";
import { root } from "../../electron/setup/places.ts";

export interface ModelServer {
  readonly url: string;
  /** What was asked: `body` parsed, empty where it is no JSON. */
  readonly asked: { method: string; path: string; headers: IncomingMessage["headers"]; text: string; body: Record<string, unknown> }[];
  /** How many connections were made to it. */
  readonly connections: () => number;
  /** Answers nobody any more; at the test's end it does so of itself. */
  stop(): Promise<void>;
}

export async function serveModel(answer: (response: ServerResponse, turn: number) => void): Promise<ModelServer> {
  const asked: ModelServer["asked"] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const { method = "", url: path = "", headers } = request;
      asked.push({ method, path, headers, text, body: text.startsWith("{") ? JSON.parse(text) : {} });
      answer(response, asked.length);
    });
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked, connections: () => connections, stop };
}

/** Plays the cassette's answers in order, in pieces as a network would cut them. */
export function playCassette(name: string): Promise<ModelServer> {
  const { interactions } = parse(readFileSync(join(root, "tests", "fixtures", "cassettes", `${name}.yaml`), "utf8")) as {
    interactions: { response: { body: { string: string }; status: { code: number } } }[];
  };
  return serveModel((response, turn) => {
    const recorded = interactions[Math.min(turn, interactions.length) - 1]?.response;
    response.writeHead(recorded?.status.code ?? 500, { "Content-Type": "text/event-stream" });
    const body = Buffer.from(recorded?.body.string ?? "");
    for (let at = 0; at < body.length; at += 97) response.write(body.subarray(at, at + 97));
    response.end();
  });
}

/** What OpenAI's endpoint, and those like it, stream for an answer of bare words. */
export function openAiAnswer(text: string, usage = { prompt_tokens: 100, completion_tokens: 10 }): string {
  const chunk = (delta: object, finish: string | null, more: object = {}) =>
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
  return `${chunk({ role: "assistant", content: text }, null)}${chunk({}, "stop", { usage })}data: [DONE]\n\n`;
}

/** The same of Anthropic's. */
export function anthropicAnswer(text: string, usage: object = { input_tokens: 100, output_tokens: 1 }): string {
  const event = (type: string, data: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const message = { id: "x", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null, usage };
  return [
    event("message_start", { message }),
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }),
    event("content_block_stop", { index: 0 }),
    event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 10 } }),
    event("message_stop", {}),
  ].join("");
}

export function streamTo(response: ServerResponse, body: string): void {
  response.writeHead(200, { "Content-Type": "text/event-stream" }).end(body);
}
