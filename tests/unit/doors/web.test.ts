import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { CoreClient } from "../../../core/index.ts";
import { openTestCore, temporaryFolder } from "../../support/core.ts";

async function openDoor() {
  const core = openTestCore();
  let used = 0;
  const siteDir = temporaryFolder({ "index.html": "<!doctype html>", "assets/a.js": "1" });
  const door = await core.openWeb({ siteDir, port: 0, onUsed: () => (used += 1) });
  const address = new URL(door.address());
  const port = Number(address.port);
  const token = address.hash.replace("#token=", "");
  const exchange = (given: string, headers: Record<string, string> = {}) =>
    ask(port, "/session", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ token: given }),
    });
  return { door, port, token, exchange, used: () => used };
}

function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const made = httpRequest(
      { host: "127.0.0.1", port, path, method: options.method ?? "GET", headers: options.headers ?? {} },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      },
    );
    made.on("error", reject);
    made.end(options.body);
  });
}

function openSocket(port: number, headers: Record<string, string>): Promise<{ socket?: WebSocket; status: number }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, { headers });
    onTestFinished(() => socket.terminate());
    socket.once("open", () => resolve({ socket, status: 101 }));
    socket.once("unexpected-response", (_request, response) => resolve({ status: response.statusCode ?? 0 }));
    socket.on("error", () => resolve({ status: 0 }));
  });
}

test("W1: the shell is served with its policy; nothing else is, whatever the path", async () => {
  const { port } = await openDoor();
  const page = await ask(port, "/");
  expect(page.status).toBe(200);
  expect(page.headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
  expect((await ask(port, "/assets/a.js")).status).toBe(200);
  for (const path of ["/../index.html", "//index.html", "/%2e%2e/etc/passwd", "/assets/../../x", "/rpc", "/index.html%00", "/v1/runs"]) {
    expect((await ask(port, path)).status, path).toBe(404);
  }
});

test("W2: a foreign Host or Origin is refused, two Hosts too, and no header invites another site", async () => {
  const { port } = await openDoor();
  for (const host of ["evil.example", `127.0.0.1.evil.example:${port}`, `0.0.0.0:${port}`, `localhost.:${port}`]) {
    expect((await ask(port, "/", { headers: { Host: host } })).status, host).toBe(403);
  }
  for (const origin of ["https://evil.example", "null", "http://localhost:9999"]) {
    const answer = await ask(port, "/", { headers: { Origin: origin } });
    expect([answer.status, answer.headers["access-control-allow-origin"]], origin).toEqual([403, undefined]);
  }
  expect((await ask(port, "/", { headers: { "Sec-Fetch-Site": "cross-site" } })).status).toBe(403);
  expect((await ask(port, "/", { method: "DELETE" })).status).toBe(405);
  const raw = await new Promise<string>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil\r\n\r\n`));
    socket.once("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
  });
  expect(raw).toMatch(/^HTTP\/1.1 400/);
});

test("W3: the token works once, in a JSON body and nowhere else", async () => {
  const { port, token, exchange, used, door } = await openDoor();
  expect(
    (await ask(port, `/session?token=${token}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" })).status,
  ).toBe(405);
  expect((await exchange(token, { "Content-Type": "text/plain" })).status).toBe(415);
  expect((await exchange("wrong")).status).toBe(401);
  expect((await exchange("x".repeat(10_000))).status).toBe(413);
  const first = await exchange(token);
  expect(first.status).toBe(200);
  expect((await exchange(token)).status).toBe(401);
  expect(used()).toBe(1);
  expect(door.address()).not.toContain(token);
});

test("W4: after twenty wrong tokens a minute even the right one must wait", async () => {
  const { token, exchange } = await openDoor();
  for (let tries = 0; tries < 20; tries += 1) await exchange("wrong");
  expect((await exchange(token)).status).toBe(401);
});

test("W5: a socket answers nothing before its first message carries a session", async () => {
  const { port, token, exchange } = await openDoor();
  const own = { Origin: `http://127.0.0.1:${port}` };
  expect((await openSocket(port, { Origin: "https://evil.example" })).status).toBe(403);
  expect((await openSocket(port, {})).status).toBe(403);
  const unknown = await openSocket(port, own);
  const closed = new Promise<number>((resolve) => unknown.socket?.once("close", resolve));
  unknown.socket?.send(JSON.stringify({ type: "auth", session: "wrong" }));
  expect(await closed).toBe(4401);

  const { session } = JSON.parse((await exchange(token)).body) as { session: string };
  const { socket } = await openSocket(port, own);
  const ready = new Promise<string>((resolve) => socket?.once("message", (data: Buffer) => resolve(data.toString())));
  socket?.send(JSON.stringify({ type: "auth", session }));
  expect(JSON.parse(await ready)).toEqual({ type: "ready" });
  const client: CoreClient = createORPCClient(new RPCLink({ websocket: socket as never }));
  expect((await client.host.status()).version).toBe("0.0.0-test");
});

test("W6: a port in use is said in words", async () => {
  const { port } = await openDoor();
  const core = openTestCore();
  const siteDir = temporaryFolder({ "index.html": "" });
  await expect(core.openWeb({ siteDir, port, onUsed: () => {} })).rejects.toThrow(`Port ${port} is in use`);
});
