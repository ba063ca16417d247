// What is seen of a program besides what it asks: requests that its proxy passed on, and what it says of itself (OTLP).
import { z } from "zod";
import { Instant } from "./ids.ts";

/** By name; values as JSON has them, bytes in base64. */
const Attributes = z.record(z.string(), z.unknown());

const passage = {
  /** When it began. */
  at: Instant,
  ms: z.number().nonnegative(),
  /** With its port where that is not the usual one. */
  host: z.string(),
  /** Bytes of the body, or that went through the tunnel, each way. */
  sent: z.int().nonnegative(),
  received: z.int().nonnegative(),
  /** Why it came to nothing, or broke off. */
  failure: z.string().optional(),
};

/** An HTTP request that went through the proxy and asked no model. */
const RequestNote = z.object({ is: z.literal("request"), ...passage, method: z.string(), path: z.string(), status: z.int().nullable() });
/** A connection, encrypted as a rule, that the proxy led through unread. */
const TunnelNote = z.object({ is: z.literal("tunnel"), ...passage });

/** A span as OpenTelemetry has it (opentelemetry.proto.trace.v1). */
const SpanNote = z.object({
  is: z.literal("span"),
  /** Hexadecimal, 32 and 16 digits. */
  trace: z.string(),
  span: z.string(),
  parent: z.string().nullable(),
  name: z.string(),
  kind: z.enum(["unspecified", "internal", "server", "client", "producer", "consumer"]),
  /** Milliseconds since 1970, with what there is of a fraction. */
  start: z.number(),
  /** Not before `start`; the same where it was. */
  end: z.number(),
  status: z.enum(["unset", "ok", "error"]),
  message: z.string().optional(),
  attributes: Attributes,
  events: z.array(z.object({ at: z.number(), name: z.string(), attributes: Attributes })).optional(),
  /** What made it: the program's part (resource) and its library (scope). */
  service: z.string().optional(),
  scope: z.string().optional(),
  /** Attributes and events that were more than are kept. */
  dropped: z.int().positive().optional(),
});
export type SpanNote = z.infer<typeof SpanNote>;

/** A log record as OpenTelemetry has it (opentelemetry.proto.logs.v1). */
const LogNote = z.object({
  is: z.literal("log"),
  /** Milliseconds since 1970. */
  at: z.number(),
  severity: z.string().optional(),
  name: z.string().optional(),
  body: z.unknown(),
  attributes: Attributes,
  trace: z.string().nullable(),
  span: z.string().nullable(),
  service: z.string().optional(),
  scope: z.string().optional(),
  dropped: z.int().positive().optional(),
});
export type LogNote = z.infer<typeof LogNote>;

export const ProgramNote = z.discriminatedUnion("is", [RequestNote, TunnelNote, SpanNote, LogNote]);
export type ProgramNote = z.infer<typeof ProgramNote>;
