// A stand-in model that says what a test told it to, in whichever of the three formats it is asked, in pieces or whole.
import type { ServerResponse } from "node:http";
import { serveModel, type ModelServer } from "./model-server.ts";

export interface Told {
  /** What it says; or what it makes of the results of the program's tools, the latest last. */
  readonly text?: string | ((results: readonly string[]) => string);
  readonly calls?: readonly { readonly name: string; readonly input: unknown }[];
}

interface Part {
  readonly text?: string;
  readonly call?: { readonly id: string; readonly name: string; readonly json: string };
}

type Json = Record<string, unknown>;

/** Says each turn in order. Which it is at is told by the results of tools that a request carries, so the same server serves
 * any number of conversations. */
export async function serveTold(turns: readonly Told[]): Promise<ModelServer> {
  const server = await serveModel((response) => {
    const { path, body }: { path: string; body: Json } = server.asked.at(-1) ?? { path: "", body: {} };
    const format = formats.find(({ ending }) => path.endsWith(ending));
    if (!format) {
      response.writeHead(404, { "Content-Type": "application/json" }).end('{"error":{"message":"no such path"}}');
      return;
    }
    const results = format.results(body).map((result) => (typeof result === "string" ? result : JSON.stringify(result)));
    const turn = turnAt(turns, results.length);
    const { text, calls = [] } = turns[turn] ?? {};
    const parts: Part[] = [
      ...(text === undefined ? [] : [{ text: typeof text === "string" ? text : text(results) }]),
      ...calls.map(({ name, input }, index) => ({ call: { id: `call_${turn}_${index}`, name, json: JSON.stringify(input) } })),
    ];
    answer(response, format, { parts, streamed: body["stream"] === true });
  });
  return server;
}

/** What each turn of a model that was told costs, in tokens. */
export const cost = { in: 100, out: 10 };

function turnAt(turns: readonly Told[], results: number): number {
  let left = results;
  for (const [turn, { calls = [] }] of turns.entries()) {
    if (calls.length === 0 || left < calls.length) return turn;
    left -= calls.length;
  }
  return turns.length - 1;
}

function answer(response: ServerResponse, format: Format, { parts, streamed }: { parts: readonly Part[]; streamed: boolean }): void {
  if (!streamed) {
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(format.whole(parts)));
    return;
  }
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  for (const event of format.events(parts)) {
    if (typeof event["type"] === "string") response.write(`event: ${event["type"]}\n`);
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  response.end(format === chat ? "data: [DONE]\n\n" : "");
}

interface Format {
  readonly ending: string;
  /** What the program's tools gave, as far as a request tells. */
  results(body: Json): unknown[];
  whole(parts: readonly Part[]): Json;
  events(parts: readonly Part[]): Json[];
}

const list = (value: unknown) => (Array.isArray(value) ? (value as Json[]) : []);
const halves = (text: string) => [text.slice(0, text.length >> 1), text.slice(text.length >> 1)];
const called = (parts: readonly Part[]) => parts.flatMap(({ call }) => (call ? [call] : []));
const said = (parts: readonly Part[]) => parts.map(({ text = "" }) => text).join("");

const chat: Format = {
  ending: "/chat/completions",
  results: (body) => list(body["messages"]).flatMap(({ role, content }) => (role === "tool" ? [content] : [])),
  whole(parts) {
    const tool_calls = called(parts).map(({ id, name, json }) => ({ id, type: "function", function: { name, arguments: json } }));
    const message = { role: "assistant", content: said(parts) || null, ...(tool_calls.length > 0 ? { tool_calls } : {}) };
    const choices = [{ index: 0, message, finish_reason: tool_calls.length > 0 ? "tool_calls" : "stop" }];
    const usage = { prompt_tokens: cost.in, completion_tokens: cost.out, total_tokens: cost.in + cost.out };
    return { id: "chatcmpl-1", object: "chat.completion", created: 1, model: "stand-in", choices, usage };
  },
  events(parts) {
    const about = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "stand-in" };
    const chunk = (delta: Json, finish_reason: string | null = null) => ({ ...about, choices: [{ index: 0, delta, finish_reason }] });
    const pieces = called(parts).flatMap(({ id, name, json }, index) => [
      chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
      ...halves(json).map((half) => chunk({ tool_calls: [{ index, function: { arguments: half } }] })),
    ]);
    const usage = { prompt_tokens: cost.in, completion_tokens: cost.out, total_tokens: cost.in + cost.out };
    return [
      chunk({ role: "assistant", content: "" }),
      ...halves(said(parts)).map((content) => chunk({ content })),
      ...pieces,
      chunk({}, pieces.length > 0 ? "tool_calls" : "stop"),
      { ...about, choices: [], usage },
    ];
  },
};

