// Any language model that the AI SDK's providers can reach, as our stream of typed parts.
import type {
  LanguageModelV4,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import { fail, failureOf, type Failure } from "../contract/failure.ts";
import type { Usage } from "../contract/usage.ts";
import type { Model, ModelPart, ModelRequest, ToolOutcome } from "./model.ts";

export interface LanguageModelOptions {
  readonly id: string;
  /** Where it answers, for the words of a failure. */
  readonly endpoint: string;
  readonly provider: LanguageModelV4;
  /** The longest silence before the call is given up, in milliseconds. */
  readonly silenceMs: number;
  readonly prices?: Prices;
}

/** US dollars for a million tokens. */
interface Prices {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

const noPrices: Prices = { input: 0, cached: 0, output: 0 };

const attempts = 3;

export function languageModel(options: LanguageModelOptions): Model {
  return {
    id: options.id,
    kind: "language",
    async *stream(request, signal) {
      for (let attempt = 1; ; attempt += 1) {
        let begun = false;
        let failure: Failure | undefined;
        for await (const part of attemptOnce(options, request, signal)) {
          if (part.type === "failure") {
            failure = part.failure;
            break;
          }
          begun = true;
          yield part;
        }
        if (!failure) return;
        const again = !begun && attempt < attempts && failure.code === "model.unreachable" && !signal.aborted;
        if (!again) {
          yield { type: "failure", failure };
          return;
        }
        await pause(250 * 2 ** attempt, signal);
      }
    },
  };
}

async function* attemptOnce(
  { provider, endpoint, silenceMs, prices = noPrices }: LanguageModelOptions,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelPart> {
  const silence = new AbortController();
  const watch = setTimeout(() => silence.abort(), silenceMs);
  const names = wireNames(request);
  let ended = false;
  try {
    const { stream } = await provider.doStream({
      prompt: promptOf(request, names.toWire),
      abortSignal: AbortSignal.any([signal, silence.signal]),
      ...(request.tools.length > 0
        ? {
            tools: request.tools.map((tool) => ({
              type: "function" as const,
              name: names.toWire(tool.name),
              description: tool.description,
              inputSchema: tool.inputSchema as object,
            })),
          }
        : {}),
    });
    for await (const part of stream as unknown as AsyncIterable<LanguageModelV4StreamPart>) {
      watch.refresh();
      const ours = partOf(part, names.fromWire, { endpoint, prices });
      if (ours === undefined) continue;
      ended = ours.type === "finish" || ours.type === "failure";
      yield ours;
      if (ended) return;
    }
    if (!ended) yield { type: "failure", failure: cutShort(endpoint) };
  } catch (error) {
    yield { type: "failure", failure: failureFor(error, { endpoint, silenceMs, signal, silent: silence.signal.aborted }) };
  } finally {
    clearTimeout(watch);
  }
}

function partOf(
  part: LanguageModelV4StreamPart,
  nameOf: (wire: string) => string,
  { endpoint, prices }: { endpoint: string; prices: Prices },
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
      return { type: "failure", failure: failureFor(part.error, { endpoint, silent: false }) };
    default:
      return undefined;
  }
}

function promptOf(request: ModelRequest, toWire: (name: string) => string): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Message[] = [{ role: "system", content: systemText(request) }];
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

function systemText({ instructions, now, timeZone, locale, outputSchema }: ModelRequest): string {
  const when = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short", timeZone }).format(now);
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

function usageOf(usage: LanguageModelV4Usage, prices: Prices): Usage {
  const inputTokens = usage.inputTokens.total ?? 0;
  const outputTokens = usage.outputTokens.total ?? 0;
  const cachedTokens = usage.inputTokens.cacheRead ?? 0;
  // A dollar for a million tokens is a millionth of a dollar for one.
  const microUsd = (inputTokens - cachedTokens) * prices.input + cachedTokens * prices.cached + outputTokens * prices.output;
  return { inputTokens, outputTokens, cachedTokens, ...(microUsd > 0 ? { microUsd: Math.round(microUsd) } : {}) };
}

function failureFor(error: unknown, site: { endpoint: string; silenceMs?: number; signal?: AbortSignal; silent: boolean }): Failure {
  const { endpoint } = site;
  if (site.signal?.aborted) return { code: "cancelled", message: "It was cancelled." };
  if (site.silent) {
    return fail(
      "model.unreachable",
      `The model at ${endpoint} was silent for ${(site.silenceMs ?? 0) / 1000} s.`,
      "Try again, or raise model.timeoutSeconds.",
    ).failure;
  }
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    return fail("model.refused", `${endpoint} refused the key (${status}).`, "Check the variable that model.apiKeyEnv names.").failure;
  }
  if (status === 404) {
    return fail("model.refused", `${endpoint} does not know that model (404).`, "Check model.name and model.baseUrl.").failure;
  }
  if (status === 429 || (status !== undefined && status >= 500)) {
    return fail("model.unreachable", `${endpoint} is overloaded or broken (${status}).`, "Try again later.").failure;
  }
  if (status !== undefined && status >= 400) {
    return fail("model.refused", `${endpoint} refused the request (${status}): ${shortMessage(error)}`).failure;
  }
  if (isNetworkError(error)) {
    return fail("model.unreachable", `Nothing answers at ${endpoint}.`, "Start the model server, or check model.baseUrl.").failure;
  }
  if (error instanceof Error && error.name.startsWith("AI_")) {
    return fail(
      "model.nonsense",
      `${endpoint} answered something that is not a model's answer.`,
      "Check that model.baseUrl is a model's endpoint.",
    ).failure;
  }
  return failureOf(error);
}

function cutShort(endpoint: string): Failure {
  return fail("model.nonsense", `The answer of ${endpoint} broke off or was not a model's answer.`, "Try again, or check model.baseUrl.")
    .failure;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : undefined;
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

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
