// The life of one MCP server: connected when first needed, compared with what was approved at every turn, started again
// with growing pauses after it failed.
import { fail, failureOf } from "../../contract/failure.ts";
import type { McpCard, McpServer } from "../../contract/mcp.ts";
import { limitTime, sleepUntil, type Clock } from "../../system/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { PersonAsked, ToolContext } from "../tool.ts";
import { cardOf } from "./card.ts";
import { connect, type Connection } from "./connection.ts";
import type { Access } from "./login/access.ts";
import { outputOf, type McpOutput } from "./result.ts";

const connectMs = 60_000;
const firstPauseMs = 500;
const longestPauseMs = 30_000;

export interface LiveServer {
  /** What it is now, asked anew. @throws FailureError `tool.failed`, `timeout` */
  look(): Promise<McpCard>;
  /** @throws FailureError `denied` when it is not what was approved; `tool.failed`, `timeout` */
  call(tool: string, input: Record<string, unknown>, context: Pick<ToolContext, "signal" | "progress" | "ask">): Promise<McpOutput>;
  /** Resolves when nothing of it is left. */
  close(): Promise<void>;
}

export interface ServerDeps {
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly access: Access;
  readonly telemetry: Pick<Log, "info" | "warn">;
  /** Is told of every state that it is seen in. */
  readonly onSeen: (card: McpCard) => void;
  /** Why its tools may not be called, as of now. */
  readonly closed: () => string | undefined;
}

export function liveServer(server: McpServer, deps: ServerDeps): LiveServer {
  const { clock, environment, version, access, telemetry, onSeen, closed } = deps;
  const { name } = server;
  const closing = new AbortController();
  let open: Promise<Connection> | undefined;
  let failures = 0;
  let notBefore = 0;
  let checking: Promise<void> | undefined;
  let again = false;
  const dropped = new WeakSet<Connection>();

  const failedOnce = () => {
    notBefore = clock.now() + Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
    failures += 1;
  };
  const start = async (): Promise<Connection> => {
    await sleepUntil(clock, notBefore, closing.signal);
    const limit = limitTime(clock, connectMs, closing.signal);
    try {
      const connection = await connect({
        server,
        environment,
        version,
        access,
        signal: limit.signal,
        closing: closing.signal,
        onToolsChanged: () => void check(),
        onRefused: (method) => telemetry.warn("tools", `The MCP server ${name} asked for ${method} and was refused.`),
      });
      try {
        onSeen(cardOf(server, await connection.list(limit.signal)));
        return connection;
      } catch (error) {
        await connection.close();
        throw error;
      }
    } catch (error) {
      // Until the person has logged in nothing is tried again by itself.
      if (!access.needed()) failedOnce();
      throw limit.passed() ? fail("timeout", `The MCP server ${name} was not ready within ${connectMs / 1000} s.`) : error;
    } finally {
      limit.stop();
    }
  };
  const drop = async (connection: Connection, why = `The MCP server ${name} ${connection.broken() ?? "failed"}.`) => {
    if (dropped.has(connection)) return;
    dropped.add(connection);
    open = undefined;
    failedOnce();
    telemetry.warn("tools", why);
    await connection.close();
  };
  const connected = async (): Promise<Connection> => {
    const connection = await (open ??= start().catch((error: unknown) => {
      open = undefined;
      throw error;
    }));
    if (connection.broken() === undefined) {
      await checking;
      return connection;
    }
    if (open !== undefined && (await open.catch(() => undefined)) === connection) await drop(connection);
    return connected();
  };
  /** Once more when asked again meanwhile, however often: a server may say so without end. */
  const check = async (): Promise<void> => {
    again = true;
    checking ??= (async () => {
      while (again) {
        again = false;
        const connection = await open?.catch(() => undefined);
        if (!connection || connection.broken() !== undefined) break;
        try {
          onSeen(cardOf(server, await connection.list(AbortSignal.any([closing.signal, AbortSignal.timeout(connectMs)]))));
        } catch (error) {
          // What it is can't be known, so it is asked anew before the next call.
          if (!closing.signal.aborted) await drop(connection, failureOf(error).message);
        }
      }
      checking = undefined;
    })();
    await checking;
  };
  const refuse = () => {
    const why = closed();
    if (why !== undefined) throw fail("denied", why);
  };

  return {
    async look() {
      const connection = await connected();
      const card = cardOf(server, await connection.list(AbortSignal.any([closing.signal, AbortSignal.timeout(connectMs)])));
      onSeen(card);
      return card;
    },
    async call(tool, input, { signal, progress, ask }) {
      const connection = await connected();
      if (!connection.tells()) onSeen(cardOf(server, await connection.list(signal)));
      refuse();
      signal.throwIfAborted();
      const onProgress = (text: string) => progress(access.hide(text));
      const asking = {
        server: name,
        ask: (asked: PersonAsked) => ask(access.hide(asked)),
        onBlocked(why: string) {
          const words = `The MCP server ${name} ${why}; that was blocked.`;
          telemetry.warn("tools", words);
          progress(words);
        },
      };
      const result = await connection.call(tool, input, { signal, onProgress, asking });
      const dropped = `The call of ${tool} was made, and what came of it was dropped:`;
      if (checking) {
        await checking;
        // What it turned into meanwhile may have answered.
        if (connection.broken() !== undefined)
          throw fail("tool.failed", `${dropped} the MCP server ${name} said that it changed, and not how.`);
      }
      const why = closed();
      if (why !== undefined) throw fail("tool.failed", `${dropped} ${why}`);
      failures = 0;
      return outputOf(name, access.hide(result));
    },
    async close() {
      closing.abort();
      const connection = await open?.catch(() => undefined);
      open = undefined;
      await connection?.close();
    },
  };
}