const responses: Format = {
  ending: "/responses",
  results: (body) => list(body["input"]).flatMap(({ type, output }) => (type === "function_call_output" ? [output] : [])),
  whole(parts) {
    const usage = { input_tokens: cost.in, output_tokens: cost.out, total_tokens: cost.in + cost.out };
    return { ...responseAbout, status: "completed", output: parts.map(responseItem), usage };
  },
  events(parts) {
    const whole = responses.whole(parts);
    const items = parts.flatMap((part, output_index): Json[] => {
      const item = responseItem(part);
      const at = { output_index, item_id: item["id"] };
      const { text = "", call } = part;
      if (call) {
        return [
          { type: "response.output_item.added", output_index, item: { ...item, arguments: "", status: "in_progress" } },
          ...halves(call.json).map((delta) => ({ type: "response.function_call_arguments.delta", ...at, delta })),
          { type: "response.function_call_arguments.done", ...at, name: call.name, arguments: call.json },
          { type: "response.output_item.done", output_index, item },
        ];
      }
      const inside = { ...at, content_index: 0 };
      const piece = { type: "output_text", text, annotations: [] };
      return [
        { type: "response.output_item.added", output_index, item: { ...item, content: [], status: "in_progress" } },
        { type: "response.content_part.added", ...inside, part: { ...piece, text: "" } },
        ...halves(text).map((delta) => ({ type: "response.output_text.delta", ...inside, delta })),
        { type: "response.output_text.done", ...inside, text },
        { type: "response.content_part.done", ...inside, part: piece },
        { type: "response.output_item.done", output_index, item },
      ];
    });
    return [
      { type: "response.created", response: { ...whole, status: "in_progress", output: [], usage: null } },
      ...items,
      { type: "response.completed", response: whole },
    ].map((event, sequence_number) => ({ ...event, sequence_number }));
  },
};

const responseAbout = { id: "resp_1", object: "response", created_at: 1, model: "stand-in", error: null, incomplete_details: null };

function responseItem({ text = "", call }: Part): Json {
  if (call)
    return { id: `fc_${call.id}`, type: "function_call", status: "completed", call_id: call.id, name: call.name, arguments: call.json };
  return {
    id: "msg_1",
    type: "message",
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text, annotations: [] }],
  };
}

const messages: Format = {
  ending: "/messages",
  results: (body) =>
    list(body["messages"])
      .flatMap((message) => list(message["content"]))
      .flatMap(({ type, content }) => (type === "tool_result" ? [content] : [])),
  whole(parts) {
    const content = parts.map(({ text, call }) =>
      call ? { type: "tool_use", id: call.id, name: call.name, input: JSON.parse(call.json) as unknown } : { type: "text", text },
    );
    const usage = { input_tokens: cost.in, output_tokens: cost.out };
    return { ...messageAbout, content, stop_reason: called(parts).length > 0 ? "tool_use" : "end_turn", usage };
  },
  events(parts) {
    const whole = messages.whole(parts);
    const blocks = parts.flatMap(({ text = "", call }, index): Json[] => [
      {
        type: "content_block_start",
        index,
        content_block: call ? { type: "tool_use", id: call.id, name: call.name, input: {} } : { type: "text", text: "" },
      },
      ...halves(call?.json ?? text).map((half) => ({
        type: "content_block_delta",
        index,
        delta: call ? { type: "input_json_delta", partial_json: half } : { type: "text_delta", text: half },
      })),
      { type: "content_block_stop", index },
    ]);
    return [
      { type: "message_start", message: { ...whole, content: [], stop_reason: null, usage: { input_tokens: cost.in, output_tokens: 1 } } },
      ...blocks,
      { type: "message_delta", delta: { stop_reason: whole["stop_reason"], stop_sequence: null }, usage: { output_tokens: cost.out } },
      { type: "message_stop" },
    ];
  },
};

const messageAbout = { id: "msg_1", type: "message", role: "assistant", model: "stand-in", stop_sequence: null };

const formats: readonly Format[] = [chat, responses, messages];
