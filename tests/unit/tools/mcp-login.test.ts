// Logins at MCP servers: what is done with the person's yes, what is kept of it and where, and what is refused.
import { loginAddress } from "../../../core/tools/mcp/login/addresses.ts";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTestCore, temporaryFolder } from "../../support/core.ts";
import { answerLogin } from "../../support/login-answer.ts";
import { loginStub, type Lies, type LoginStub } from "../../support/mcp-login-stub.ts";
import { callTool } from "../../support/mcp-stub.ts";
import { httpStub } from "../../support/mcp-http-stub.ts";

async function hostFor(stub: Pick<LoginStub, "url">, login?: { client: string; secretEnv?: string; issuer?: string }) {
  const dataDir = temporaryFolder();
  const core = openTestCore({ dataDir, env: { SECRET_OF_CLIENT: "secret-of-this-client" } });
  const { client } = core;
  await client.policy.add({ rule: { decide: "allow", tool: "mcp.*", hosts: new URL(stub.url).host } });
  const added = await client.mcp.add({ server: { name: "far", url: stub.url, env: [], enabled: true, ...(login ? { login } : {}) } });
  const logIn = async (change?: (back: URL) => URL) => {
    let said = { status: 0, words: "" };
    for await (const step of await client.mcp.login({ name: "far" }))
      if (step.is === "open") said = await answerLogin(step.address, change);
    return said;
  };
  return { core, client, dataDir, added, logIn, call: () => callTool(core, "mcp.far.echo", { words: "hi" }) };
}

async function approved(stub: LoginStub) {
  const host = await hostFor(stub);
  await host.logIn();
  await host.client.mcp.look({ name: "far" });
  await host.client.mcp.approve({ name: "far" });
  return host;
}

test("ML1: a server that wants a login is listed and says so; logged in, it is used, and its token is nowhere but in its file", async () => {
  const stub = await loginStub();
  const { core, client, dataDir, added, logIn, call } = await hostFor(stub);
  expect(added).toMatchObject({ login: "needed", state: "new", now: null });
  await expect(client.mcp.look({ name: "far" })).rejects.toMatchObject({
    data: { message: "The MCP server far needs you to log in.", remedy: "botmojo mcp login far" },
  });
  expect(await logIn()).toMatchObject({ status: 200, words: expect.stringContaining("BotMojo has the answer") });
  await client.mcp.look({ name: "far" });
  expect(await client.mcp.approve({ name: "far" })).toMatchObject({ login: "in", state: "approved" });
  expect(await call()).toMatchObject({ output: { text: expect.stringMatching(/^You came with \[hidden: value of ACCESS_TOKEN\]\.$/) } });
  expect(stub.seen.grants).toEqual([`authorization_code ${stub.url}`]);
  await core.close();
  const file = join(dataDir, "mcp-logins.json");
  expect(readFileSync(file, "utf8")).toContain("access-token-of-test");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const other of ["botmojo.db", "mcp.yaml", "mcp-approved.json"])
    expect(readFileSync(join(dataDir, other)).includes("token-of-test")).toBe(false);
});

const refused: readonly [string, Lies, RegExp][] = [
  [
    "a page of the file system",
    () => ({ metadata: { authorization_endpoint: "file:///etc/passwd" } }),
    /authorization_endpoint file:.* is neither https nor http/,
  ],
  [
    "a page that runs a program",
    () => ({ metadata: { authorization_endpoint: "$(calc)" } }),
    /authorization_endpoint is not what it has to be/,
  ],
  [
    "a page that is a script",
    () => ({ metadata: { authorization_endpoint: "javascript:alert(1)" } }),
    /authorization_endpoint is not what it has to be/,
  ],
  [
    "a page without https",
    () => ({ metadata: { authorization_endpoint: "http://login.example/" } }),
    /authorization_endpoint .* is not https/,
  ],
  [
    "a page with a password in it",
    () => ({ metadata: { authorization_endpoint: "https://me:you@login.example/" } }),
    /user name or password/,
  ],
  ["tokens without https", () => ({ metadata: { token_endpoint: "http://login.example/token" } }), /token_endpoint .* is not https/],
  [
    "registration without https",
    () => ({ metadata: { registration_endpoint: "ftp://login.example/" } }),
    /registration_endpoint .* neither https nor http/,
  ],
  ["metadata of another issuer", () => ({ metadata: { issuer: "https://other.example" } }), /another issuer/],
  [
    "a login for another server",
    () => ({ resource: { resource: "https://other.example/mcp" } }),
    /for https:\/\/other\.example\/mcp, which is another server/,
  ],
  ["an authorization server without https", () => ({ resource: { authorization_servers: ["http://login.example"] } }), /is not https/],
  [
    "metadata elsewhere without https",
    () => ({ challenge: 'Bearer resource_metadata="http://login.example/x"' }),
    /resource_metadata .* is not https/,
  ],
  ["an answer of another issuer", () => ({ back: { iss: "https://other.example" } }), /another issuer/],
  [
    "a no",
    () => ({ back: { code: "", error: "access_denied", error_description: "Call 555-1234" } }),
    /turned down there \(access_denied\)\.$/,
  ],
  ["a wrong code", () => ({ back: { code: "made-up" } }), /it says invalid_request/],
];

