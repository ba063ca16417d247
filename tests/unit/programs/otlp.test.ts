// What a program says of itself by OpenTelemetry: both encodings are the same notes, sent on to where they would have gone,
// and nothing that is sent breaks more than itself.
import { gzipSync } from "node:zlib";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { expect, test } from "vitest";
import { notedLines, type Event, type ProgramNote } from "../../../core/contract/index.ts";
import { openTestCore } from "../../support/core.ts";
import { followProgram, upstream } from "../../support/program.ts";

const trace = "5b8efff798038103d269b633813fc60c";
const [outer, within] = ["eee19b7ec3c1b174", "eee19b7ec3c1b175"];
const second = 1_700_000_000;

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const spans = [
  {
    traceId: trace,
    spanId: outer,
    name: "invoke agent",
    kind: 1,
    startTimeUnixNano: `${second}000000000`,
    endTimeUnixNano: `${second}500250000`,
    attributes: [
      text("gen_ai.agent.name", "reader"),
      { key: "tokens", value: { intValue: "42" } },
      { key: "hot", value: { doubleValue: 0.5 } },
      { key: "list", value: { arrayValue: { values: [{ boolValue: true }, { kvlistValue: { values: [text("a", "b")] } }] } } },
    ],
    events: [{ timeUnixNano: `${second}100000000`, name: "thought", attributes: [] }],
    status: {},
  },
  {
    traceId: trace,
    spanId: within,
    parentSpanId: outer,
    name: "read_file",
    kind: 3,
    startTimeUnixNano: `${second}200000000`,
    endTimeUnixNano: `${second}100000000`,
    attributes: [text("file.token", `ghp_${"A".repeat(35)}7`)],
    status: { code: 2, message: "not there" },
  },
];
const inScope = (list: readonly object[]) => ({
  resourceSpans: [{ resource: { attributes: [text("service.name", "agent")] }, scopeSpans: [{ scope: { name: "lib" }, spans: list }] }],
});
const expected = [
  {
    is: "span",
    trace,
    span: outer,
    parent: null,
    name: "invoke agent",
    kind: "internal",
    start: second * 1000,
    end: second * 1000 + 500.25,
    status: "unset",
    attributes: { "gen_ai.agent.name": "reader", tokens: 42, hot: 0.5, list: [true, { a: "b" }] },
    events: [{ at: second * 1000 + 100, name: "thought", attributes: {} }],
    service: "agent",
    scope: "lib",
  },
  {
    is: "span",
    trace,
    span: within,
    parent: outer,
    name: "read_file",
    kind: "client",
    start: second * 1000 + 200,
    end: second * 1000 + 200,
    status: "error",
    message: "not there",
    attributes: { "file.token": "[hidden: github token]" },
    service: "agent",
    scope: "lib",
  },
];

/** Protobuf by hand, from the numbers of opentelemetry-proto. */
function message(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}
const part = (writer: BinaryWriter, field: number, bytes: Uint8Array) => writer.tag(field, WireType.LengthDelimited).bytes(bytes);
const words = (writer: BinaryWriter, field: number, value: string) => writer.tag(field, WireType.LengthDelimited).string(value);
const stringPair = (key: string, value: string) =>
  message((pair) =>
    part(
      words(pair, 1, key),
      2,
      message((any) => words(any, 1, value)),
    ),
  );
const anyPair = (key: string, write: (writer: BinaryWriter) => void) => message((pair) => part(words(pair, 1, key), 2, message(write)));
const nano = (writer: BinaryWriter, field: number, value: string) => writer.tag(field, WireType.Bit64).fixed64(value);
const id = (writer: BinaryWriter, field: number, hex: string) => part(writer, field, Buffer.from(hex, "hex"));

const inProtobuf = (list: readonly Uint8Array[]) =>
  message((request) => {
    const scope = message((scoped) => {
      part(
        scoped,
        1,
        message((named) => words(named, 1, "lib")),
      );
      for (const span of list) part(scoped, 2, span);
    });
    const resource = message((made) => part(made, 1, stringPair("service.name", "agent")));
    part(
      request,
      1,
      message((of) => part(part(of, 1, resource), 2, scope)),
    );
  });
