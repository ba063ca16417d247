// OpenAI's chat completions, which most other servers speak too.
import { argumentText, CallPieces, count, list, object, string, wordsOf } from "./fields.ts";
import { writeFrame } from "./sse.ts";
import type { AnswerReader, Json, Wire, WireAnswer } from "./wire.ts";

export const openaiChat: Wire = {
  name: "openai chat",

  results(body) {
    const told = list(body["messages"]).filter(({ role }) => role === "tool");
    return new Map(told.map((message) => [string(message["tool_call_id"]), wordsOf(message["content"])]));
  },

  reader: () => new ChatReader(),
  isEnd: (json) => list(json["choices"]).some((choice) => typeof choice["finish_reason"] === "string"),

  changer(edits) {
    const ids = new Map<number, string>();
    const written = new Set<number>();
    const changed = (call: Json, place: number): Json => {
      const index = typeof call["index"] === "number" ? call["index"] : place;
      const id = string(call["id"]) || ids.get(index) || "";
      ids.set(index, id);
      if (!edits.has(id)) return call;
      // The first piece has all of it, the others nothing.
      const text = written.has(index) ? "" : argumentText(edits.get(id));
      written.add(index);
      return { ...call, function: { ...object(call["function"]), arguments: text } };
    };
    const inside = (choice: Json, field: "delta" | "message"): Json => {
      const said = object(choice[field]);
      return Array.isArray(said["tool_calls"])
        ? { ...choice, [field]: { ...said, tool_calls: list(said["tool_calls"]).map(changed) } }
        : choice;
    };
    return (json) => ({ ...json, choices: list(json["choices"]).map((choice) => inside(choice, "delta" in choice ? "delta" : "message")) });
  },

  write({ text, calls, usage }, { model, streamed }) {
    const tool_calls = calls.map(({ id, name, input }, index) => {
      return { index, id, type: "function", function: { name, arguments: argumentText(input) } };
    });
    const said = { role: "assistant", content: text || null, ...(tool_calls.length > 0 ? { tool_calls } : {}) };
    const finish_reason = tool_calls.length > 0 ? "tool_calls" : "stop";
    const about = { id: "chatcmpl-botmojo", created: 0, model };
    const spent = { prompt_tokens: usage?.inputTokens ?? 0, completion_tokens: usage?.outputTokens ?? 0 };
    if (!streamed) {
      const used = { ...spent, total_tokens: spent.prompt_tokens + spent.completion_tokens };
      return [JSON.stringify({ ...about, object: "chat.completion", choices: [{ index: 0, message: said, finish_reason }], usage: used })];
    }
    const chunk = (delta: Json, reason: string | null) =>
      writeFrame({ ...about, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: reason }] });
    return [chunk(said, null), chunk({}, finish_reason), "data: [DONE]\n\n"];
  },
};

class ChatReader implements AnswerReader {
  text = "";
  readonly #calls = new CallPieces();
  #usage: WireAnswer["usage"];

  get callsBegun(): boolean {
    return this.#calls.begun;
  }

  take(json: Json): void {
    const [choice = {}] = list(json["choices"]);
    const said = object("delta" in choice ? choice["delta"] : choice["message"]);
    this.text += string(wordsOf(said["content"]));
    for (const [place, call] of list(said["tool_calls"]).entries()) {
      const asked = object(call["function"]);
      const index = typeof call["index"] === "number" ? call["index"] : place;
      this.#calls.add(index, { id: string(call["id"]), name: string(asked["name"]), text: string(asked["arguments"]) });
    }
    const usage = object(json["usage"]);
    if ("prompt_tokens" in usage) {
      this.#usage = {
        inputTokens: count(usage["prompt_tokens"]),
        outputTokens: count(usage["completion_tokens"]),
        cachedTokens: count(object(usage["prompt_tokens_details"])["cached_tokens"]),
      };
    }
  }

  answer(): WireAnswer {
    return { text: this.text, calls: this.#calls.calls(), usage: this.#usage };
  }
}
