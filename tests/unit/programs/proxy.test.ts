// The gateway as a program's proxy: what asks a model is recorded, other requests go on and are noted, and what is encrypted
// is led through unread.
import { mkdirSync, writeFileSync } from "node:fs";
import { request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Event } from "../../../core/contract/index.ts";
import { openTestCore, temporaryFolder } from "../../support/core.ts";
import { chat, followProgram, until, upstream } from "../../support/program.ts";

interface Came {
  readonly status: number;
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** Asks for a page of `url` through a proxy, as clients do. */
function through(proxy: string, url: string, more: { method?: string; body?: string; headers?: OutgoingHttpHeaders } = {}): Promise<Came> {
  const { method = "GET", body = "", headers = {} } = more;
  const { hostname, port, username, password } = new URL(proxy);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return new Promise((resolve, reject) => {
    const all = { host: new URL(url).host, "proxy-authorization": authorization, ...headers };
    const request = httpRequest({ host: hostname, port, path: url, method, headers: all }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** A tunnel to `authority`; what the proxy said when it made none. */
function tunnel(proxy: string, authority: string): Promise<{ status: number; socket: Socket; text: string }> {
  const { hostname, port, username, password } = new URL(proxy);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: hostname,
      port,
      method: "CONNECT",
      path: authority,
      headers: { "proxy-authorization": authorization },
    });
    request.on("error", reject);
    request.on("connect", (response, socket, head) => {
      let text = head.toString();
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      const done = () => resolve({ status: response.statusCode ?? 0, socket, text });
      if (response.statusCode === 200) done();
      else socket.once("close", done);
    });
    request.end();
  });
}

const notesOf = (events: readonly Event[]) => events.flatMap((event) => (event.type === "program.noted" ? event.data.notes : []));

/** A server that is spoken to in bytes: it says back what it hears. */
async function echo(): Promise<{ authority: string; heard: () => number }> {
  let heard = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    heard += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { authority: `127.0.0.1:${(server.address() as AddressInfo).port}`, heard: () => heard };
}

const question = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "Hello?" }] });

test("PX1: a model that is asked through the proxy is a call like any other, whatever its host; replayed from the record", async () => {
  const core = openTestCore();
  const server = await upstream((response) => {
    chat.say(response, "Hello.");
    chat.end(response);
  });
  const url = `${server.url}/chat/completions`;
  const program = await followProgram(core, "http://127.0.0.1:9/v1");
  const came = await through(program.proxy, url, { method: "POST", body: question });
  expect(came).toMatchObject({ status: 200, text: expect.stringContaining("Hello.") });
  expect(server.asked[0]).toMatchObject({
    text: question,
    headers: expect.not.objectContaining({ "proxy-authorization": expect.anything() }),
  });
  const { events } = await program.end();
  const asked = events.find(({ type }) => type === "effect.requested");
  expect(asked).toMatchObject({
    data: { call: "model", name: "m", input: { endpoint: new URL(url).origin, path: "/v1/chat/completions" } },
  });
  await server.stop();
  const again = await followProgram(core, "http://127.0.0.1:9/v1", { replay: { run: program.run } });
  expect((await through(again.proxy, url, { method: "POST", body: question })).text).toBe(came.text);
  expect((await again.end()).status).toBe("completed");
});

test("PX2: any other plain request goes on as it is and is noted without its query; nothing of it in a replay", async () => {
  const core = openTestCore();
  const server = await upstream(
    (response) => void response.writeHead(201, { "Set-Cookie": ["a=1", "b=2"], "X-Own": "yes" }).end(Buffer.alloc(100_000, "x")),
  );
  const url = `${server.url}/pages?key=secret`;
  const program = await followProgram(core, server.url);
  const came = await through(program.proxy, url, {
    method: "POST",
    body: "some words",
    headers: { "accept-encoding": "gzip", te: "trailers" },
  });
  expect({ status: came.status, length: came.text.length }).toEqual({ status: 201, length: 100_000 });
  expect(came.headers).toMatchObject({ "set-cookie": ["a=1", "b=2"], "x-own": "yes" });
  expect(server.asked[0]).toMatchObject({
    method: "POST",
    path: "/v1/pages?key=secret",
    text: "some words",
    headers: { "accept-encoding": "gzip" },
  });
  expect(server.asked[0]?.headers).not.toHaveProperty("te");
  await server.stop();
  expect((await through(program.proxy, url)).status).toBe(502);
  const { events } = await program.end();
  const host = new URL(url).host;
  expect(notesOf(events)).toMatchObject([
    { is: "request", method: "POST", host, path: "/v1/pages", status: 201, sent: 10, received: 100_000 },
    { is: "request", method: "GET", host, path: "/v1/pages", status: null, failure: expect.stringContaining("ECONNREFUSED") },
  ]);
  expect(JSON.stringify(events)).not.toContain("key=secret");
  const again = await followProgram(core, server.url, { replay: { run: program.run } });
  expect(await through(again.proxy, url)).toMatchObject({ status: 403, text: expect.stringContaining("nothing answers but the record") });
  expect(notesOf((await again.end()).events)).toMatchObject([{ status: null, failure: expect.stringContaining("in a replay") }]);
});