const protobufSpans = [
  message((span) => {
    id(id(span, 1, trace), 2, outer);
    words(span, 5, "invoke agent").tag(6, WireType.Varint).uint32(1);
    nano(nano(span, 7, `${second}000000000`), 8, `${second}500250000`);
    part(span, 9, stringPair("gen_ai.agent.name", "reader"));
    part(
      span,
      9,
      anyPair("tokens", (any) => any.tag(3, WireType.Varint).int64(42)),
    );
    part(
      span,
      9,
      anyPair("hot", (any) => any.tag(4, WireType.Bit64).double(0.5)),
    );
    const list = message((values) => {
      part(
        values,
        1,
        message((any) => any.tag(2, WireType.Varint).bool(true)),
      );
      part(
        values,
        1,
        message((any) =>
          part(
            any,
            6,
            message((pairs) => part(pairs, 1, stringPair("a", "b"))),
          ),
        ),
      );
    });
    part(
      span,
      9,
      anyPair("list", (any) => part(any, 5, list)),
    );
    part(
      span,
      11,
      message((event) => words(nano(event, 1, `${second}100000000`), 2, "thought")),
    );
    part(
      span,
      15,
      message(() => {}),
    );
  }),
  message((span) => {
    id(id(id(span, 1, trace), 2, within), 4, outer);
    words(span, 5, "read_file").tag(6, WireType.Varint).uint32(3);
    nano(nano(span, 7, `${second}200000000`), 8, `${second}100000000`);
    part(span, 9, stringPair("file.token", `ghp_${"A".repeat(35)}7`));
    part(
      span,
      15,
      message((status) => words(status, 2, "not there").tag(3, WireType.Varint).uint32(2)),
    );
    // Of a newer protocol.
    words(span, 99, "unknown");
  }),
];

const json = { "content-type": "application/json" };
const protobuf = { "content-type": "application/x-protobuf" };
async function post(url: string, headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer> | Buffer<ArrayBuffer>) {
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, type: response.headers.get("content-type"), body: Buffer.from(await response.arrayBuffer()) };
}
const bytesOf = (bytes: Uint8Array) => Buffer.from(bytes);
const notesOf = (events: readonly Event[]): ProgramNote[] =>
  events.flatMap((event) => (event.type === "program.noted" ? event.data.notes : []));

test("OT1: spans as JSON and as protobuf, packed or not, are the same notes of the run; no key is in them", async () => {
  const core = openTestCore();
  const program = await followProgram(core, "http://127.0.0.1:9/v1");
  const url = `${program.otlp}/v1/traces`;
  const text = JSON.stringify(inScope(spans));
  const binary = bytesOf(inProtobuf(protobufSpans));
  expect(await post(url, json, text)).toEqual({ status: 200, type: "application/json", body: Buffer.from("{}") });
  expect(await post(url, protobuf, binary)).toEqual({ status: 200, type: "application/x-protobuf", body: Buffer.alloc(0) });
  expect((await post(url, { ...json, "content-encoding": "gzip" }, gzipSync(text))).status).toBe(200);
  const { events, status } = await program.end();
  expect(status).toBe("completed");
  expect(notesOf(events)).toEqual([...expected, ...expected, ...expected]);
  expect(JSON.stringify(events)).not.toContain("ghp_");
  const { steps } = await core.client.runs.steps({ run: program.run, steps: ["program"] });
  expect(steps[0]?.notes).toEqual(notesOf(events));
  expect(notedLines(expected as ProgramNote[]).map(({ what, depth, ms, outcome }) => [what, depth, ms, outcome])).toEqual([
    ["invoke agent", 0, 500.25, ""],
    ["read_file", 1, 0, "not there"],
  ]);
});

test("OT2: log records are kept beside their spans; measures are taken and not kept", async () => {
  const core = openTestCore();
  const program = await followProgram(core, "http://127.0.0.1:9/v1");
  const record = { timeUnixNano: "0", observedTimeUnixNano: `${second}300000000`, severityText: "WARN", eventName: "gen_ai.choice" };
  const logRecords = [
    { ...record, body: { stringValue: "slow" }, traceId: trace, spanId: within, attributes: [text("a", "b")] },
    { body: {} },
  ];
  const logs = { resourceLogs: [{ scopeLogs: [{ scope: { name: "lib" }, logRecords }] }] };
  const answer = await post(`${program.otlp}/v1/logs`, json, JSON.stringify(logs));
  expect(JSON.parse(answer.body.toString())).toMatchObject({ partialSuccess: { rejectedLogRecords: "1" } });
  expect((await post(`${program.otlp}/v1/metrics`, protobuf, Buffer.from([10, 0]))).status).toBe(200);
  const noted = notesOf((await program.end()).events);
  const about = { severity: "WARN", name: "gen_ai.choice", body: "slow", attributes: { a: "b" }, trace, span: within, scope: "lib" };
  expect(noted).toEqual([{ is: "log", at: second * 1000 + 300, ...about }]);
});

test("OT3: telemetry that had a place to go goes there too, with its keys; in a replay nowhere", async () => {
  const core = openTestCore();
  const collector = await upstream((response) => void response.writeHead(202).end("taken"));
  const telemetry = { traces: `${collector.url}/traces` };
  const program = await followProgram(core, "http://127.0.0.1:9/v1", { telemetry });
  const packed = gzipSync(JSON.stringify(inScope(spans)));
  expect((await post(`${program.otlp}/v1/traces`, { ...json, "content-encoding": "gzip", "x-key": "canary-1" }, packed)).status).toBe(200);
  expect(collector.asked).toMatchObject([
    { path: "/v1/traces", headers: { "x-key": "canary-1", "content-encoding": "gzip", "content-type": "application/json" } },
  ]);
  await collector.stop();
  expect((await post(`${program.otlp}/v1/traces`, json, "{}")).status).toBe(200);
  const { events } = await program.end();
  expect(notesOf(events).filter(({ is }) => is === "request")).toMatchObject([
    { method: "POST", path: "/v1/traces", status: 202, sent: packed.length, received: 5 },
    { status: null, failure: expect.anything() },
  ]);
  expect(JSON.stringify(events)).not.toContain("canary-1");
  const again = await followProgram(core, "http://127.0.0.1:9/v1", { telemetry, replay: { run: program.run } });
  await post(`${again.otlp}/v1/traces`, json, JSON.stringify(inScope(spans)));
  expect(notesOf((await again.end()).events)).toEqual(expected);
});

