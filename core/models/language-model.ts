// Any language model that the AI SDK's providers can reach, as our stream of typed parts.
import type {
  LanguageModelV4,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import { fail, failureOf, type Failure, type FailureCode } from "../contract/failure.ts";
import type { Usage } from "../contract/usage.ts";
import type { Model, ModelPart, ModelRequest, ToolOutcome, Trouble } from "./model.ts";
import { priced, type Prices } from "./prices.ts";

const lastWordsMs = 250;

export interface LanguageModelOptions {
  readonly id: string;
  /** Where it answers, for the words of a failure. */
  readonly endpoint: string;
  readonly provider: LanguageModelV4;
  /** The longest silence before the call is given up, in milliseconds. */
  readonly silenceMs: number;
  /** Undefined where nobody has said what a token costs. */
  readonly prices: Prices | undefined;
  /** Whether the model is told the time of day, or only the day. */
  readonly tellsTime: boolean;
}

export interface LanguageModel extends Model {
  /** All that its provider is sent for this request. */
  sent(request: ModelRequest): Sent;
}

/** One call for each request: it is not tried again here. */
export function languageModel(options: LanguageModelOptions): LanguageModel {
  // Its size is asked before it is sent, and a second try sends the same.
  const built = new WeakMap<ModelRequest, Sent>();
  const sent = (request: ModelRequest): Sent => {
    const known = built.get(request) ?? sentFor(request, options.tellsTime);
    built.set(request, known);
    return known;
  };
  return {
    id: options.id,
    kind: "language",
    sent,
    stream: (request, signal) => attemptOnce(options, { request, ...sent(request) }, signal),
  };
}

interface Sent {
  readonly prompt: LanguageModelV4Prompt;
  readonly tools?: LanguageModelV4FunctionTool[];
}

function sentFor(request: ModelRequest, tellsTime: boolean): Sent {
  const { toWire } = wireNames(request);
  const tools = request.tools.map((tool) => ({
    type: "function" as const,
    name: toWire(tool.name),
    description: tool.description,
    inputSchema: tool.inputSchema as object,
  }));
  return { prompt: promptOf(request, toWire, tellsTime), ...(tools.length > 0 ? { tools } : {}) };
}

async function* attemptOnce(
  { provider, endpoint, silenceMs, prices }: LanguageModelOptions,
  { request, ...sent }: Sent & { readonly request: ModelRequest },
  signal: AbortSignal,
): AsyncGenerator<ModelPart> {
  const silence = new AbortController();
  let watch = setTimeout(() => silence.abort(), silenceMs);
  const { fromWire } = wireNames(request);
  let ended = false;
  try {
    const { stream } = await provider.doStream({
      ...sent,
      abortSignal: AbortSignal.any([signal, silence.signal]),
    });
    for await (const part of stream as unknown as AsyncIterable<LanguageModelV4StreamPart>) {
      if (ended) continue;
      watch.refresh();
      const ours = partOf(part, fromWire, { endpoint, prices });
      if (ours === undefined) continue;
      yield ours;
      if (ours.type === "failure") return;
      if (ours.type !== "finish") continue;
      ended = true;
      // Read to its end, so that the connection serves the next call; not for long, should it stay open.
      clearTimeout(watch);
      watch = setTimeout(() => silence.abort(), lastWordsMs);
    }
    if (!ended) yield { type: "failure", failure: cutShort(endpoint) };
  } catch (error) {
    if (!ended) yield failed(error, { endpoint, silenceMs, signal, silent: silence.signal.aborted });
  } finally {
    clearTimeout(watch);
  }
}

function partOf(
  part: LanguageModelV4StreamPart,
  nameOf: (wire: string) => string,
  { endpoint, prices }: { endpoint: string; prices: Prices | undefined },
): ModelPart | undefined {
  switch (part.type) {
    case "text-delta":
      return part.delta === "" ? undefined : { type: "text", text: part.delta };
    case "tool-call": {
      const input = parseJson(part.input === "" ? "{}" : part.input);
      if (input === undefined) {
        const message = `The model called ${nameOf(part.toolName)} with arguments that are not JSON.`;
        return { type: "failure", failure: fail("model.nonsense", message, "Try again, or choose a stronger model.").failure };
      }
      return { type: "call", call: { id: part.toolCallId, name: nameOf(part.toolName), input } };
    }
    case "finish":
      if (part.finishReason.unified === "error") return { type: "failure", failure: cutShort(endpoint) };
      return { type: "finish", usage: usageOf(part.usage, prices) };
    case "error":
      return failed(part.error, { endpoint, silent: false });
    default:
      return undefined;
  }
}

function promptOf(request: ModelRequest, toWire: (name: string) => string, tellsTime: boolean): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Message[] = [{ role: "system", content: systemText(request, tellsTime) }];
  for (const { role, text } of request.thread) {
    if (role === "user") prompt.push({ role, content: [{ type: "text", text }] });
    else prompt.push({ role, content: [{ type: "text", text }] });
  }
  prompt.push({ role: "user", content: [{ type: "text", text: briefText(request) }] });
  for (const { text, calls } of request.turns) {
    prompt.push({
      role: "assistant",
      content: [
        ...(text ? [{ type: "text" as const, text }] : []),
        ...calls.map(({ id, name, input }) => ({
          type: "tool-call" as const,
          toolCallId: id,
          toolName: toWire(name),
          input,
        })),
      ],
    });
    prompt.push({
      role: "tool",
      content: calls.map(({ id, name, outcome }) => ({
        type: "tool-result" as const,
        toolCallId: id,
        toolName: toWire(name),
        output: outputOf(outcome),
      })),
    });
  }
  return prompt;
}

