// What a program's exporter sends, as notes: OTLP in its JSON shape, of which nothing is certain. What is wrong with one
// span or record is that one's; what is too much of it is cut and counted.
import type { LogNote, SpanNote } from "../../contract/program-notes.ts";

export interface Exported<Note> {
  readonly notes: readonly Note[];
  readonly rejected: number;
  /** What was wrong with the first that was not taken. */
  readonly why: string;
}

type Json = Readonly<Record<string, unknown>>;

const mostNotes = 10_000;
const mostAttributes = 128;
const mostEvents = 128;
const longestName = 1000;
const deepest = 16;

/** @throws Error where the whole is not of that shape */
export function readTraces(json: unknown): Exported<SpanNote> {
  return readAll(json, ["resourceSpans", "scopeSpans", "spans"], readSpan);
}

/** @throws Error where the whole is not of that shape */
export function readLogs(json: unknown): Exported<LogNote> {
  return readAll(json, ["resourceLogs", "scopeLogs", "logRecords"], readLog);
}

type Made = Pick<SpanNote, "service" | "scope">;

function readAll<Note>(
  json: unknown,
  [outer, middle, list]: readonly [string, string, string],
  readOne: (one: Json, made: Made) => Note,
): Exported<Note> {
  const notes: Note[] = [];
  let rejected = 0;
  let why = "";
  for (const ofResource of listIn(object(json, "The body"), outer)) {
    const { attributes } = object(ofResource["resource"] ?? {}, "resource");
    const { ["service.name"]: service } = readAttributes(attributes).attributes;
    for (const ofScope of listIn(ofResource, middle)) {
      const { name: scope } = object(ofScope["scope"] ?? {}, "scope");
      const made = { ...(isName(service) ? { service } : {}), ...(isName(scope) ? { scope } : {}) };
      for (const one of listIn(ofScope, list)) {
        try {
          if (notes.length >= mostNotes) throw new Error(`There are more than ${mostNotes} in one export.`);
          notes.push(readOne(one, made));
        } catch (error) {
          rejected += 1;
          why ||= error instanceof Error ? error.message : String(error);
        }
      }
    }
  }
  return { notes, rejected, why };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= longestName;
}

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const codes = ["unset", "ok", "error"] as const;

function readSpan(span: Json, made: Made): SpanNote {
  const parent = span["parentSpanId"] ?? "";
  const start = timeOf(span["startTimeUnixNano"], "startTimeUnixNano");
  const { attributes, dropped } = readAttributes(span["attributes"]);
  const events = Array.isArray(span["events"]) ? span["events"] : [];
  const { code, message } = object(span["status"] ?? {}, "status");
  const lost = dropped + Math.max(0, events.length - mostEvents);
  return {
    is: "span",
    trace: idOf(span["traceId"], 32, "traceId"),
    span: idOf(span["spanId"], 16, "spanId"),
    parent: parent === "" ? null : idOf(parent, 16, "parentSpanId"),
    name: textOf(span["name"]),
    kind: kinds[enumOf(span["kind"])] ?? "unspecified",
    start,
    // One that has not ended, or before it began, has no length.
    end: Math.max(start, isZero(span["endTimeUnixNano"]) ? start : timeOf(span["endTimeUnixNano"], "endTimeUnixNano")),
    status: codes[enumOf(code)] ?? "unset",
    ...(typeof message === "string" && message !== "" ? { message } : {}),
    attributes,
    ...(events.length > 0 ? { events: events.slice(0, mostEvents).map(readEvent) } : {}),
    ...made,
    ...(lost > 0 ? { dropped: lost } : {}),
  };
}

function readEvent(value: unknown): { at: number; name: string; attributes: Record<string, unknown> } {
  const event = object(value, "An event");
  const { attributes } = readAttributes(event["attributes"]);
  return { at: timeOf(event["timeUnixNano"], "timeUnixNano"), name: textOf(event["name"]), attributes };
}