test("OT4: what is no OTLP is refused, and what is wrong with one span is that one's", async () => {
  const core = openTestCore();
  const program = await followProgram(core, "http://127.0.0.1:9/v1");
  const url = `${program.otlp}/v1/traces`;
  const good = spans[0] ?? {};
  const wrong = [
    { ...good, traceId: "ab" },
    { ...good, traceId: "0".repeat(32) },
    { ...good, spanId: `${outer}00` },
    { ...good, parentSpanId: "x" },
    { ...good, startTimeUnixNano: "18446744073709551615" },
    { ...good, endTimeUnixNano: "18446744073709551615" },
    { ...good, startTimeUnixNano: "-1" },
    { ...good, startTimeUnixNano: {} },
    { ...good, status: "bad" },
  ];
  const answer = await post(url, json, JSON.stringify(inScope([...wrong, good])));
  expect(JSON.parse(answer.body.toString())).toMatchObject({
    partialSuccess: { rejectedSpans: String(wrong.length), errorMessage: "traceId is no id of 32 hexadecimal digits." },
  });
  const many = Array.from({ length: 100_000 }, (_, index) => text(`a${index}`, ""));
  expect((await post(url, json, JSON.stringify(inScope([{ ...good, attributes: [...many, text("__proto__", "x")] }])))).status).toBe(200);

  // From the inside out: an array of one value, which is an array again.
  const shells: Uint8Array[] = [];
  let length = 0;
  for (let depth = 0; depth < 10_000; depth += 1) {
    const values = message((writer) => writer.uint32(10).uint32(length));
    const any = message((writer) => writer.uint32(42).uint32(length + values.length));
    shells.push(values, any);
    length += values.length + any.length;
  }
  const deep = Buffer.concat(shells.toReversed());
  const bad: [string, Uint8Array][] = [
    ["a length of 2^63", Buffer.from([0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])],
    ["a length past the end", Buffer.from([0x0a, 0x7f, 0x00])],
    ["an unknown wire type", Buffer.from([0x0f])],
    ["a group", Buffer.from([0x0b, 0x0c])],
    ["a varint without end", Buffer.alloc(20, 0xff)],
    [
      "nesting of 10,000",
      inProtobuf([
        message((span) =>
          part(
            span,
            9,
            message((pair) => part(words(pair, 1, "a"), 2, deep)),
          ),
        ),
      ]),
    ],
    [
      "a million parts",
      message((request) =>
        part(
          request,
          1,
          message((of) => part(of, 2, Buffer.alloc(2_000_000, Buffer.from([18, 0])))),
        ),
      ),
    ],
    ["a half of one", inProtobuf(protobufSpans).slice(0, 100)],
  ];
  for (const [what, bytes] of bad) expect({ what, ...(await post(url, protobuf, bytesOf(bytes))) }).toMatchObject({ what, status: 400 });
  for (const body of ["", "[]", "no", '{"resourceSpans":{}}', '{"resourceSpans":[1]}', "[".repeat(100_000)]) {
    expect(`${body.slice(0, 30)} ${(await post(url, json, body)).status}`).toMatch(/ 400$/);
  }
  const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, " "));
  expect((await post(url, { ...json, "content-encoding": "gzip" }, bomb)).status).toBe(413);
  expect((await post(url, { ...json, "content-encoding": "gzip" }, "not packed")).status).toBe(400);
  expect((await post(url, { ...json, "content-encoding": "br" }, "")).status).toBe(415);
  expect((await post(url, { "content-type": "text/plain" }, "{}")).status).toBe(415);
  expect(
    await post(url, json, Buffer.alloc(8 * 2 ** 20 + 1, " ")).then(
      ({ status }) => status,
      () => 413,
    ),
  ).toBe(413);
  expect((await fetch(url)).status).toBe(405);
  expect((await post(url.replace("/v1/traces", "/v1/else"), json, "{}")).status).toBe(404);
  expect((await post(url, { ...json, origin: "http://evil.example" }, "{}")).status).toBe(403);
  expect((await post(url.replace(/[\w-]{32}/, "A".repeat(32)), json, "{}")).status).toBe(404);
  const noted = notesOf((await program.end()).events);
  expect(noted).toHaveLength(2);
  expect(noted[0]).toEqual(expected[0]);
  expect(noted[1]).toMatchObject({ dropped: 100_001 - 128 });
});
