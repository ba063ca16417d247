// What a program says of itself by OpenTelemetry (OTLP over HTTP): kept with its run, and sent on to where it would have gone.
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { failureOf } from "../contract/failure.ts";
import type { ProgramNote } from "../contract/program-notes.ts";
import type { ProgramNotes } from "../runs/programs/notes.ts";
import { decodeOtlp, encodeExported, encodeStatus } from "../telemetry/otlp/protobuf.ts";
import { readLogs, readTraces, type Exported } from "../telemetry/otlp/read.ts";
import { readBody } from "./read-body.ts";

export const otlpSignals = ["traces", "logs", "metrics"] as const;
export type OtlpSignal = (typeof otlpSignals)[number];

interface Listening {
  readonly notes: ProgramNotes;
  /** Where the signal would have gone. */
  readonly onward: string | undefined;
  /** Asked before it is sent on there.
   * @throws FailureError `denied` */
  readonly reach: (target: URL) => void;
}

/** As it is sent and as it is unpacked. */
const longestBytes = 8 * 2 ** 20;
/** Exporters wait for ten seconds. */
const onwardMs = 5000;
const unpack = promisify(gunzip);
const readers = { traces: readTraces, logs: readLogs } as const satisfies Record<string, (json: unknown) => Exported<ProgramNote>>;

export async function receiveOtlp(
  { notes, onward, reach }: Listening,
  signal: OtlpSignal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim();
  const binary = type === "application/x-protobuf";
  const packed = request.headers["content-encoding"] ?? "identity";
  const refuse = (status: number, message: string) => {
    const body = binary ? encodeStatus(message) : JSON.stringify({ message });
    const contentType = binary ? "application/x-protobuf" : "application/json";
    // What is left of its body is not read.
    response.writeHead(status, { "Content-Type": contentType, "Cache-Control": "no-store", Connection: "close" });
    response.end(body);
  };
  if (request.method !== "POST") return refuse(405, "OTLP is posted.");
  if (!binary && type !== "application/json") return refuse(415, "It is neither application/json nor application/x-protobuf.");
  if (packed !== "identity" && packed !== "gzip") return refuse(415, `It is packed as ${packed}, not gzip.`);
  const body = await readBody(request, longestBytes);
  if (!body) return refuse(413, "It is larger than 8 MiB.");
  let told: Exported<ProgramNote> = { notes: [], rejected: 0, why: "" };
  try {
    const bytes = packed === "gzip" ? await unpack(body, { maxOutputLength: longestBytes }) : body;
    // Measures are sent on, not kept: what a run shows of itself, it measures.
    if (signal !== "metrics") told = readers[signal](binary ? decodeOtlp(signal, bytes) : JSON.parse(bytes.toString("utf8")));
  } catch (error) {
    const tooLong = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return tooLong ? refuse(413, "It is larger than 8 MiB unpacked.") : refuse(400, `That is no OTLP: ${failureOf(error).message}`);
  }
  const full = notes.add(told.notes);
  if (onward !== undefined) await sendOn(notes, reach, onward, request, body);
  const rejected = told.rejected + full;
  const why = told.why || (full > 0 ? "The run holds as many as it can." : "");
  response.writeHead(200, { "Content-Type": binary ? "application/x-protobuf" : "application/json", "Cache-Control": "no-store" });
  response.end(binary ? encodeExported(rejected, why) : JSON.stringify(partial(signal, rejected, why)));
}

function partial(signal: OtlpSignal, rejected: number, errorMessage: string): object {
  if (rejected === 0) return {};
  const counted = signal === "traces" ? "rejectedSpans" : "rejectedLogRecords";
  return { partialSuccess: { [counted]: String(rejected), errorMessage } };
}

/** Whatever comes of it there, the program has been heard. */
async function sendOn(
  notes: ProgramNotes,
  reach: Listening["reach"],
  onward: string,
  { headers }: IncomingMessage,
  body: Buffer<ArrayBuffer>,
): Promise<void> {
  const target = new URL(onward);
  const began = Date.now();
  let status: number | null = null;
  let received = 0;
  let failure: string | undefined;
  try {
    reach(target);
    const passed = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      typeof value !== "string" || /^(host|connection|content-length|transfer-encoding|keep-alive|expect)$/.test(name)
        ? []
        : [[name, value]],
    );
    const came = await fetch(target, { method: "POST", headers: passed, body, redirect: "manual", signal: AbortSignal.timeout(onwardMs) });
    status = came.status;
    received = (await came.arrayBuffer()).byteLength;
  } catch (error) {
    failure = failureOf(error).message;
  }
  const about = { at: began, ms: Date.now() - began, host: target.host, sent: body.length, received, ...(failure ? { failure } : {}) };
  notes.add([{ is: "request", ...about, method: "POST", path: target.pathname, status }]);
}
