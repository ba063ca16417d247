// One connection to an MCP server, by the official SDK, which is loaded when the first is made. What a server asks of its
// client (a model's turn, a question to the person, folders) is refused.
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { CallToolResult, JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { fail, FailureError } from "../../contract/failure.ts";
import type { McpServer } from "../../contract/mcp.ts";
import type { ListedTool } from "./card.ts";
import { httpTransport } from "./http-transport.ts";
import { ProcessTransport } from "./process-transport.ts";

const mostPages = 50;
const mostListed = 2000;
const deepest = 100;
const mostMessagesASecond = 2000;
/** Longer than a call of a tool may take: the call path ends it first. */
const requestMs = 150_000;
const pingMs = 5000;
/** The SDK's own code for a request that was not answered in time. */
const timedOut = -32001;

export interface Connection {
  /** @throws FailureError `tool.failed`, `timeout` */
  list(signal: AbortSignal): Promise<readonly ListedTool[]>;
  /** `signal` reaches the server as a cancellation. @throws FailureError `tool.failed`; the signal's reason */
  call(
    tool: string,
    input: Record<string, unknown>,
    options: { signal: AbortSignal; onProgress: (text: string) => void },
  ): Promise<CallToolResult>;
  /** Why it can't be used any more. */
  broken(): string | undefined;
  /** Resolves when nothing of it is left. */
  close(): Promise<void>;
}

export interface Connecting {
  readonly server: McpServer;
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly signal: AbortSignal;
  /** The server says that its tools are others now. */
  readonly onToolsChanged: () => void;
  /** It asked for something that it is not given. */
  readonly onRefused: (method: string) => void;
}

/** @throws FailureError `tool.failed`, `timeout`; the signal's reason. Nothing is left of it then. */
export async function connect(options: Connecting): Promise<Connection> {
  const { server, environment, version, signal, onToolsChanged, onRefused } = options;
  const [{ Client }, types] = await Promise.all([
    import("@modelcontextprotocol/sdk/client/index.js"),
    import("@modelcontextprotocol/sdk/types.js"),
  ]);
  let why: string | undefined;
  const process =
    server.command &&
    new ProcessTransport({
      settings: { command: server.command, folder: server.folder, env: server.env },
      environment,
      asMessage: (value) => asMessage(types.JSONRPCMessageSchema, value),
      onEnd: (reason) => (why ??= reason),
    });
  const transport: Transport = process ?? (await httpTransport(server.url ?? "", (reason) => breakOff(reason)));
  const client = new Client(
    { name: "botmojo", version },
    // The SDK would compile what servers send as schemas; nothing that comes from outside is compiled here.
    {
      capabilities: {},
      jsonSchemaValidator: { getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }) },
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
    throw new types.McpError(types.ErrorCode.MethodNotFound, "BotMojo does not give that to servers.");
  };
  client.setNotificationHandler(types.ToolListChangedNotificationSchema, onToolsChanged);

  const failed = (error: unknown): Error => {
    const by = `The MCP server ${server.name}`;
    if (error instanceof FailureError) return error;
    if (signal.aborted && error === signal.reason) return error as Error;
    if (why !== undefined) return fail("tool.failed", `${by} ${why}.`);
    if (error instanceof types.McpError) {
      if (error.code === timedOut) return fail("timeout", `${by} did not answer in time.`);
      return fail("tool.failed", `${by} says: ${error.message.slice(0, 2000)}`);
    }
    if (error instanceof Error && "issues" in error) return fail("tool.failed", `${by} answered with what is no answer.`);
    if (error instanceof Error && "code" in error && error.code === 401) {
      return fail("tool.failed", `${by} wants a login, which BotMojo can't do yet.`);
    }
    const words =
      error instanceof Error ? `${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ""}` : String(error);
    return fail("tool.failed", `${by} can't be used: ${words.slice(0, 500)}.`);
  };
  const close = async () => {
    if (!process && "terminateSession" in transport) {
      const ending = (transport as { terminateSession(): Promise<void> }).terminateSession().catch(() => {});
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
    throw failure;
  }

  return {
    async list(listing) {
      const tools: ListedTool[] = [];
      let cursor: string | undefined;
      try {
        for (let page = 0; page < mostPages; page += 1) {
          const request = { method: "tools/list" as const, params: cursor === undefined ? {} : { cursor } };
          const got = await whilePending(listing, (own) =>
            client.request(request, types.ListToolsResultSchema, { signal: own, timeout: requestMs }),
          );
          tools.push(...got.tools);
          if (tools.length > mostListed) break;
          if (got.nextCursor === undefined) return tools;
          cursor = got.nextCursor;
        }
      } catch (error) {
        throw failed(error);
      }
      throw fail("tool.failed", `The MCP server ${server.name} lists tools without end.`);
    },
    async call(tool, input, { signal: stop, onProgress }) {
      try {
        const request = { method: "tools/call" as const, params: { name: tool, arguments: input } };
        return await whilePending(stop, (own) =>
          client.request(request, types.CallToolResultSchema, {
            signal: own,
            timeout: requestMs,
            onprogress: ({ progress, total, message }) =>
              onProgress((message ?? `${progress}${total === undefined ? "" : ` of ${total}`}`).slice(0, 2000)),
          }),
        );
      } catch (error) {
        if (stop.aborted) {
          // One that does not even answer this hangs; the next call is to find a new one.
          void client.ping({ timeout: pingMs }).catch(() => breakOff("did not answer any more"));
          throw stop.reason;
        }
        const failure = failed(error);
        if (!(error instanceof types.McpError)) breakOff("failed");
        throw failure;
      }
    },
    broken: () => why,
    close,
  };
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

function asMessage(
  schema: { safeParse(value: unknown): { success: boolean; data?: JSONRPCMessage } },
  value: unknown,
): JSONRPCMessage | undefined {
  return typeof value === "object" && value !== null ? schema.safeParse(value).data : undefined;
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
