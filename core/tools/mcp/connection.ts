// One connection to an MCP server, by the official SDK, which is loaded when the first is made and speaks to servers of
// both eras: it asks for 2026-07-28 first, and goes back to 2025-11-25 where a server knows nothing of that.
import { AsyncLocalStorage } from "node:async_hooks";
import type { CallToolResult, Client, JSONRPCMessage, Progress, Transport } from "@modelcontextprotocol/client";
import { fail, FailureError } from "../../contract/failure.ts";
import type { McpServer } from "../../contract/mcp.ts";
import type { ListedTool } from "./card.ts";
import { demandOf, httpTransport } from "./http-transport.ts";
import type { Access } from "./login/access.ts";
import { ProcessTransport } from "./process-transport.ts";
import { answerServer, type Asking } from "./questions.ts";

const mostPages = 50;
const mostListed = 2000;
const deepest = 100;
const mostMessagesASecond = 2000;
/** Longer than anything but a call may take: who asks ends it first. */
const requestMs = 150_000;
/** The longest that there is: a call may wait for a person. */
const callMs = 2 ** 31 - 1;
const pingMs = 5000;
/** Servers of the older era may leave a question that they do not know without an answer. */
const probeMs = 5000;

export interface Connection {
  /** @throws FailureError `tool.failed`, `timeout` */
  list(signal: AbortSignal): Promise<readonly ListedTool[]>;
  /** `signal` reaches the server as a cancellation. @throws FailureError `tool.failed`; the signal's reason */
  call(
    tool: string,
    input: Record<string, unknown>,
    options: { signal: AbortSignal; onProgress: (text: string) => void; asking: Asking },
  ): Promise<CallToolResult>;
  /** It tells of a change by itself; one that does not has to be asked before it is used. */
  tells(): boolean;
  /** Why it can't be used any more. */
  broken(): string | undefined;
  /** Resolves when nothing of it is left. */
  close(): Promise<void>;
}

export interface Connecting {
  readonly server: McpServer;
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly access: Access;
  /** Ends the connecting. */
  readonly signal: AbortSignal;
  /** Ends all of it. */
  readonly closing: AbortSignal;
  /** The server says that its tools are others now. */
  readonly onToolsChanged: () => void;
  /** It asked for something that it is not given. */
  readonly onRefused: (method: string) => void;
}

/** @throws FailureError `tool.failed`, `timeout`; the signal's reason. Nothing is left of it then. */
export async function connect(options: Connecting): Promise<Connection> {
  const sdk = await import("@modelcontextprotocol/client");
  const first = await open(sdk, options, "auto");
  if (!("endedAtOnce" in first)) return first;
  // There are servers of the older era that end when they are asked what they do not know.
  const second = await open(sdk, options, "legacy");
  if ("endedAtOnce" in second) throw second.endedAtOnce;
  return second;
}

