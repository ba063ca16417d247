// One login at an MCP server, by the SDK's own OAuth: who to ask, which client this is, the person's yes in a browser, and
// the tokens. What the server says of where to go is looked at before anything goes there.
import { randomBytes } from "node:crypto";
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import { fail, FailureError } from "../../../contract/failure.ts";
import type { McpServer } from "../../../contract/mcp.ts";
import { visibleText } from "../../../contract/visible-text.ts";
import { loginAddress, loginFetch } from "./addresses.ts";
import { listenForAnswer } from "./listener.ts";
import type { Logins } from "./logins.ts";

type Sdk = typeof import("@modelcontextprotocol/client");

const limitMs = 10 * 60_000;

/** Gives the address that the person is to open, and ends once they are logged in.
 * @throws FailureError `denied` for what was refused, `timeout` after 10 minutes, `tool.failed`; the signal's reason */
export async function* logIn(
  server: McpServer,
  { logins, environment, signal }: { logins: Logins; environment: NodeJS.ProcessEnv; signal: AbortSignal },
): AsyncGenerator<string, void> {
  const sdk = await import("@modelcontextprotocol/client");
  const { name, url = "" } = server;
  const { login: before, demand = {} } = logins.get(name, url);
  const late = AbortSignal.timeout(limitMs);
  const ends = AbortSignal.any([signal, late]);
  const listener = await listenForAnswer();
  try {
    const provider = providerOf(sdk, server, { redirectUrl: listener.address, environment, boundTo: before?.issuer });
    const options = {
      serverUrl: url,
      fetchFn: loginFetch(new URL(url), ends),
      ...(demand.scope === undefined ? {} : { scope: demand.scope }),
      ...(demand.metadataUrl === undefined
        ? {}
        : { resourceMetadataUrl: loginAddress(demand.metadataUrl, "resource_metadata", new URL(url)) }),
    };
    await sdk.auth(provider, { ...options, forceReauthorization: true });
    const { address, state } = provider.going();
    // It may come before the next step is asked for.
    const answering = listener.answer(state, ends);
    answering.catch(() => {});
    yield address.href;
    const answer = await answering;
    const iss = answer.get("iss") ?? undefined;
    const authorizationCode = answer.get("code");
    if (authorizationCode === null) throw refusedThere(name, answer.get("error"));
    await sdk.auth(provider, { ...options, authorizationCode, ...(iss === undefined ? {} : { iss }) });
    logins.set(name, url, { login: provider.done() });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (late.aborted) throw fail("timeout", `Nobody logged in to ${name} within ${limitMs / 60_000} minutes.`);
    throw inWords(sdk, error);
  } finally {
    listener.close();
  }
}

