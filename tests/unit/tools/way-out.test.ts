// The profile workspace-net: a command reaches the hosts that a rule names, over one proxy, and nothing by any other way.
import { createSocket } from "node:dgram";
import { mkdirSync, readdirSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import type { PolicyRule } from "../../../core/contract/policy.ts";
import { isPublicAddress } from "../../../core/security/addresses.ts";
import { reachOf } from "../../../core/security/policy.ts";
import { systemClock } from "../../../core/system/clock.ts";
import { callFacts, fit } from "../../../core/tools/call-facts.ts";
import { openEgress } from "../../../core/tools/sandbox/egress.ts";
import { createSandbox } from "../../../core/tools/sandbox/probe.ts";
import { shellTools } from "../../../core/tools/shell.ts";
import type { ToolContext } from "../../../core/tools/tool.ts";
import { temporaryFolder } from "../../support/core.ts";

const canary = "canary-7d20e1";

async function serve(text: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.host}`);
    if (request.url === "/away") response.writeHead(302, { location: String(request.headers["x-to"]) }).end();
    else response.end(text);
  });
  server.on("connection", () => asked.push("connection"));
  await new Promise<void>((resolve) => server.listen(0, "::", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === "object" && address ? address.port : 0, asked };
}

const sandbox = createSandbox({ now: systemClock.now });

/** The shell tool with rules; `dial`: loopback ports that may be dialled. */
function shell(rules: readonly PolicyRule[], dial: readonly number[]) {
  const workspace = join(temporaryFolder(), "workspace");
  mkdirSync(workspace);
  const mayDial = (address: string, port: number) => isPublicAddress(address) || dial.includes(port);
  const tools = new Map(shellTools(sandbox, { readable: () => [], mayDial }).map((tool) => [tool.name, tool]));
  return async (command: string, profile = "workspace-net") => {
    const fitting = fit(tools, "shell", { command, profile, timeoutSeconds: 60 });
    if (!fitting.ok) throw new Error(fitting.failure.message);
    const facts = callFacts(fitting, { agent: "developer", granted: undefined, workspace, taint: () => [] });
    const context = {
      workspace,
      signal: new AbortController().signal,
      progress: () => {},
      reach: (host: string) => reachOf(facts, host, [{ layer: "user", trusted: true, rules }]),
    };
    const result = await fitting.tool.run(fitting.input, context as unknown as ToolContext);
    return result as { stdout: string; stderr: string; exitCode: number; refused?: string[] };
  };
}

test("WN1: a host that a rule names is reached by what knows of proxies, also through a tunnel; another is refused by name", async () => {
  const open = await serve("arrived");
  const other = await serve(canary);
  const run = shell([{ decide: "allow", tool: "shell", hosts: `127.0.0.1:${open.port}` }], [open.port, other.port]);
  const got = await run(
    `curl -s http://127.0.0.1:${open.port}/a; echo; curl -s -p http://127.0.0.1:${open.port}/b; echo; curl -s http://127.0.0.1:${other.port}/; curl -s -p http://127.0.0.1:${other.port}/; true`,
  );
  expect(got.stdout.split("\n").slice(0, 2)).toEqual(["arrived", "arrived"]);
  expect(got.refused).toEqual([`127.0.0.1:${other.port}: no rule lets this command reach it`]);
  expect(other.asked).toEqual([]);
  expect(open.asked.filter((line) => line.startsWith("GET"))).toEqual([`GET /a 127.0.0.1:${open.port}`, `GET /b 127.0.0.1:${open.port}`]);
  expect((await run(`curl -s -m 5 http://127.0.0.1:${open.port}/; true`, "workspace-write")).stdout).toBe("");
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("botmojo-out-"))).toEqual([]);
});

test.each<[string, readonly PolicyRule[]]>([
  ["no rule", []],
  ["a rule that lets the command through but names no host", [{ decide: "allow", tool: "shell", command: "curl **" }]],
  ["a rule for another tool", [{ decide: "allow", tool: "http.fetch", hosts: "*" }]],
  [
    "a rule that denies it",
    [
      { decide: "allow", tool: "shell", hosts: "*" },
      { decide: "deny", hosts: "127.0.0.1:*" },
    ],
  ],
])("WN2: with %s nothing is reached", async (_, rules) => {
  const { port, asked } = await serve(canary);
  const run = shell(
    rules.map((rule) => (rule.decide === "deny" ? { ...rule, hosts: `127.0.0.1:${port}` } : rule)),
    [port],
  );
  expect((await run(`curl -s http://127.0.0.1:${port}/; true`)).stdout).not.toContain(canary);
  expect(asked).toEqual([]);
});

