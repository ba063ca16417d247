// What a connection may show of the person's login: its token, renewed where that can be done without the person.
import type { AuthorizationServerMetadata } from "@modelcontextprotocol/client";
import { fail, type FailureError } from "../../../contract/failure.ts";
import type { McpServer } from "../../../contract/mcp.ts";
import { createMask, type Mask } from "../../../security/mask.ts";
import { loginFetch } from "./addresses.ts";
import type { Demand, Logins } from "./logins.ts";

export interface Access {
  token(): string | undefined;
  /** After the server turned a call away for want of a login. Resolves when there is another token to try.
   * @throws FailureError `tool.failed` that says how to log in */
  renew(demand: Demand, signal: AbortSignal): Promise<void>;
  /** The failure of a call that the login does not reach far enough for. */
  tooNarrow(demand: Demand): FailureError;
  /** The failure of a call that needs a login. */
  missing(demand?: Demand): FailureError;
  /** The person has to log in before it can be used. */
  needed(): boolean;
  /** Takes the login's secrets out of what the server says. */
  hide: Mask;
}

export function accessTo({ name, url = "" }: McpServer, logins: Logins): Access {
  const entry = () => logins.get(name, url);
  let renewing: Promise<void> | undefined;

  const missing = (demand: Demand = {}) => {
    logins.set(name, url, { ...entry(), demand });
    return fail("tool.failed", `The MCP server ${name} needs you to log in.`, `botmojo mcp login ${name}`);
  };
  const refresh = async (demand: Demand, signal: AbortSignal) => {
    const { login } = entry();
    if (login?.tokens.refresh_token === undefined) throw missing(demand);
    const { refreshAuthorization } = await import("@modelcontextprotocol/client");
    try {
      const tokens = await refreshAuthorization(login.issuer, {
        ...(login.metadata ? { metadata: login.metadata as AuthorizationServerMetadata } : {}),
        clientInformation: login.client,
        refreshToken: login.tokens.refresh_token,
        resource: login.resource,
        fetchFn: loginFetch(new URL(url), signal),
      });
      logins.set(name, url, { login: { ...login, tokens: { ...login.tokens, ...tokens } } });
    } catch (error) {
      if (signal.aborted) throw error;
      throw missing(demand);
    }
  };

  return {
    token: () => entry().login?.tokens.access_token,
    renew: (demand, signal) =>
      (renewing ??= refresh(demand, signal).finally(() => {
        renewing = undefined;
      })),
    tooNarrow(demand) {
      const { login } = entry();
      const had = wordsOf(login?.scope, login?.tokens.scope);
      const wanted = wordsOf(demand.scope);
      // To ask for the same once more would go on for ever.
      if (wanted.every((scope) => had.includes(scope)))
        return fail("tool.failed", `The MCP server ${name} does not let it, although you are logged in with all that it asked for.`);
      logins.set(name, url, { ...entry(), demand: { ...demand, scope: [...new Set([...had, ...wanted])].join(" ") } });
      return fail("tool.failed", `The MCP server ${name} wants a login that reaches further.`, `botmojo mcp login ${name}`);
    },
    missing,
    needed: () => entry().demand !== undefined,
    hide(value) {
      const { login } = entry();
      if (!login) return value;
      const { tokens, client } = login;
      return createMask({ ACCESS_TOKEN: tokens.access_token, REFRESH_TOKEN: tokens.refresh_token, CLIENT_SECRET: client.client_secret })(
        value,
      );
    },
  };
}

function wordsOf(...scopes: readonly (string | undefined)[]): string[] {
  return scopes.flatMap((scope) => scope?.split(/\s+/) ?? []).filter((word) => word !== "");
}
