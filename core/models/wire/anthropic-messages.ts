// Anthropic's messages.
import { argumentText, CallPieces, count, list, object, string, wordsOf } from "./fields.ts";
import { writeFrame } from "./sse.ts";
import type { AnswerReader, Json, Wire, WireAnswer } from "./wire.ts";

export const anthropicMessages: Wire = {
  name: "anthropic messages",

  results(body) {
    const blocks = list(body["messages"]).flatMap(({ content }) => list(content));
    const told = blocks.filter(({ type }) => type === "tool_result");
    return new Map(told.map((block) => [string(block["tool_use_id"]), wordsOf(block["content"])]));
  },

  reader: () => new MessageReader(),
  isEnd: ({ type }) => type === "message_delta" || type === "message_stop",

  changer(edits) {
    const ids = new Map<unknown, string>();
    const written = new Set<unknown>();
    return (json) => {
      if (json["type"] === "content_block_start") ids.set(json["index"], string(object(json["content_block"])["id"]));
      const delta = object(json["delta"]);
      if (delta["type"] === "input_json_delta" && edits.has(ids.get(json["index"]) ?? "")) {
        const text = written.has(json["index"]) ? "" : argumentText(edits.get(ids.get(json["index"]) ?? ""));
        written.add(json["index"]);
        return { ...json, delta: { ...delta, partial_json: text } };
      }
      if (!Array.isArray(json["content"])) return json;
      const content = list(json["content"]).map((block) => {
        return block["type"] === "tool_use" && edits.has(string(block["id"])) ? { ...block, input: edits.get(string(block["id"])) } : block;
      });
      return { ...json, content };
    };
  },

  write({ text, calls, usage }, { model, streamed }) {
    const said: Json[] = text === "" ? [] : [{ type: "text", text }];
    const content = [...said, ...calls.map(({ id, name, input }): Json => ({ type: "tool_use", id, name, input }))];
    const stop_reason = calls.length > 0 ? "tool_use" : "end_turn";
    const spent = { input_tokens: usage?.inputTokens ?? 0, output_tokens: usage?.outputTokens ?? 0 };
    const message = {
      id: "msg_botmojo",
      type: "message",
      role: "assistant",
      model,
      content,
      stop_reason,
      stop_sequence: null,
      usage: spent,
    };
    if (!streamed) return [JSON.stringify(message)];
    const event = (type: string, data: Json) => writeFrame({ type, ...data }, type);
    return [
      event("message_start", { message: { ...message, content: [], stop_reason: null } }),
      ...content.flatMap((block, index) => {
        const isText = block["type"] === "text";
        const delta = isText
          ? { type: "text_delta", text: block["text"] }
          : { type: "input_json_delta", partial_json: argumentText(block["input"]) };
        return [
          event("content_block_start", { index, content_block: isText ? { type: "text", text: "" } : { ...block, input: {} } }),
          event("content_block_delta", { index, delta }),
          event("content_block_stop", { index }),
        ];
      }),
      event("message_delta", { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: spent.output_tokens } }),
      event("message_stop", {}),
    ];
  },
};

class MessageReader implements AnswerReader {
  text = "";
  readonly #calls = new CallPieces();
  #input = 0;
  #cached = 0;
  #written = 0;
  #output: number | undefined;

  get callsBegun(): boolean {
    return this.#calls.begun;
  }

  take(json: Json): void {
    const place = count(json["index"]);
    if (json["type"] === "content_block_start") this.#takeBlock(place, object(json["content_block"]), "");
    const delta = object(json["delta"]);
    if (delta["type"] === "text_delta") this.text += string(delta["text"]);
    if (delta["type"] === "input_json_delta") this.#calls.add(place, { text: string(delta["partial_json"]) });
    for (const [index, block] of list(json["content"]).entries()) this.#takeBlock(index, block, argumentText(block["input"]));
    this.#takeUsage(object(object(json["message"])["usage"]));
    this.#takeUsage(object(json["usage"]));
  }

  #takeBlock(place: number, block: Json, text: string): void {
    if (block["type"] === "text") this.text += string(block["text"]);
    if (block["type"] === "tool_use") this.#calls.add(place, { id: string(block["id"]), name: string(block["name"]), text });
  }

  /** What was read from the cache and written to it is counted apart there; here all of it went in. */
  #takeUsage(usage: Json): void {
    if ("input_tokens" in usage) {
      this.#cached = count(usage["cache_read_input_tokens"]);
      this.#written = count(usage["cache_creation_input_tokens"]);
      this.#input = count(usage["input_tokens"]) + this.#cached + this.#written;
    }
    if ("output_tokens" in usage) this.#output = count(usage["output_tokens"]);
  }

  answer(): WireAnswer {
    const written = this.#written > 0 ? { cacheWriteTokens: this.#written } : {};
    const used = { inputTokens: this.#input, cachedTokens: this.#cached, ...written };
    const usage = this.#output === undefined ? undefined : { ...used, outputTokens: this.#output };
    return { text: this.text, calls: this.#calls.calls(), usage };
  }
}