test("WN3: no way around the proxy leads anywhere: 0 of all attempts", async () => {
  const open = await serve("arrived");
  const secret = await serve(canary);
  const datagrams: string[] = [];
  const udp = createSocket("udp4", (message) => void datagrams.push(message.toString()));
  await new Promise<void>((resolve) => udp.bind(0, "0.0.0.0", resolve));
  const abstract = spawn("/usr/bin/socat", [`ABSTRACT-LISTEN:botmojo-${secret.port},fork`, `SYSTEM:echo ${canary}`], { stdio: "ignore" });
  const file = join(temporaryFolder(), "host.sock");
  const local = createTcpServer((socket) => socket.end(canary));
  await new Promise<void>((resolve) => local.listen(file, resolve));
  onTestFinished(() => {
    udp.close();
    abstract.kill("SIGKILL");
    local.close();
  });
  const lan = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")?.address;
  const hosts = ["127.0.0.1", "localhost", "::1", ...(lan ? [lan] : [])];
  const raw = (host: string) => `(exec 3<>/dev/tcp/${host}/${secret.port} && echo hi >&3 && timeout 1 cat <&3)`;
  const attempts = [
    ...hosts.map(raw),
    ...hosts.map(
      (host) =>
        `(unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY; curl -s -m 2 --noproxy '*' http://${host.includes(":") ? `[${host}]` : host}:${secret.port}/)`,
    ),
    ...["127.0.0.1", ...(lan ? [lan] : [])].map((host) => `echo ${canary} > /dev/udp/${host}/${udp.address().port}`),
    "getent ahosts example.com",
    "echo x > /dev/udp/1.1.1.1/53",
    `(exec 3<>/dev/tcp/1.1.1.1/443)`,
    `timeout 2 socat - ABSTRACT-CONNECT:botmojo-${secret.port}`,
    `timeout 2 socat - UNIX-CONNECT:${file}`,
    `timeout 2 socat - IP4-SENDTO:127.0.0.1:1`,
    "ls /run/docker.sock /var/run/docker.sock /run/dbus /tmp/.X11-unix $SSH_AUTH_SOCK",
    "ip route add default via 127.0.0.1; unshare -rn true",
    // By the proxy's socket itself there is no more to be had than by its port.
    `printf 'GET http://127.0.0.1:${secret.port}/ HTTP/1.1\\r\\nHost: 127.0.0.1:${open.port}\\r\\n\\r\\n' | timeout 2 socat - UNIX-CONNECT:/tmp/.egress`,
    `curl -s -m 2 --socks5 127.0.0.1:3128 http://127.0.0.1:${secret.port}/`,
    `curl -s -m 2 -L -H 'X-To: http://127.0.0.1:${secret.port}/' http://127.0.0.1:${open.port}/away`,
    `curl -s -m 2 -H 'Host: 127.0.0.1:${secret.port}' http://127.0.0.1:${open.port}/`,
    `curl -s -m 2 --connect-to 127.0.0.1:${open.port}:127.0.0.1:${secret.port} http://127.0.0.1:${open.port}/`,
  ];
  const run = shell([{ decide: "allow", tool: "shell", hosts: `127.0.0.1:${open.port}` }], [open.port]);
  const { stdout } = await run(`${attempts.map((attempt) => `{ ${attempt}; } 2>/dev/null`).join("\n")}\ntrue`);
  expect(stdout).not.toContain(canary);
  expect(stdout).not.toMatch(/STREAM/);
  expect([secret.asked, datagrams]).toEqual([[], []]);
  // Whatever the command says of the host, the one that was judged is the one that is asked.
  expect(open.asked.filter((line) => line.startsWith("GET /")).every((line) => line.endsWith(`127.0.0.1:${open.port}`))).toBe(true);
});

/** What the proxy answers to these bytes. */
function answerTo(socket: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const client = connect(socket, () => client.write(bytes));
    client.on("data", (data: Buffer) => {
      text += data.toString("latin1");
      client.end();
    });
    client.on("error", () => {});
    client.on("close", () => resolve(text));
  });
}

