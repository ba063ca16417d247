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
  /** What was asked, parsed. */
  readonly asked: { path: string; headers: IncomingMessage["headers"]; body: Record<string, unknown> }[];
  /** Answers nobody any more; at the test's end it does so of itself. */
  stop(): Promise<void>;
}

export async function serveModel(answer: (response: ServerResponse, turn: number) => void): Promise<ModelServer> {
  const asked: ModelServer["asked"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      asked.push({ path: request.url ?? "", headers: request.headers, body: text ? JSON.parse(text) : {} });
      answer(response, asked.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked, stop };
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
