// HTTP tools against a real server on loopback: where they may go, what they bring back, and what stops them.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { isPublicAddress } from "../../../core/security/addresses.ts";
import { fit } from "../../../core/tools/call-facts.ts";
import { httpTools } from "../../../core/tools/http.ts";
import type { ToolContext } from "../../../core/tools/tool.ts";

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** Calls as the call path does: arguments through the schema first. `dial`: the loopback ports that may be dialled. */
async function call(name: string, input: object, dial: readonly number[] = [], signal = new AbortController().signal) {
  const tools = new Map(
    httpTools({ mayDial: (address, port) => isPublicAddress(address) || dial.includes(port) }).map((tool) => [tool.name, tool]),
  );
  const fitting = fit(tools, name, input);
  if (!fitting.ok) throw new Error(fitting.failure.message);
  return (await fitting.tool.run(fitting.input, { signal } as ToolContext)) as Record<string, unknown>;
}

test("HT1: a page comes with its status and type, from the host it was asked of", async () => {
  const port = await serve((request, response) =>
    response.writeHead(200, { "content-type": "text/plain" }).end(`${request.method} ${request.url} ${String(request.headers["x-a"])}`),
  );
  expect(
    await call("http.fetch", { url: `http://127.0.0.1:${port}/a?b=1`, headers: { "x-a": "y", host: "evil", "content-length": "9" } }, [
      port,
    ]),
  ).toMatchObject({
    status: 200,
    type: "text/plain",
    body: "GET /a?b=1 y",
    truncated: false,
  });
  const sent = await serve((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => response.end(`${request.method} ${body} ${request.headers.host}`));
  });
  expect(await call("http.fetch", { method: "PUT", url: `http://127.0.0.1:${sent}/`, body: "hello" }, [sent])).toMatchObject({
    body: `PUT hello 127.0.0.1:${sent}`,
  });
});

test.each([
  "http://127.0.0.1:PORT/",
  "http://0x7f000001:PORT/",
  "http://2130706433:PORT/",
  "http://017700000001:PORT/",
  "http://127.1:PORT/",
  "http://localhost:PORT/",
  "http://[::1]:PORT/",
  "http://[::]:PORT/",
  "http://[::ffff:127.0.0.1]:PORT/",
  "http://0.0.0.0:PORT/",
  "http://169.254.169.254/latest/meta-data",
  "http://10.0.0.1/",
  "http://[fd00::1]/",
  "http://[64:ff9b::7f00:1]/",
])("HT2: %s is refused, and nothing is dialled", async (spelling) => {
  let reached = 0;
  const port = await serve((_, response) => {
    reached += 1;
    response.end();
  });
  await expect(call("http.fetch", { url: spelling.replace("PORT", String(port)) })).rejects.toThrow("not on the public internet");
  expect(reached).toBe(0);
});

test.each([
  ["http://evil.example\u0000.allowed.com/", "control character"],
  ["http://evil.example%00.allowed.com/", "control character"],
  ["http://a b/", "control character"],
  ["file:///etc/passwd", "neither http nor https"],
  ["javascript:alert(1)", "neither http nor https"],
  ["http://user:secret@example.com/", "user name or password"],
  ["https://allowed.com./", "ends with a point"],
  ["nonsense", "is no address"],
])("HT3: %j is refused in words", async (url, says) => {
  await expect(call("http.fetch", { url })).rejects.toThrow(says);
});

test("HT4: a host is judged as the one that is dialled, however it is spelt", () => {
  const [fetch] = httpTools();
  const hostsOf = (url: string) => {
    const fitting = fit(new Map([["http.fetch", fetch as NonNullable<typeof fetch>]]), "http.fetch", { url });
    return fitting.ok ? fitting.tool.hosts(fitting.input) : fitting.failure.message;
  };
  expect(hostsOf("https://ALLOWED.com/x")).toEqual(["allowed.com"]);
  expect(hostsOf("https://allowed.com:443/")).toEqual(["allowed.com"]);
  expect(hostsOf("https://allowed.com:8443/")).toEqual(["allowed.com:8443"]);
  expect(hostsOf("https://аllowed.com/")).toEqual([expect.stringMatching(/^xn--/)]);
  expect(hostsOf("https://allowed.com\\@evil.example/")).toEqual(["allowed.com"]);
  expect(hostsOf("https://allowed.com.evil/")).toEqual(["allowed.com.evil"]);
});