/** `endedAtOnce`: the server's process ended by itself before it had said anything. */
async function open(
  sdk: typeof import("@modelcontextprotocol/client"),
  { server, environment, version, access, signal, closing, onToolsChanged, onRefused }: Connecting,
  mode: "auto" | "legacy",
): Promise<Connection | { readonly endedAtOnce: Error }> {
  let why: string | undefined;
  let ended = false;
  const process =
    server.command &&
    new ProcessTransport({
      settings: { command: server.command, folder: server.folder, env: server.env },
      environment,
      asMessage: (value) => asMessage(sdk.parseJSONRPCMessage, value),
      onEnd: (reason, byItself) => {
        ended ||= byItself;
        why ??= reason;
      },
    });
  const transport: Transport =
    process ?? httpTransport(sdk, { url: server.url ?? "", access, signal: closing }, (reason) => breakOff(reason));
  const client = new sdk.Client(
    { name: "botmojo", version },
    {
      capabilities: { elicitation: { form: { applyDefaults: true }, url: {} } },
      // The SDK would compile what servers send as schemas; nothing that comes from outside is compiled here.
      jsonSchemaValidator: { getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }) },
      versionNegotiation: { mode, ...(process ? { probe: { timeoutMs: probeMs } } : {}) },
      listMaxPages: mostPages,
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: onToolsChanged } },
    },
  );
  const breakOff = (reason: string) => {
    why ??= reason;
    if (process) process.end(reason);
    else client.close().catch(() => {});
  };
  const tooMany = floodGate();
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's transports have no other way
  transport.onmessage = (message) => {
    if (tooMany()) breakOff(`sent more than ${mostMessagesASecond} messages in a second`);
    else if (isDeep(message)) breakOff(`sent a message nested deeper than ${deepest}`);
    else return;
    throw new Error(why);
  };
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's client has no other way
  client.onclose = () => (why ??= "ended the connection");
  client.fallbackRequestHandler = ({ method }) => {
    onRefused(method);
    throw new sdk.ProtocolError(sdk.ProtocolErrorCode.MethodNotFound, "BotMojo does not give that to servers.");
  };

  const callers = callersOf();
  client.setRequestHandler("elicitation/create", ({ params }) => {
    const asking = callers.current();
    if (asking) return answerServer(params, asking);
    onRefused("elicitation/create");
    return { action: "cancel" };
  });

  const failed = (error: unknown): Error => {
    const by = `The MCP server ${server.name}`;
    if (error instanceof FailureError) return error;
    if (signal.aborted && error === signal.reason) return error as Error;
    if (why !== undefined) return fail("tool.failed", `${by} ${why}.`);
    if (error instanceof sdk.ProtocolError) return fail("tool.failed", `${by} says: ${access.hide(error.message.slice(0, 2000))}`);
    if (error instanceof sdk.SdkError) {
      const { code } = error;
      if (code === sdk.SdkErrorCode.RequestTimeout) return fail("timeout", `${by} did not answer in time.`);
      if (code === sdk.SdkErrorCode.InvalidResult || code === sdk.SdkErrorCode.UnsupportedResultType)
        return fail("tool.failed", `${by} answered with what is no answer.`);
      if (code === sdk.SdkErrorCode.ListPaginationExceeded) return endless(server);
    }
    if (error instanceof sdk.UnauthorizedError) return access.missing();
    if (error instanceof sdk.InsufficientScopeError) {
      const { requiredScope, resourceMetadataUrl } = error;
      return access.tooNarrow(
        demandOf({
          ...(requiredScope === undefined ? {} : { scope: requiredScope }),
          ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
        }),
      );
    }
    const words =
      error instanceof Error ? `${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ""}` : String(error);
    return fail("tool.failed", `${by} can't be used: ${access.hide(words.slice(0, 500))}.`);
  };
  /** The server is there as before; it only did not do what it was asked. */
  const isAnswer = (error: unknown) =>
    error instanceof sdk.ProtocolError ||
    error instanceof sdk.InsufficientScopeError ||
    error instanceof sdk.UnauthorizedError ||
    (error instanceof FailureError && access.needed());
  const close = async () => {
    if (transport instanceof sdk.StreamableHTTPClientTransport) {
      const ending = transport.terminateSession().catch(() => {});
      await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
    }
    await client.close().catch(() => {});
    await process?.close();
  };

  try {
    await whilePending(signal, (own) => client.connect(transport, { signal: own, timeout: requestMs }));
  } catch (error) {
    const failure = failed(error);
    await close();
    if (mode === "auto" && ended) return { endedAtOnce: failure };
    throw failure;
  }

  // In the newer era a server tells of changes only where it was asked to, on a stream that may end.
  let tells = client.getProtocolEra() === "legacy" || client.autoOpenedSubscription !== undefined;
  void client.autoOpenedSubscription?.closed.then(() => (tells = false));

  return {
    async list(listing) {
      if (!client.getServerCapabilities()?.tools) return [];
      try {
        const { tools } = await whilePending(listing, (own) =>
          client.listTools(undefined, { cacheMode: "refresh", signal: own, timeout: requestMs }),
        );
        if (tools.length <= mostListed) return tools;
      } catch (error) {
        throw failed(error);
      }
      throw endless(server);
    },
    async call(tool, input, { signal: stop, onProgress, asking }) {
      const options = {
        timeout: callMs,
        onprogress: ({ progress, total, message }: Progress) =>
          onProgress((message ?? `${progress}${total === undefined ? "" : ` of ${total}`}`).slice(0, 2000)),
      };
      try {
        return await callers.during(asking, () =>
          whilePending(stop, (own) => client.callTool({ name: tool, arguments: input }, { ...options, signal: own })),
        );
      } catch (error) {
        if (stop.aborted) {
          // One that does not even answer this hangs; the next call is to find a new one.
          void stillThere(client).catch(() => breakOff("did not answer any more"));
          throw stop.reason;
        }
        const failure = failed(error);
        if (!isAnswer(error)) breakOff("failed");
        throw failure;
      }
    },
    tells: () => tells,
    broken: () => why,
    close,
  };
}

/** Which call a question of the server belongs to: the one it came in answer to, or the only one there is. */
function callersOf() {
  const way = new AsyncLocalStorage<Asking>();
  const going = new Set<Asking>();
  return {
    current() {
      const own = way.getStore();
      if (own) return going.has(own) ? own : undefined;
      return going.size === 1 ? [...going][0] : undefined;
    },
    async during<T>(asking: Asking, work: () => Promise<T>): Promise<T> {
      going.add(asking);
      try {
        return await way.run(asking, work);
      } finally {
        going.delete(asking);
      }
    },
  };
}

function endless(server: McpServer): FailureError {
  return fail("tool.failed", `The MCP server ${server.name} lists tools without end.`);
}

/** The newer era has no ping. */
async function stillThere(client: Client): Promise<void> {
  await (client.getProtocolEra() === "modern" ? client.discover({ timeout: pingMs }) : client.ping({ timeout: pingMs }));
}

/** The SDK never lets go of a signal and would cancel what was answered long ago, so each request has one of its own. */
async function whilePending<T>(outer: AbortSignal, ask: (own: AbortSignal) => Promise<T>): Promise<T> {
  outer.throwIfAborted();
  const own = new AbortController();
  const stop = () => own.abort(outer.reason);
  outer.addEventListener("abort", stop, { once: true });
  try {
    return await ask(own.signal);
  } finally {
    outer.removeEventListener("abort", stop);
  }
}

function asMessage(parse: (value: unknown) => JSONRPCMessage, value: unknown): JSONRPCMessage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return parse(value);
  } catch {
    return undefined;
  }
}

/** Says whether there were too many messages within a second. */
function floodGate(): () => boolean {
  let from = 0;
  let count = 0;
  return () => {
    const now = performance.now();
    if (now - from > 1000) [from, count] = [now, 0];
    count += 1;
    return count > mostMessagesASecond;
  };
}

function isDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}