test("PX3: a tunnel leads both ways unread, is noted when it ends, ends with the run, and is not made in a replay", async () => {
  const core = openTestCore();
  const { authority, heard } = await echo();
  const program = await followProgram(core, "http://127.0.0.1:9/v1");
  const { status, socket } = await tunnel(program.proxy, authority);
  expect(status).toBe(200);
  const back = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.on("end", () => resolve(text));
  });
  socket.end("there and back");
  expect(await back).toContain("there and back");
  const nobody = await tunnel(program.proxy, "127.0.0.1:9");
  expect(nobody).toMatchObject({ status: 502, text: expect.stringContaining("can't be reached") });
  const open = await tunnel(program.proxy, authority);
  expect(open.status).toBe(200);
  const { events } = await program.end();
  await until(() => open.socket.destroyed || open.socket.readableEnded);
  expect(notesOf(events)).toMatchObject([
    { is: "tunnel", host: authority, sent: 14, received: 14 },
    { is: "tunnel", host: "127.0.0.1:9", failure: expect.stringContaining("ECONNREFUSED") },
  ]);
  const again = await followProgram(core, "http://127.0.0.1:9/v1", { replay: { run: program.run } });
  const refused = { status: 403, text: expect.stringContaining("nothing answers but the record") };
  expect(await tunnel(again.proxy, "model.invalid:443")).toMatchObject(refused);
  expect(heard()).toBe(2);
  await again.end();
  const live = await followProgram(core, "http://127.0.0.1:9/v1", { replay: { run: program.run, options: { otherwise: { is: "live" } } } });
  expect((await tunnel(live.proxy, authority)).status).toBe(200);
});

test("PX6: plain HTTP in a tunnel, as Node's own fetch asks, is read as what it is, also in a replay; anything else there is not answered", async () => {
  const core = openTestCore();
  const server = await upstream((response, body) => {
    if (!body.messages) return void response.end("a page");
    chat.say(response, "Hello.");
    chat.end(response);
  });
  const { authority, heard } = await echo();
  const host = new URL(server.url).host;
  /** Two requests on one connection. */
  const visit = async (proxy: string) => {
    const { status, socket } = await tunnel(proxy, host);
    expect(status).toBe(200);
    let text = "";
    const closed = new Promise<void>(
      (resolve) => void socket.on("data", (chunk: Buffer) => (text += chunk.toString())).once("close", resolve),
    );
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${question.length}\r\n\r\n${question}`);
    await until(() => text.includes("[DONE]"));
    socket.write(`GET /page HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await closed;
    return text;
  };
  const program = await followProgram(core, "http://127.0.0.1:9/v1");
  expect(await visit(program.proxy)).toMatch(/Hello\.[^]*a page/);
  const { events } = await program.end();
  expect(events.filter(({ type }) => type === "effect.completed")).toHaveLength(1);
  expect(notesOf(events)).toMatchObject([{ is: "request", host, path: "/page", status: 200 }]);
  await server.stop();
  const again = await followProgram(core, "http://127.0.0.1:9/v1", { replay: { run: program.run } });
  expect(await visit(again.proxy)).toMatch(/Hello\.[^]*nothing answers but the record/);
  const other = await tunnel(again.proxy, authority);
  other.socket.write("HELO\r\n");
  await until(() => other.socket.destroyed);
  expect(heard()).toBe(0);
  const ended = await again.end();
  expect(ended.status).toBe("completed");
  expect(notesOf(ended.events)).toMatchObject([
    { is: "request" },
    { is: "tunnel", host: authority, failure: expect.stringContaining("in a replay") },
  ]);
});

test("PX4: a host that a rule denies is not reached, by a page, a tunnel, or as a model; the reason is the rule's", async () => {
  const core = openTestCore();
  const folder = temporaryFolder();
  mkdirSync(join(folder, ".botmojo"));
  const server = await upstream((response) => void response.end("reached"));
  const { authority, heard } = await echo();
  const rules = [
    { decide: "deny", hosts: [new URL(server.url).host, authority], because: "Not there." },
    { decide: "deny", tool: "notes.*", hosts: ["127.0.0.1:9"] },
  ];
  writeFileSync(join(folder, ".botmojo", "permissions.yaml"), JSON.stringify(rules));
  const program = await followProgram(core, server.url, { folder });
  expect(await through(program.proxy, `${server.url}/pages`)).toMatchObject({ status: 403, text: expect.stringContaining("Not there.") });
  expect(await tunnel(program.proxy, authority)).toMatchObject({ status: 403, text: expect.stringContaining("Not there.") });
  expect((await tunnel(program.proxy, "127.0.0.1:9")).status).toBe(502);
  expect(await program.ask([])).toMatchObject({ status: 403, text: expect.stringContaining("Not there.") });
  expect([server.asked.length, heard()]).toEqual([0, 0]);
  expect((await program.end(1)).status).toBe("failed");
});

test("PX5: the proxy is for this program alone, and for hosts alone", async () => {
  const core = openTestCore();
  const server = await upstream((response) => void response.end("reached"));
  const program = await followProgram(core, server.url);
  const other = program.proxy.replace(/:[\w-]{32}@/, `:${"A".repeat(32)}@`);
  expect(other).not.toBe(program.proxy);
  expect(await through(other, `${server.url}/x`)).toMatchObject({
    status: 407,
    headers: { "proxy-authenticate": expect.stringContaining("Basic") },
  });
  expect((await tunnel(other, new URL(server.url).host)).status).toBe(407);
  expect((await through(program.proxy, "ftp://127.0.0.1/x")).status).toBe(400);
  for (const authority of ["127.0.0.1", "a@127.0.0.1:80", "127.0.0.1:80/x", "127.0.0.1:99999"]) {
    expect((await tunnel(program.proxy, authority)).status).toBe(400);
  }
  expect(server.asked).toEqual([]);
  // What is here anyway is here through the proxy, too.
  expect((await through(program.proxy, `${program.address}/models`)).text).toBe("reached");
  await program.end();
  await until(async () => (await through(program.proxy, `${server.url}/x`)).status === 407);
});