function outputOf(outcome: ToolOutcome) {
  return outcome.ok
    ? { type: "text" as const, value: JSON.stringify(outcome.output) }
    : { type: "error-text" as const, value: outcome.failure.message };
}

function systemText({ instructions, now, timeZone, locale, outputSchema }: ModelRequest, tellsTime: boolean): string {
  const time = tellsTime ? { timeStyle: "short" as const } : {};
  const when = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", ...time, timeZone }).format(now);
  const lines = [instructions, `It is ${when} in ${timeZone}. The person's locale is ${locale}.`];
  if (outputSchema) {
    lines.push(`Answer with one JSON document and nothing else, of this JSON Schema:\n${JSON.stringify(outputSchema)}`);
  }
  return lines.join("\n\n");
}

function briefText({ brief }: ModelRequest): string {
  const lines = [`The person said: ${brief.goal}`];
  if (brief.part && brief.part !== brief.goal) lines.push(`Your part of it: ${brief.part}`);
  for (const { agent, part, outcome } of brief.results) {
    const what = outcome.ok ? JSON.stringify(outcome.output) : `it failed: ${outcome.failure.message}`;
    lines.push(`From ${agent}, asked "${part}": ${what}`);
  }
  return lines.join("\n");
}

/** Providers take letters, digits, dash and underscore only, so `calendar.add` goes out as `calendar_add`. */
function wireNames(request: ModelRequest) {
  const toWire = (name: string) => name.replaceAll(/[^\w-]/g, "_").slice(0, 64);
  const back = new Map(request.tools.map(({ name }) => [toWire(name), name]));
  return { toWire, fromWire: (wire: string) => back.get(wire) ?? wire };
}

function usageOf(usage: LanguageModelV4Usage, prices: Prices | undefined): Usage {
  const inputTokens = usage.inputTokens.total ?? 0;
  const outputTokens = usage.outputTokens.total ?? 0;
  const cachedTokens = usage.inputTokens.cacheRead ?? 0;
  const cacheWriteTokens = usage.inputTokens.cacheWrite ?? 0;
  return priced({ inputTokens, outputTokens, cachedTokens, ...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}) }, prices);
}

interface Site {
  readonly endpoint: string;
  readonly silenceMs?: number;
  readonly signal?: AbortSignal;
  readonly silent: boolean;
}