test("HT5: a redirect on the same host is followed; to another it is handed back and not dialled; in a circle it ends", async () => {
  let reached = 0;
  const other = await serve((_, response) => {
    reached += 1;
    response.end("secret");
  });
  const port = await serve((request, response) => {
    const to = { "/here": "/there", "/away": `http://127.0.0.1:${other}/`, "/round": "/round", "/file": "file:///etc/passwd" }[
      request.url ?? ""
    ];
    if (to) response.writeHead(302, { location: to }).end("moved");
    else response.end("there");
  });
  const at = (path: string) => call("http.fetch", { url: `http://127.0.0.1:${port}${path}` }, [port, other]);
  expect(await at("/here")).toMatchObject({ status: 200, body: "there" });
  expect(await at("/away")).toMatchObject({ status: 302, redirect: `http://127.0.0.1:${other}/` });
  expect(await at("/round")).toMatchObject({ status: 302 });
  expect(await at("/file")).toMatchObject({ status: 302, body: "moved" });
  expect(reached).toBe(0);
});

test("HT6: what floods is cut, what is no text is named, what dies or never ends is a typed error", async () => {
  const port = await serve((request, response) => {
    if (request.url === "/flood") {
      const more = () => response.write(Buffer.alloc(65_536, 97)) && setImmediate(more);
      response.on("drain", more);
      return void more();
    }
    if (request.url === "/binary") return void response.end(Buffer.from([0, 1, 2]));
    if (request.url === "/gzip") return void response.writeHead(200, { "content-type": "application/gzip" }).end("x");
    if (request.url === "/dies") return void request.socket.destroy();
    response.flushHeaders();
  });
  const at = (path: string, signal?: AbortSignal) => call("http.fetch", { url: `http://127.0.0.1:${port}${path}` }, [port], signal);
  const flood = await at("/flood");
  expect(flood["truncated"]).toBe(true);
  expect(String(flood["body"])).toHaveLength(1024 * 1024);
  expect(await at("/binary")).toMatchObject({ body: "(3 bytes that are no text)" });
  expect(await at("/gzip")).toMatchObject({ body: "(1 bytes that are no text)" });
  await expect(at("/dies")).rejects.toThrow("can't be reached");
  const stop = new AbortController();
  const hangs = at("/hangs", stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await expect(hangs).rejects.toThrow();
});

test("HT7: a call is as grave as its method, and what only looks sends nothing along", async () => {
  const [fetch] = httpTools();
  const kindOf = (method: string | undefined, body = "") => {
    const fitting = fit(new Map([["http.fetch", fetch as NonNullable<typeof fetch>]]), "http.fetch", {
      url: "https://a.example/",
      method,
      body,
    });
    return fitting.ok ? fitting.tool.effectOf(fitting.input) : fitting.failure.message;
  };
  expect([undefined, "GET", "HEAD"].map((method) => kindOf(method))).toEqual(["reads", "reads", "reads"]);
  expect(["POST", "PUT", "PATCH", "DELETE"].map((method) => kindOf(method, "x"))).toEqual(Array(4).fill("unsafe"));
  expect(kindOf("GET", "x")).toBe("http.fetch: body goes with POST, PUT, PATCH or DELETE.");
  expect(kindOf("TRACE")).toContain("http.fetch: method");
  const port = await serve((request, response) => response.writeHead(200, { "x-method": String(request.method) }).end("unsaid"));
  expect(await call("http.fetch", { method: "HEAD", url: `http://127.0.0.1:${port}/` }, [port])).toMatchObject({ status: 200, body: "" });
});