test.each(refused)("ML2: %s is refused in words, and leaves nobody logged in", async (_, lies, says) => {
  const stub = await loginStub(lies);
  const { client, logIn } = await hostFor(stub);
  await expect(logIn()).rejects.toMatchObject({ data: { code: "denied", message: expect.stringMatching(says) } });
  expect(await client.mcp.list()).toMatchObject([{ login: "needed" }]);
  expect(stub.seen.tokens).toEqual([]);
});

test("ML3: an answer with another state is turned away, and the login goes on waiting for its own", async () => {
  const stub = await loginStub();
  const { client, logIn } = await hostFor(stub);
  const turned: unknown[] = [];
  const said = await logIn((back) => {
    const other = new URL(back);
    other.searchParams.set("state", "guessed");
    turned.push(
      fetch(other).then(({ status }) => status),
      fetch(new URL("/", back)).then(({ status }) => status),
    );
    return back;
  });
  expect(await Promise.all(turned)).toEqual([400, 404]);
  expect(said.status).toBe(200);
  expect(await client.mcp.list()).toMatchObject([{ login: "in" }]);
});

test("ML4: a token that ran out is renewed without the person; where that fails they are asked to log in", async () => {
  const stub = await loginStub();
  const { client, call, logIn } = await approved(stub);
  stub.expire();
  expect(await call()).toMatchObject({ output: {} });
  expect(stub.seen.grants).toEqual([`authorization_code ${stub.url}`, `refresh_token ${stub.url}`]);
  stub.expire(true);
  expect(await call()).toMatchObject({ failure: { code: "tool.failed", message: "The MCP server far needs you to log in." } });
  await logIn();
  expect(await call()).toMatchObject({ output: {} });
  expect(await client.mcp.logout({ name: "far" })).toMatchObject({ login: "none" });
  expect(await call()).toMatchObject({ failure: { remedy: "botmojo mcp login far" } });
});

test("ML5: a login is for its address: another server under the same name sees nothing of it", async () => {
  const stub = await loginStub();
  const { client, dataDir } = await approved(stub);
  const sent = stub.seen.tokens.length;
  const other = await loginStub();
  writeFileSync(join(dataDir, "mcp.yaml"), `- name: far\n  url: ${other.url}\n`);
  await expect(client.mcp.look({ name: "far" })).rejects.toMatchObject({ data: { remedy: "botmojo mcp login far" } });
  expect(other.seen.tokens).toEqual([]);
  expect(stub.seen.tokens).toHaveLength(sent);
});

test("ML6: a client that is known beforehand is registered nowhere, and its secret goes to its own issuer alone", async () => {
  const login = { client: "known", secretEnv: "SECRET_OF_CLIENT" };
  const stub = await loginStub();
  const known = await hostFor(stub, login);
  await known.logIn();
  expect(stub.seen).toMatchObject({ registered: 0, grants: [`authorization_code ${stub.url}`] });
  const other = await hostFor(stub, { ...login, issuer: "https://own.example" });
  await expect(other.logIn()).rejects.toMatchObject({ data: { message: expect.stringMatching(/another issuer/) } });
  const unset = await hostFor(stub, { client: "known", secretEnv: "NOT_SET" });
  await expect(unset.logIn()).rejects.toMatchObject({ data: { message: expect.stringMatching(/variable NOT_SET.* is not set/) } });
});

test("ML7: a login that is given up leaves no listener; one at a time; a server that wants none is told so", async () => {
  const stub = await loginStub();
  const { client } = await hostFor(stub);
  const steps = await client.mcp.login({ name: "far" });
  const first = await steps.next();
  const address = !first.done && first.value.is === "open" ? new URL(first.value.address) : undefined;
  const back = address?.searchParams.get("redirect_uri") ?? "";
  expect((await fetch(back)).status).toBe(400);
  await expect((await client.mcp.login({ name: "far" })).next()).rejects.toMatchObject({ data: { code: "conflict" } });
  await steps.return?.(undefined);
  await expect(fetch(back)).rejects.toThrow();
  const free = await hostFor(await httpStub());
  await expect(free.logIn()).rejects.toMatchObject({ data: { message: "The MCP server far wants no login." } });
});

test.each(["[::ffff:127.0.0.1]:8443", "0.0.0.0", "[::]", "localhost.", "169.254.169.254", "10.0.0.1", "[fd00::2]", "127.0.0.1"])(
  "ML8: for a server far away a login leads nowhere into this machine's network: %s",
  (host) => {
    const far = new URL("https://mcp.example/mcp");
    expect(() => loginAddress(`https://${host}/a`, "token_endpoint", far)).toThrow("was refused");
    expect(loginAddress("https://login.example/a", "token_endpoint", far).href).toBe("https://login.example/a");
  },
);