function providerOf(
  sdk: Sdk,
  { url = "", login: settings }: McpServer,
  given: { redirectUrl: string; environment: NodeJS.ProcessEnv; boundTo: string | undefined },
) {
  const { redirectUrl, environment, boundTo } = given;
  const server = new URL(url);
  const own = sdk.resourceUrlFromServerUrl(url);
  const state = randomBytes(32).toString("base64url");
  const client = settings?.client;
  const isDocument = client !== undefined && sdk.isHttpsUrl(client);
  let verifier = "";
  let address: URL | undefined;
  let discovery: OAuthDiscoveryState | undefined;
  let registered: StoredOAuthClientInformation | undefined;
  let tokens: StoredOAuthTokens | undefined;
  let resource: string | undefined;

  const provider: OAuthClientProvider = {
    redirectUrl,
    ...(isDocument ? { clientMetadataUrl: client } : {}),
    get clientMetadata() {
      const methods = discovery?.authorizationServerMetadata?.token_endpoint_auth_methods_supported;
      return {
        client_name: "BotMojo",
        redirect_uris: [redirectUrl],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        application_type: "native",
        // A program on a person's machine keeps no secret, so none is asked for where that is possible.
        ...(methods?.includes("none") ? { token_endpoint_auth_method: "none" } : {}),
      };
    },
    state: () => state,
    clientInformation(context) {
      if (client === undefined || isDocument) return registered;
      const secret = settings?.secretEnv === undefined ? undefined : environment[settings.secretEnv];
      if (settings?.secretEnv !== undefined && secret === undefined)
        throw fail("config.invalid", `The variable ${settings.secretEnv}, where the client's secret is to be, is not set.`);
      const issuer = settings?.issuer ?? boundTo ?? context?.issuer;
      return {
        client_id: client,
        ...(secret === undefined ? {} : { client_secret: secret }),
        ...(issuer === undefined ? {} : { issuer }),
      };
    },
    // A client that is known beforehand is never registered anew somewhere else.
    ...(client !== undefined && !isDocument
      ? {}
      : { saveClientInformation: (information: StoredOAuthClientInformation) => void (registered = information) }),
    tokens: () => undefined,
    // There is nothing yet to be let go of; without it the SDK says so on standard error, in the server's words.
    invalidateCredentials: () => {},
    saveTokens: (saved) => void (tokens = saved),
    redirectToAuthorization: (to) => void (address = loginAddress(to.href, "authorization_endpoint", server)),
    saveCodeVerifier: (made) => void (verifier = made),
    codeVerifier: () => verifier,
    discoveryState: () => discovery,
    saveDiscoveryState(found) {
      loginAddress(found.authorizationServerUrl, "authorization server", server);
      const says = found.authorizationServerMetadata;
      for (const field of ["issuer", "authorization_endpoint", "token_endpoint", "registration_endpoint"] as const)
        if (typeof says?.[field] === "string") loginAddress(says[field], field, server);
      const isFor = found.resourceMetadata?.resource;
      if (isFor !== undefined && !sdk.checkResourceAllowed({ requestedResource: own, configuredResource: isFor }))
        throw refused(`it is for ${visibleText(isFor.slice(0, 200))}, which is another server`);
      if (isFor !== undefined) delete provider.validateResourceURL;
      discovery = found;
    },
    // The SDK sends what the server states of itself as it stands, unless it is told what to send.
    validateResourceURL: async () => new URL(own),
    saveResourceUrl: (sent) => void (resource = sent),
  };
  return Object.assign(provider, {
    going() {
      if (!address) throw refused("it leads to no page where a person could say yes");
      return { address, state };
    },
    done() {
      const information = provider.clientInformation() as StoredOAuthClientInformation | undefined;
      if (!tokens || !information || !discovery || !resource) throw refused("it ended without a token");
      const { authorizationServerMetadata: metadata, authorizationServerUrl } = discovery;
      const scope = address?.searchParams.get("scope") ?? undefined;
      return {
        issuer: metadata?.issuer ?? authorizationServerUrl,
        ...(metadata ? { metadata } : {}),
        resource,
        ...(scope === undefined ? {} : { scope }),
        client: { ...information },
        tokens: { ...tokens },
      };
    },
  });
}

function refused(why: string): FailureError {
  return fail("denied", `The MCP server's login was refused: ${why}.`);
}

/** What stands beside the code in such an answer is anybody's words. */
function refusedThere(name: string, code: string | null): FailureError {
  const known = code !== null && /^[a-z_]{1,40}$/.test(code) ? ` (${code})` : "";
  return fail("denied", `The login to ${name} was turned down there${known}.`);
}

function inWords(sdk: Sdk, error: unknown): Error {
  if (error instanceof FailureError) return error;
  if (error instanceof sdk.IssuerMismatchError || error instanceof sdk.AuthorizationServerMismatchError)
    return refused("who answered is not who was asked (another issuer)");
  if (error instanceof sdk.InsecureTokenEndpointError) return refused("its token_endpoint is not https");
  if (error instanceof sdk.OAuthError) return refused(`it says ${visibleText(error.code.slice(0, 100))}`);
  if (error instanceof Error && "issues" in error) {
    const [issue] = (error as { issues: readonly { path: readonly PropertyKey[]; message: string }[] }).issues;
    return refused(`its ${issue?.path.join(".") || "answer"} is not what it has to be (${issue?.message ?? "it can't be read"})`);
  }
  const words = error instanceof Error ? error.message : String(error);
  return fail("tool.failed", `The login can't be done: ${visibleText(words.slice(0, 300))}.`);
}
