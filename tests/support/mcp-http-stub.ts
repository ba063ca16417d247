// An MCP server over streamable HTTP on loopback, written by hand so that it can misbehave.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { stubTool } from "./mcp-stub.ts";

export interface HttpStub {
  readonly url: string;
  /** Every request that came, such as `POST tools/call`. */
  readonly seen: string[];
}

type Answer = (response: ServerResponse, id: unknown, args: Record<string, unknown>) => void;

/** What one call does, by its `do`; it says the words again otherwise. `offers`: it is of the newer era, keeps nothing from
 * one request to the next, and tells nobody when what it offers changes. */
export async function httpStub(calls: Readonly<Record<string, Answer>> = {}, offers?: () => readonly object[]): Promise<HttpStub> {
  const seen: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    if (request.method !== "POST") {
      seen.push(String(request.method));
      return response.writeHead(request.method === "DELETE" ? 200 : 405).end();
    }
    const { id, method, params } = JSON.parse(text) as { id?: unknown; method: string; params: Record<string, unknown> };
    seen.push(`POST ${method}`);
    if (offers) {
      const whole = { resultType: "complete", ttlMs: 3_600_000, cacheScope: "private" };
      if (method === "server/discover")
        return say(response, id, { ...whole, supportedVersions: ["2026-07-28"], capabilities: { tools: {} } });
      if (method === "tools/list") return say(response, id, { ...whole, tools: offers() });
      return say(response, id, { resultType: "complete", content: [{ type: "text", text: "done" }] });
    }
    if (id === undefined) return response.writeHead(202).end();
    if (method === "tools/call") {
      const args = params["arguments"] as Record<string, unknown>;
      const special = calls[String(args["do"])];
      if (special) return special(response, id, args);
      return say(response, id, { content: [{ type: "text", text: String(args["words"]) }] });
    }
    if (method === "tools/list") return say(response, id, { tools: [stubTool] });
    if (method !== "initialize") return say(response, id, {});
    response.setHeader("mcp-session-id", "one");
    const { protocolVersion } = params;
    return say(response, id, { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "http", version: "1" } });
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/mcp`, seen };
}

export function say(response: ServerResponse, id: unknown, result: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id, result }));
}
