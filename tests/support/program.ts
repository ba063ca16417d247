// A program outside, as the gateway sees one: it asks its model over HTTP, and says when it has ended.
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Core } from "../../core/index.ts";
import type { Event, ReplayOptions, RunId, RunStatus } from "../../core/contract/index.ts";
import { serveModel, type ModelServer } from "./model-server.ts";

/** A model's server on loopback. */
export async function upstream(
  answer: (response: ServerResponse, body: { messages?: { role: string; content: string }[] }, turn: number) => void | Promise<void>,
): Promise<ModelServer> {
  const server = await serveModel((response, turn) => void answer(response, server.asked[turn - 1]?.body ?? {}, turn));
  return server;
}

/** Chunks of a chat completion's stream. */
export const chat = {
  say: (response: ServerResponse, content: string) => chunk(response, { content }),
  call: (response: ServerResponse, id: string, name: string, input: object) => {
    const text = JSON.stringify(input);
    chunk(response, { tool_calls: [{ index: 0, id, type: "function", function: { name, arguments: "" } }] });
    chunk(response, { tool_calls: [{ index: 0, function: { arguments: text.slice(0, 5) } }] });
    chunk(response, { tool_calls: [{ index: 0, function: { arguments: text.slice(5) } }] });
  },
  end: (response: ServerResponse, reason = "stop") => {
    chunk(response, {}, reason);
    response.write(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } })}\n\n`);
    response.end("data: [DONE]\n\n");
  },
};

function chunk(response: ServerResponse, delta: object, finish_reason: string | null = null): void {
  if (!response.headersSent) response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
}

export interface Followed {
  readonly run: RunId;
  readonly address: string;
  readonly proxy: string;
  readonly otlp: string;
  readonly mcp: string;
  /** Asks its model, and reads all of the answer. */
  ask(messages: readonly object[], more?: object): Promise<{ status: number; text: string; type: string }>;
  /** The program ends, and its run with it. */
  end(exitCode?: number): Promise<{ status: RunStatus; events: Event[] }>;
}

export async function followProgram(
  core: Core,
  url: string,
  more: {
    command?: string[];
    folder?: string;
    telemetry?: { traces?: string };
    breakpoints?: string[];
    budget?: { tokens?: number };
    replay?: { run: RunId; options?: Partial<ReplayOptions> };
  } = {},
): Promise<Followed> {
  const { replay, ...others } = more;
  const opened = await core.client.programs.open({
    command: ["agent"],
    folder: "/",
    endpoints: { openai: url },
    door: "core",
    ...others,
    ...(replay
      ? { replay: { run: replay.run, options: { otherwise: { is: "recorded" }, steps: {}, onDivergence: "stop", ...replay.options } } }
      : {}),
  });
  const first = await opened.next();
  if (first.done || first.value.is !== "open") throw new Error("not opened");
  const { run, addresses, proxy, otlp, mcp } = first.value;
  const address = addresses["openai"] ?? "";
  return {
    run,
    address,
    proxy,
    otlp,
    mcp,
    async ask(messages, fields = {}) {
      const response = await fetch(`${address}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer sk-canary-5f1c0a" },
        body: JSON.stringify({ model: "m", stream: true, messages, ...fields }),
      });
      return { status: response.status, text: await response.text(), type: response.headers.get("content-type") ?? "" };
    },
    async end(exitCode = 0) {
      await core.client.programs.ended({ run, exitCode });
      const over = await opened.next();
      if (over.done || over.value.is !== "over") throw new Error("not over");
      return { status: over.value.status, events: await core.client.events.list({ run, limit: 5000 }) };
    },
  };
}

export async function until(look: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await look())) await sleep(5);
}