function readLog(log: Json, made: Made): LogNote {
  const { attributes, dropped } = readAttributes(log["attributes"]);
  const severity = log["severityText"];
  const name = log["eventName"];
  return {
    is: "log",
    at: timeOf(isZero(log["timeUnixNano"]) ? log["observedTimeUnixNano"] : log["timeUnixNano"], "timeUnixNano"),
    ...(isName(severity) ? { severity } : {}),
    ...(isName(name) ? { name } : {}),
    body: valueOf(log["body"], deepest) ?? null,
    attributes,
    trace: isGiven(log["traceId"]) ? idOf(log["traceId"], 32, "traceId") : null,
    span: isGiven(log["spanId"]) ? idOf(log["spanId"], 16, "spanId") : null,
    ...made,
    ...(dropped > 0 ? { dropped } : {}),
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== "";
}

function idOf(value: unknown, digits: number, field: string): string {
  if (typeof value === "string" && value.length === digits && /^[0-9a-f]+$/i.test(value) && !/^0+$/.test(value)) return value.toLowerCase();
  throw new Error(`${field} is no id of ${digits} hexadecimal digits.`);
}

function isZero(value: unknown): boolean {
  return value === undefined || value === 0 || value === "0";
}

/** Nanoseconds since 1970, as a number or its digits, in milliseconds. */
function timeOf(value: unknown, field: string): number {
  const digits = typeof value === "number" && Number.isSafeInteger(Math.round(value / 1000)) ? BigInt(Math.round(value)) : value;
  const nano = typeof digits === "bigint" ? digits : typeof digits === "string" && /^\d{1,20}$/.test(digits) ? BigInt(digits) : undefined;
  if (nano === undefined || nano <= 0n || nano >= 2n ** 63n) throw new Error(`${field} is no time between 1970 and 2262.`);
  return Number(nano / 1000n) / 1000;
}

function enumOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, longestName) : "";
}

function readAttributes(value: unknown): { attributes: Record<string, unknown>; dropped: number } {
  const given = Array.isArray(value) ? value : [];
  const pairs = given.slice(0, mostAttributes).flatMap((one): [string, unknown][] => {
    const { key, value: held } = typeof one === "object" && one !== null ? (one as { key?: unknown; value?: unknown }) : {};
    return isName(key) && key !== "__proto__" ? [[key, valueOf(held, deepest) ?? null]] : [];
  });
  return { attributes: Object.fromEntries(pairs), dropped: given.length - pairs.length };
}

/** Undefined for what is no value. */
function valueOf(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return undefined;
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = value as Json;
  if (typeof stringValue === "string") return stringValue;
  if (typeof boolValue === "boolean") return boolValue;
  if (typeof intValue === "number" || typeof intValue === "string")
    return Number.isSafeInteger(Number(intValue)) ? Number(intValue) : intValue;
  if (typeof doubleValue === "number") return Number.isFinite(doubleValue) ? doubleValue : String(doubleValue);
  if (typeof doubleValue === "string") return doubleValue;
  if (typeof bytesValue === "string") return bytesValue;
  const items = (held: unknown) => {
    const { values } = typeof held === "object" && held !== null ? (held as { values?: unknown }) : {};
    return Array.isArray(values) ? values : [];
  };
  if (arrayValue !== undefined) return items(arrayValue).map((item) => valueOf(item, depth - 1) ?? null);
  if (kvlistValue === undefined) return undefined;
  const pairs = items(kvlistValue).flatMap((one): [string, unknown][] => {
    const { key, value: held } = typeof one === "object" && one !== null ? (one as { key?: unknown; value?: unknown }) : {};
    return typeof key === "string" && key !== "__proto__" ? [[key, valueOf(held, depth - 1) ?? null]] : [];
  });
  return Object.fromEntries(pairs);
}

function listIn(holder: Json, field: string): readonly Json[] {
  const value = holder[field];
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`${field} is no list.`);
  return value.map((one) => object(one, field));
}

function object(value: unknown, what: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new Error(`${what} is no object.`);
}
