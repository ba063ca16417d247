// OTLP's protobuf messages, read into what its JSON encoding would have had (opentelemetry-proto 1.x: trace, logs, common,
// resource). The wire format is the library's business; which fields there are, and how much is taken, is said here.
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

type Field = readonly [
  name: string,
  kind: "string" | "hex" | "base64" | "bool" | "uint32" | "int64" | "fixed64" | "double" | Message,
  list?: true,
];
type Message = () => Readonly<Record<number, Field>>;

const anyValue: Message = () => ({
  1: ["stringValue", "string"],
  2: ["boolValue", "bool"],
  3: ["intValue", "int64"],
  4: ["doubleValue", "double"],
  5: ["arrayValue", () => ({ 1: ["values", anyValue, true] })],
  6: ["kvlistValue", () => ({ 1: ["values", keyValue, true] })],
  7: ["bytesValue", "base64"],
});
const keyValue: Message = () => ({ 1: ["key", "string"], 2: ["value", anyValue] });
const resource: Message = () => ({ 1: ["attributes", keyValue, true] });
const scope: Message = () => ({ 1: ["name", "string"], 2: ["version", "string"] });
const spanEvent: Message = () => ({
  1: ["timeUnixNano", "fixed64"],
  2: ["name", "string"],
  3: ["attributes", keyValue, true],
  4: ["droppedAttributesCount", "uint32"],
});
const span: Message = () => ({
  1: ["traceId", "hex"],
  2: ["spanId", "hex"],
  4: ["parentSpanId", "hex"],
  5: ["name", "string"],
  6: ["kind", "uint32"],
  7: ["startTimeUnixNano", "fixed64"],
  8: ["endTimeUnixNano", "fixed64"],
  9: ["attributes", keyValue, true],
  10: ["droppedAttributesCount", "uint32"],
  11: ["events", spanEvent, true],
  12: ["droppedEventsCount", "uint32"],
  15: ["status", () => ({ 2: ["message", "string"], 3: ["code", "uint32"] })],
});
const logRecord: Message = () => ({
  1: ["timeUnixNano", "fixed64"],
  2: ["severityNumber", "uint32"],
  3: ["severityText", "string"],
  5: ["body", anyValue],
  6: ["attributes", keyValue, true],
  7: ["droppedAttributesCount", "uint32"],
  9: ["traceId", "hex"],
  10: ["spanId", "hex"],
  11: ["observedTimeUnixNano", "fixed64"],
  12: ["eventName", "string"],
});
const scoped = (list: string, one: Message): Message => {
  return () => ({ 1: ["scope", scope], 2: [list, one, true] });
};
const roots = {
  traces: () => ({ 1: ["resourceSpans", () => ({ 1: ["resource", resource], 2: ["scopeSpans", scoped("spans", span), true] }), true] }),
  logs: () => ({
    1: ["resourceLogs", () => ({ 1: ["resource", resource], 2: ["scopeLogs", scoped("logRecords", logRecord), true] }), true],
  }),
} satisfies Record<string, Message>;

const deepest = 100;
/** One may be two bytes long, and an object a hundred. */
const mostMessages = 250_000;

/** @throws Error for what is no such message, is nested too deep, or has too many parts */
export function decodeOtlp(signal: keyof typeof roots, bytes: Uint8Array): unknown {
  const left = { messages: mostMessages };
  return decode(new BinaryReader(bytes), bytes.length, roots[signal], deepest, left);
}

function decode(reader: BinaryReader, end: number, message: Message, depth: number, left: { messages: number }): Record<string, unknown> {
  if (depth === 0) throw new Error("It is nested too deep.");
  if ((left.messages -= 1) < 0) throw new Error(`It has more than ${mostMessages} parts.`);
  const fields = message();
  const found: Record<string, unknown> = {};
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    if (wire === WireType.LengthDelimited) checkLength(reader);
    const field = fields[number];
    if (!field || wireOf(field) !== wire) {
      // Groups are of an older protobuf than OTLP.
      if (wire === WireType.StartGroup || wire === WireType.EndGroup) throw new Error(`Field ${number} is a group.`);
      reader.skip(wire, number);
      continue;
    }
    const [name, kind, list] = field;
    const value = typeof kind === "function" ? inner(reader, kind, depth, left) : scalar(reader, kind);
    if (!list) found[name] = value;
    else if (Array.isArray(found[name])) found[name].push(value);
    else found[name] = [value];
  }
  if (reader.pos !== end) throw new Error("A part ends outside of what it is in.");
  return found;
}

function inner(reader: BinaryReader, message: Message, depth: number, left: { messages: number }): Record<string, unknown> {
  const length = reader.uint32();
  return decode(reader, reader.pos + length, message, depth - 1, left);
}

/** The library takes the lower half of a length for the whole. */
function checkLength(reader: BinaryReader): void {
  const { pos } = reader;
  if (BigInt(reader.uint64()) > BigInt(reader.len - reader.pos)) throw new Error("It ends too early.");
  reader.pos = pos;
}

function wireOf([, kind]: Field): WireType {
  switch (kind) {
    case "bool":
    case "uint32":
    case "int64":
      return WireType.Varint;
    case "fixed64":
    case "double":
      return WireType.Bit64;
    default:
      return WireType.LengthDelimited;
  }
}

function scalar(reader: BinaryReader, kind: Exclude<Field[1], Message>): unknown {
  switch (kind) {
    case "string":
      return reader.string();
    case "hex":
      return Buffer.from(reader.bytes()).toString("hex");
    case "base64":
      return Buffer.from(reader.bytes()).toString("base64");
    case "bool":
      return reader.bool();
    case "uint32":
      return reader.uint32();
    case "int64":
      return String(reader.int64());
    case "fixed64":
      return String(reader.fixed64());
    case "double":
      return reader.double();
  }
}

/** The answer to an export: how many were not taken, and why, where that is not nothing. */
export function encodeExported(rejected: number, why: string): Uint8Array {
  const writer = new BinaryWriter();
  if (rejected === 0) return writer.finish();
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int64(rejected).tag(2, WireType.LengthDelimited).string(why);
  return writer.join().finish();
}

/** A refusal (google.rpc.Status). */
export function encodeStatus(message: string): Uint8Array {
  return new BinaryWriter().tag(2, WireType.LengthDelimited).string(message).finish();
}
