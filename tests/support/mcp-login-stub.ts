// An MCP server on loopback that wants a login, and the authorization server that it names, both in one; either can lie.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { hash } from "node:crypto";
import { onTestFinished } from "vitest";
import { say } from "./mcp-http-stub.ts";
import { stubTool } from "./mcp-stub.ts";

export interface LoginStub {
  readonly url: string;
  /** Every bearer token that came with a call, and every grant that was asked for. */
  readonly seen: { readonly tokens: string[]; readonly grants: string[]; readonly registered: number };
  /** Makes the tokens that are out worthless; `refresh` the refreshing too. */
  expire(refresh?: boolean): void;
}

/** What it says of itself in place of the truth, made from its own address. */
export type Lies = (origin: string) => {
  readonly metadata?: object;
  readonly resource?: object;
  /** The parameters it sends the browser back with. */
  readonly back?: Readonly<Record<string, string>>;
  readonly challenge?: string;
};

export async function loginStub(lies: Lies = () => ({})): Promise<LoginStub> {
  const seen = { tokens: [] as string[], grants: [] as string[], registered: 0 };
  let good = new Set<string>();
  let refreshable = new Set<string>();
  const challenges = new Map<string, string>();
  let count = 0;
  let origin = "";

  const tokens = (response: ServerResponse) => {
    count += 1;
    const [access, refresh] = [`access-token-of-test-${count}`, `refresh-token-of-test-${count}`];
    good.add(access);
    refreshable.add(refresh);
    json(response, 200, { access_token: access, token_type: "Bearer", refresh_token: refresh, expires_in: 3600 });
  };
  const grant = (body: URLSearchParams, response: ServerResponse) => {
    const kind = body.get("grant_type") ?? "";
    seen.grants.push(`${kind} ${body.get("resource")}`);
    if (kind === "refresh_token") {
      return refreshable.delete(body.get("refresh_token") ?? "") ? tokens(response) : json(response, 400, { error: "invalid_grant" });
    }
    const wanted = challenges.get(body.get("code") ?? "");
    const shown = hash("sha256", body.get("code_verifier") ?? "", "base64url");
    return wanted !== undefined && wanted === shown ? tokens(response) : json(response, 400, { error: "invalid_request" });
  };
  const authorize = (asked: URLSearchParams, response: ServerResponse) => {
    count += 1;
    challenges.set(`code-${count}`, asked.get("code_challenge_method") === "S256" ? (asked.get("code_challenge") ?? "") : "none");
    const back = new URL(asked.get("redirect_uri") ?? "");
    const params = { code: `code-${count}`, state: asked.get("state") ?? "", ...lies(origin).back };
    for (const [name, value] of Object.entries(params)) if (value !== "") back.searchParams.set(name, value);
    response.writeHead(302, { location: back.href }).end();
  };
  const rpc = (request: IncomingMessage, body: string, response: ServerResponse) => {
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    if (token !== "") seen.tokens.push(token);
    if (!good.has(token)) {
      const challenge = lies(origin).challenge ?? `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource"`;
      return response.writeHead(401, { "www-authenticate": challenge }).end();
    }
    const { id, method, params } = JSON.parse(body) as { id?: unknown; method: string; params: Record<string, unknown> };
    if (id === undefined) return response.writeHead(202).end();
    if (method === "tools/list") return say(response, id, { tools: [stubTool] });
    if (method === "tools/call") return say(response, id, { content: [{ type: "text", text: `You came with ${token}.` }] });
    if (method === "server/discover") {
      return json(response, 200, { jsonrpc: "2.0", id, error: { code: -32601, message: "There is no such method." } });
    }
    const { protocolVersion } = params;
    return say(response, id, { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "login", version: "1" } });
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "", origin);
      const { metadata, resource } = lies(origin);
      if (pathname === "/mcp" && request.method === "POST") return rpc(request, body, response);
      if (pathname === "/authorize") return authorize(searchParams, response);
      if (pathname === "/token") return grant(new URLSearchParams(body), response);
      if (pathname === "/register") {
        seen.registered += 1;
        return json(response, 201, { ...(JSON.parse(body) as object), client_id: `client-${seen.registered}` });
      }
      if (pathname === "/.well-known/oauth-protected-resource")
        return json(response, 200, { resource: `${origin}/mcp`, authorization_servers: [origin], ...resource });
      if (pathname === "/.well-known/oauth-authorization-server") {
        const of = (path: string) => `${origin}${path}`;
        return json(response, 200, {
          issuer: origin,
          authorization_endpoint: of("/authorize"),
          token_endpoint: of("/token"),
          registration_endpoint: of("/register"),
          response_types_supported: ["code"],
          code_challenge_methods_supported: ["S256"],
          token_endpoint_auth_methods_supported: ["none"],
          ...metadata,
        });
      }
      return response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = server.address();
  origin = `http://127.0.0.1:${typeof at === "object" && at ? at.port : 0}`;
  return {
    url: `${origin}/mcp`,
    seen,
    expire(refresh = false) {
      good = new Set();
      if (refresh) refreshable = new Set();
    },
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
