// OpenAI's responses.
import { argumentsOf, argumentText, count, list, object, string, wordsOf } from "./fields.ts";
import { writeFrame } from "./sse.ts";
import type { AnswerReader, Json, Wire, WireAnswer, WireCall } from "./wire.ts";

export const openaiResponses: Wire = {
  name: "openai responses",

  results(body) {
    const told = list(body["input"]).filter(({ type }) => type === "function_call_output");
    return new Map(told.map((item) => [string(item["call_id"]), wordsOf(item["output"])]));
  },

  reader: () => new ResponseReader(),
  isEnd: ({ type }) => type === "response.completed" || type === "response.incomplete" || type === "response.failed",

  changer(edits) {
    const ids = new Map<string, string>();
    const written = new Set<string>();
    const changed = (item: Json): Json => {
      if (item["type"] !== "function_call") return item;
      const call = string(item["call_id"]);
      ids.set(string(item["id"]), call);
      // What is only begun has no arguments yet.
      return edits.has(call) && item["arguments"] !== "" ? { ...item, arguments: argumentText(edits.get(call)) } : item;
    };
    return (json) => {
      if ("item" in json) return { ...json, item: changed(object(json["item"])) };
      const item = string(json["item_id"]);
      const call = ids.get(item) ?? "";
      if (edits.has(call) && json["type"] === "response.function_call_arguments.done") {
        return { ...json, arguments: argumentText(edits.get(call)) };
      }
      if (edits.has(call) && json["type"] === "response.function_call_arguments.delta") {
        const delta = written.has(item) ? "" : argumentText(edits.get(call));
        written.add(item);
        return { ...json, delta };
      }
      const whole = object(json["response"]);
      if (Array.isArray(whole["output"])) return { ...json, response: { ...whole, output: list(whole["output"]).map(changed) } };
      return Array.isArray(json["output"]) ? { ...json, output: list(json["output"]).map(changed) } : json;
    };
  },

  write({ text, calls, usage }, { model, streamed }) {
    const said: Json[] = text === "" ? [] : [messageItem(text)];
    const asked = calls.map(callItem);
    const spent = { input_tokens: usage?.inputTokens ?? 0, output_tokens: usage?.outputTokens ?? 0 };
    const about = {
      id: "resp_botmojo",
      object: "response",
      created_at: 0,
      model,
      parallel_tool_calls: true,
      tool_choice: "auto",
      tools: [],
    };
    const whole = {
      ...about,
      status: "completed",
      output: [...said, ...asked],
      usage: {
        ...spent,
        total_tokens: spent.input_tokens + spent.output_tokens,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens_details: { reasoning_tokens: 0 },
      },
    };
    if (!streamed) return [JSON.stringify(whole)];
    let sequence_number = 0;
    const event = (type: string, data: Json) => writeFrame({ type, sequence_number: sequence_number++, ...data }, type);
    const begun = { ...about, status: "in_progress", output: [], usage: null };
    return [
      event("response.created", { response: begun }),
      ...said.flatMap((item, output_index) => {
        const at = { item_id: item["id"], output_index, content_index: 0 };
        const part = { type: "output_text", text, annotations: [] };
        return [
          event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", content: [] } }),
          event("response.content_part.added", { ...at, part: { ...part, text: "" } }),
          event("response.output_text.delta", { ...at, delta: text }),
          event("response.output_text.done", { ...at, text }),
          event("response.content_part.done", { ...at, part }),
          event("response.output_item.done", { output_index, item }),
        ];
      }),
      ...asked.flatMap((item, index) => {
        const output_index = said.length + index;
        const at = { item_id: item["id"], output_index };
        return [
          event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", arguments: "" } }),
          event("response.function_call_arguments.delta", { ...at, delta: item["arguments"] }),
          event("response.function_call_arguments.done", { ...at, arguments: item["arguments"] }),
          event("response.output_item.done", { output_index, item }),
        ];
      }),
      event("response.completed", { response: whole }),
    ];
  },
};

function messageItem(text: string): Json {
  const content = [{ type: "output_text", text, annotations: [] }];
  return { id: "msg_botmojo", type: "message", status: "completed", role: "assistant", content };
}

function callItem({ id, name, input }: WireCall): Json {
  return { id: `fc_${id}`, type: "function_call", status: "completed", call_id: id, name, arguments: argumentText(input) };
}

class ResponseReader implements AnswerReader {
  text = "";
  #calls: WireCall[] = [];
  #begun = false;
  #usage: WireAnswer["usage"];

  get callsBegun(): boolean {
    return this.#begun;
  }

  take(json: Json): void {
    const type = string(json["type"]);
    if (type === "response.output_text.delta") this.text += string(json["delta"]);
    const item = object(json["item"]);
    if (item["type"] === "function_call") {
      this.#begun = true;
      if (type === "response.output_item.done") this.#calls.push(callOf(item));
    }
    // The whole stands in the last event of a stream, and alone where there is none.
    if (type === "response.completed" || type === "response.incomplete") this.#takeWhole(object(json["response"]));
    else if (json["object"] === "response") this.#takeWhole(json);
  }

  #takeWhole(response: Json): void {
    const output = list(response["output"]);
    const said = output.filter(({ type }) => type === "message").map(({ content }) => string(wordsOf(content)));
    if (said.length > 0) this.text = said.join("\n");
    const asked = output.filter(({ type }) => type === "function_call").map(callOf);
    if (asked.length > 0) this.#calls = asked;
    this.#begun ||= asked.length > 0;
    const usage = object(response["usage"]);
    if (!("input_tokens" in usage)) return;
    this.#usage = {
      inputTokens: count(usage["input_tokens"]),
      outputTokens: count(usage["output_tokens"]),
      cachedTokens: count(object(usage["input_tokens_details"])["cached_tokens"]),
    };
  }

  answer(): WireAnswer {
    return { text: this.text, calls: this.#calls, usage: this.#usage };
  }
}

function callOf(item: Json): WireCall {
  return { id: string(item["call_id"]), name: string(item["name"]), input: argumentsOf(string(item["arguments"])) };
}
