// The formats that outside programs speak: what is read out of an answer, written into one, and changed in one.
import { expect, test } from "vitest";
import { FrameCutter, readObject } from "../../../core/models/wire/sse.ts";
import { wireOf } from "../../../core/models/wire/find.ts";
import type { Json, Wire } from "../../../core/models/wire/wire.ts";

const wires: [string, Wire][] = ["/v1/chat/completions", "/v1/responses", "/v1/messages"].map((path) => {
  const wire = wireOf("POST", path);
  if (!wire) throw new Error(path);
  return [wire.name, wire];
});

const answer = {
  text: "Let me look.\nNow.",
  calls: [
    { id: "call_a", name: "read", input: { path: "a.txt", deep: { n: [1, 2] } } },
    { id: "call_b", name: "list", input: {} },
  ],
};

function readBack(wire: Wire, pieces: readonly string[], streamed: boolean) {
  const reader = wire.reader();
  const all = pieces.join("");
  if (!streamed) reader.take(readObject(all) ?? {});
  else for (const { json } of new FrameCutter().take(all)) if (json) reader.take(json);
  return reader.answer();
}

test.each(wires)("W1: %s: what is written is read back, as a stream and whole", (_, wire) => {
  for (const streamed of [true, false]) {
    const { text, calls } = readBack(wire, wire.write(answer, { model: "m", streamed }), streamed);
    expect({ text, calls }).toEqual(answer);
  }
});

test.each(wires)("W2: %s: a call's arguments are changed, the other's and the words stay", (_, wire) => {
  for (const streamed of [true, false]) {
    const change = wire.changer(new Map([["call_a", { path: "b.txt" }]]));
    const written = wire.write(answer, { model: "m", streamed });
    const changed = streamed
      ? written.flatMap((piece) =>
          new FrameCutter().take(piece).map(({ json, raw }) => (json ? `data: ${JSON.stringify(change(json))}\n\n` : raw)),
        )
      : [JSON.stringify(change(readObject(written.join("")) ?? {}))];
    const { text, calls } = readBack(wire, changed, streamed);
    expect(text).toBe(answer.text);
    expect(calls).toEqual([{ ...answer.calls[0], input: { path: "b.txt" } }, answer.calls[1]]);
  }
});

test.each(wires)("W3: %s: a stream's end is known by the event that says so, and by no other", (_, wire) => {
  const events = wire.write(answer, { model: "m", streamed: true }).flatMap((piece) => new FrameCutter().take(piece));
  const ends = events.flatMap(({ json }, at) => (json && wire.isEnd(json) ? [at] : []));
  expect(ends.length).toBeGreaterThan(0);
  expect(Math.min(...ends)).toBeGreaterThan(events.length - 3);
});

test("W4: events are cut however the network cuts them, with every line ending, and what is left over is the last", () => {
  const text = 'event: a\r\ndata: {"n":1}\r\n\r\n: comment\n\ndata: {"n":\ndata: 2}\n\ndata: [DONE]\n\ndata: {"n":3}';
  for (let size = 1; size < text.length; size += 1) {
    const cutter = new FrameCutter();
    const frames = [];
    for (let at = 0; at < text.length; at += size) frames.push(...cutter.take(text.slice(at, at + size)));
    frames.push(...cutter.end());
    expect(frames.map(({ raw }) => raw).join("")).toBe(text);
    expect(frames.flatMap(({ json }) => json?.["n"] ?? [])).toEqual([1, 2, 3]);
  }
});

const results: [string, Json][] = [
  ["/chat/completions", { messages: [{ role: "tool", tool_call_id: "x", content: [{ type: "text", text: "found" }] }] }],
  ["/responses", { input: [{ type: "function_call_output", call_id: "x", output: "found" }] }],
  ["/messages", { messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "x", content: "found" }] }] }],
];
test.each(results)("W5: %s: what a tool gave is found by its call; nothing is found in what is no conversation", (path, body) => {
  const wire = wireOf("POST", `${path}?beta=true`);
  expect([...(wire?.results(body) ?? [])]).toEqual([["x", "found"]]);
  for (const odd of [{}, { messages: null, input: "text" }, { messages: [null, 1, "x", { content: 5 }], input: [null] }]) {
    expect([...(wire?.results(odd) ?? [])]).toEqual([]);
  }
});

test("W6: tokens are counted as each provider counts them, with what came from its cache as a part of what went in", () => {
  const taken = (path: string, json: Json) => {
    const reader = wireOf("POST", path)?.reader();
    reader?.take(json);
    return reader?.answer().usage;
  };
  const chat = { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 60 } };
  expect(taken("/chat/completions", { choices: [], usage: chat })).toEqual({ inputTokens: 100, outputTokens: 7, cachedTokens: 60 });
  const responses = { input_tokens: 100, output_tokens: 7, input_tokens_details: { cached_tokens: 60 } };
  expect(taken("/responses", { object: "response", output: [], usage: responses })).toEqual({
    inputTokens: 100,
    outputTokens: 7,
    cachedTokens: 60,
  });
  const messages = { input_tokens: 30, cache_read_input_tokens: 60, cache_creation_input_tokens: 10, output_tokens: 7 };
  expect(taken("/messages", { content: [], usage: messages })).toEqual({
    inputTokens: 100,
    outputTokens: 7,
    cachedTokens: 60,
    cacheWriteTokens: 10,
  });
});

test("W7: whatever a server sends instead of an answer is read without a fault", () => {
  const odd: Json[] = [
    {},
    { choices: "x" },
    { choices: [{ delta: null }] },
    { item: null },
    { content: [null, 3] },
    { usage: { prompt_tokens: "many" } },
  ];
  for (const [, wire] of wires) {
    for (const json of odd) {
      const reader = wire.reader();
      reader.take(json);
      expect(reader.answer().calls).toEqual([]);
      expect(wire.changer(new Map([["x", 1]]))(json)).toBeDefined();
    }
  }
});