function failed(error: unknown, site: Site): ModelPart {
  const { endpoint } = site;
  if (site.signal?.aborted) return { type: "failure", failure: { code: "cancelled", message: "It was cancelled." } };
  if (site.silent) {
    const seconds = (site.silenceMs ?? 0) / 1000;
    return failure("model.unreachable", `The model at ${endpoint} was silent for ${seconds} s.`, {
      remedy: "Try again, or raise model.timeoutSeconds.",
      trouble: { mends: "time", says: `nothing for ${seconds} s` },
    });
  }
  const status = statusOf(error);
  if (status === 401 || status === 402 || status === 403) {
    return failure("model.refused", `${endpoint} refused the key (${status}).`, {
      remedy: "Check the variable that model.apiKeyEnv names.",
      trouble: { mends: "other", says: String(status) },
    });
  }
  if (status === 404) {
    return failure("model.refused", `${endpoint} does not know that model (404).`, {
      remedy: "Check model.name and model.baseUrl.",
      trouble: { mends: "other", says: "404" },
    });
  }
  if (status === 408 || status === 429 || (status !== undefined && status >= 500)) {
    const afterMs = waitAskedFor(error);
    return failure("model.unreachable", `${endpoint} is overloaded or broken (${status}).`, {
      remedy: "Try again later.",
      trouble: { mends: "time", says: String(status), ...(afterMs === undefined ? {} : { afterMs }) },
    });
  }
  if (status !== undefined && status >= 400) {
    return failure("model.refused", `${endpoint} refused the request (${status}): ${shortMessage(error)}`);
  }
  if (isNetworkError(error)) {
    return failure("model.unreachable", `Nothing answers at ${endpoint}.`, {
      remedy: "Start the model server, or check model.baseUrl.",
      trouble: { mends: "time", says: "nothing" },
    });
  }
  if (isOverloaded(error)) {
    return failure("model.unreachable", `${endpoint} is overloaded.`, {
      remedy: "Try again later.",
      trouble: { mends: "time", says: "it is overloaded" },
    });
  }
  if (error instanceof Error && error.name.startsWith("AI_")) {
    return failure("model.nonsense", `${endpoint} answered something that is not a model's answer.`, {
      remedy: "Check that model.baseUrl is a model's endpoint.",
    });
  }
  return { type: "failure", failure: failureOf(error) };
}

function failure(code: FailureCode, message: string, more: { remedy?: string; trouble?: Trouble } = {}): ModelPart {
  const { remedy, trouble } = more;
  return { type: "failure", failure: fail(code, message, remedy).failure, ...(trouble ? { trouble } : {}) };
}

/** Anthropic says so in the midst of a stream that began well. */
function isOverloaded(error: unknown): boolean {
  const type = typeof error === "object" && error !== null && "type" in error ? error.type : undefined;
  return type === "overloaded_error" || type === "rate_limit_error" || type === "api_error";
}

function cutShort(endpoint: string): Failure {
  return fail("model.nonsense", `The answer of ${endpoint} broke off or was not a model's answer.`, "Try again, or check model.baseUrl.")
    .failure;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : undefined;
}

/** What `Retry-After` (RFC 9110: seconds, or a date) or OpenAI's `retry-after-ms` asks for, in milliseconds. */
function waitAskedFor(error: unknown): number | undefined {
  const headers = error instanceof Error && "responseHeaders" in error ? (error.responseHeaders as Record<string, string> | undefined) : {};
  const ms = Number(headers?.["retry-after-ms"] ?? NaN);
  if (ms >= 0) return ms;
  const after = headers?.["retry-after"];
  if (after === undefined || after === "") return undefined;
  const asked = Number.isNaN(Number(after)) ? Date.parse(after) - Date.parse(headers?.["date"] ?? "") : Number(after) * 1000;
  return Number.isNaN(asked) ? undefined : Math.max(0, asked);
}

function isNetworkError(error: unknown): boolean {
  if (error instanceof Error && error.name === "AI_APICallError" && statusOf(error) === undefined) return true;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause ? String(cause.code) : "";
    if (/^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|ETIMEDOUT|UND_ERR)/.test(code)) return true;
    if (cause.name === "TypeError" && cause.message === "fetch failed") return true;
  }
  return false;
}

function shortMessage(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : "";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