test("WN4: the host is judged as it is dialled, whatever its spelling; what can't be read is refused", async () => {
  const secret = await serve(canary);
  const socket = join(temporaryFolder(), "s");
  const allowed = new Set(["allowed.example", "localhost", `localhost:${secret.port}`, "xn--llowed-63g.example"]);
  const judged: string[] = [];
  const egress = await openEgress({
    socket,
    mayDial: isPublicAddress,
    mayReach(host) {
      judged.push(host);
      return allowed.has(host) || /^[\d.[\]:a-f]+$/.test(host) ? undefined : "not this one";
    },
  });
  onTestFinished(() => egress.close());
  const { port } = secret;
  const targets = [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    `LOCALHOST:${port}`,
    `0x7f000001:${port}`,
    `2130706433:${port}`,
    `017700000001:${port}`,
    `127.1:${port}`,
    `0:${port}`,
    `[::1]:${port}`,
    `[::ffff:127.0.0.1]:${port}`,
    `[::ffff:7f00:1]:${port}`,
    "169.254.169.254:80",
    "10.0.0.1:443",
    "192.168.1.1:80",
    "[fd00::1]:443",
    "[fe80::1]:443",
    "[64:ff9b::7f00:1]:443",
    "evil.example\u0000.allowed.example:443",
    "evil.example%00.allowed.example:443",
    "allowed.example.:443",
    "allowed.example@evil.example:443",
    "evil.example/allowed.example:443",
    "evil.example#allowed.example:443",
    "evil.example\\.allowed.example:443",
    "allowed.example.evil.example:443",
    "аllowed.example:443",
    "allowed.example",
    "allowed.example:99999",
    ":443",
  ];
  for (const target of targets) {
    const connected = await answerTo(socket, `CONNECT ${Buffer.from(target).toString("latin1")} HTTP/1.1\r\nHost: allowed.example\r\n\r\n`);
    expect([target, connected.split(" ")[1] ?? ""]).toEqual([target, expect.stringMatching(/^(?:40[03]|)$/)]);
    const url = `http://${target.replace(/:443$/, "")}/`;
    const got = await answerTo(
      socket,
      `GET ${Buffer.from(url).toString("latin1")} HTTP/1.1\r\nHost: allowed.example\r\nConnection: close\r\n\r\n`,
    );
    // A name that is let through by its spelling and is nowhere is no way out either.
    expect([target, got.split(" ")[1] ?? ""]).toEqual([target, expect.stringMatching(/^(?:40[03]|502|)$/)]);
  }
  for (const bytes of [
    "GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n",
    "GET https://allowed.example/ HTTP/1.1\r\nHost: allowed.example\r\n\r\n",
    "GET ftp://allowed.example/ HTTP/1.1\r\nHost: allowed.example\r\n\r\n",
    "GET file:///etc/passwd HTTP/1.1\r\nHost: allowed.example\r\n\r\n",
    `POST http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "nonsense\r\n\r\n",
  ])
    expect((await answerTo(socket, bytes)).split(" ")[1]).toMatch(/^40[03]$/);
  expect(judged).toContain(`localhost:${port}`);
  expect(secret.asked).toEqual([]);
});

test("WN5: of two requests on one connection each is judged; where judging fails, nothing passes; closed, it ends what is under way", async () => {
  const open = await serve("arrived");
  const secret = await serve(canary);
  const socket = join(temporaryFolder(), "s");
  let broken = false;
  const egress = await openEgress({
    socket,
    mayDial: () => true,
    mayReach(host) {
      if (broken) throw new Error("the rules can't be read");
      return host === `127.0.0.1:${open.port}` ? undefined : "not this one";
    },
  });
  const get = (port: number) => `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: 127.0.0.1:${open.port}\r\n\r\n`;
  const both = await new Promise<string>((resolve) => {
    let text = "";
    const client = connect(socket, () => client.write(get(open.port) + get(secret.port)));
    client.on("data", (data: Buffer) => {
      text += data.toString();
      if (text.includes("403")) client.end();
    });
    client.on("close", () => resolve(text));
  });
  expect(both).toMatch(/200 OK[^]*arrived[^]*403 Forbidden/);
  broken = true;
  expect(await answerTo(socket, get(open.port))).toMatch(/ 502 | 403 /);
  expect(await answerTo(socket, `CONNECT 127.0.0.1:${open.port} HTTP/1.1\r\nHost: x\r\n\r\n`)).not.toContain(" 200 ");
  broken = false;
  const tunnel = await new Promise<{ end: Promise<void> }>((resolve) => {
    httpRequest({ socketPath: socket, method: "CONNECT", path: `127.0.0.1:${open.port}` })
      .on("connect", (_, client) => resolve({ end: new Promise((done) => client.on("close", () => done())) }))
      .end();
  });
  await egress.close();
  await tunnel.end;
  expect(secret.asked).toEqual([]);
});
