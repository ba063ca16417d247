// Browser tools with a real browser on real pages: what they bring back, where a page may go, and that nothing is left of it.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { root } from "../../../electron/setup/places.ts";
import type { Leave } from "../../../core/contract/policy.ts";
import { isPublicAddress } from "../../../core/security/addresses.ts";
import { judge, reachOf, type CallFacts } from "../../../core/security/policy.ts";
import { systemClock } from "../../../core/system/clock.ts";
import { browserTools } from "../../../core/tools/browser/browser.ts";
import { callFacts, fit } from "../../../core/tools/call-facts.ts";
import type { ToolContext } from "../../../core/tools/tool.ts";
import { plainCall } from "../../support/call-facts.ts";
import { temporaryFolder } from "../../support/core.ts";
import { openEngine } from "../../support/engine.ts";
import { descendantsOf, isAlive } from "../../support/processes.ts";

// A browser starts slowly where others work beside it.
vi.setConfig({ testTimeout: 120_000 });

type Pages = Readonly<Record<string, string | ((request: IncomingMessage, response: ServerResponse) => void)>>;

async function serve(pages: Pages) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    if (path !== "/favicon.ico") asked.push(`${request.method} ${request.url}`);
    const page = pages[path];
    if (typeof page === "function") page(request, response);
    else response.writeHead(page === undefined ? 404 : 200, { "content-type": "text/html" }).end(page);
  });
  server.on("upgrade", (request, socket) => {
    asked.push(`UPGRADE ${request.url}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { port, asked, at: (path: string, host = "127.0.0.1") => `http://${host}:${port}${path}` };
}

interface Seen {
  readonly url: string;
  readonly status?: number;
  readonly title: string;
  readonly text: string;
  readonly truncated: boolean;
  readonly leadsTo?: string[];
  readonly refused?: string[];
  readonly walls: string;
}

/** A browser for one run. `dial`: the loopback ports that may be dialled. */
function browser(dial: readonly number[], more: { reach?: (host: string) => Leave | undefined; workspace?: string } = {}) {
  const mayDial = (address: string, port: number) => isPublicAddress(address) || dial.includes(port);
  const browsers = browserTools({ path: () => "", clock: systemClock, mayDial });
  onTestFinished(() => browsers.close());
  const tools = new Map(browsers.tools.map((tool) => [tool.name, tool]));
  const sources: string[] = [];
  const call = async (name: string, input: object = {}): Promise<Seen> => {
    const fitting = fit(tools, `browser.${name}`, input);
    if (!fitting.ok) throw new Error(fitting.failure.message);
    const context = {
      run: "run_1",
      key: `run_1/${name}`,
      workspace: more.workspace ?? "/",
      signal: new AbortController().signal,
      reach: more.reach ?? (() => undefined),
      cameFrom: (from: readonly string[]) => void sources.push(...from),
      keepFile: () => Promise.resolve(),
    };
    return (await fitting.tool.run(fitting.input, context as unknown as ToolContext)) as Seen;
  };
  return { call, tools, sources, browsers };
}

function refOf(seen: Seen, words: string): { page: string; element: string; words: string } {
  const line = seen.text.split("\n").find((each) => each.includes(words));
  const element = /\[ref=((?:f\d+)?e\d+)\]/.exec(line ?? "")?.[1];
  if (element === undefined) throw new Error(`There is no ${words} in\n${seen.text}`);
  return { page: seen.url, element, words };
}

test("BR1: a page is read, a link followed, a form filled in and sent, a picture kept; nothing is left of it when it is closed", async () => {
  const site = await serve({
    "/": '<title>Shop</title><h1>Apples</h1><a href="/form">Order here</a>',
    "/form": '<title>Form</title><form action="/done"><label>Your name <input name="name"></label><button>Send</button></form>',
    "/done": "<title>Done</title><p>Thank you.</p>",
  });
  const workspace = temporaryFolder();
  const { call, sources } = browser([site.port], { workspace });
  const others = new Set(descendantsOf(process.pid));
  const shop = await call("open", { url: site.at("/") });
  expect(shop).toMatchObject({ url: site.at("/"), status: 200, title: "Shop", truncated: false });
  expect(shop.walls).toContain("bubblewrap");
  expect(shop.text).toContain('heading "Apples"');
  const started = descendantsOf(process.pid).filter((pid) => !others.has(pid));
  expect(started.length).toBeGreaterThan(1);
  expect(await call("read")).toMatchObject({ title: "Shop" });
  expect(sources).toEqual([`the page ${site.at("/")}`]);

  const form = await call("click", refOf(shop, 'link "Order here"'));
  expect(form).toMatchObject({ url: site.at("/form"), title: "Form" });
  const field = refOf(form, 'textbox "Your name"');
  // Another page or another thing than was shown is not touched.
  await expect(call("click", { ...refOf(shop, 'link "Order here"') })).rejects.toThrow("by now, not");
  await expect(call("type", { ...field, words: 'textbox "Card number"', text: "x" })).rejects.toThrow('is textbox "Your name"');
  expect(await call("type", { ...field, text: "Ann & Bo", submit: true })).toMatchObject({ title: "Done" });
  expect(site.asked).toEqual(["GET /", "GET /form", "GET /done?name=Ann+%26+Bo"]);

  await call("screenshot", { path: "shots/done.png" });
  const picture = readFileSync(join(workspace, "shots", "done.png"));
  expect(picture.subarray(1, 4).toString("latin1")).toBe("PNG");
  expect(await call("close")).toEqual({ closed: true });
  expect(started.filter(isAlive)).toEqual([]);
  await expect(call("read")).rejects.toThrow("no page open");
});

test("BR2: whatever a page asks for, nothing reaches this machine or the net around it", async () => {
  const secret = await serve({ "/": "inside", "/x.js": "document.title = 'inside'" });
  const reach = [
    secret.at("/"),
    secret.at("/", "localhost"),
    secret.at("/", "[::1]"),
    secret.at("/", "0x7f000001"),
    secret.at("/", "2130706433"),
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/",
    "http://[fd00::1]/",
  ];
  const site = await serve({
    "/": `<title>Attempts</title>${reach.map((url) => `<img src="${url}"><iframe src="${url}"></iframe>`).join("")}
      <link rel="preconnect" href="${secret.at("/")}"><link rel="prefetch" href="${secret.at("/")}"><script src="${secret.at("/x.js")}"></script>
      <img src="/redirect"><iframe src="file:///etc/passwd"></iframe><iframe src="/redirect"></iframe>
      <script>
        const said = [];
        const tried = ${JSON.stringify(reach)}.map((url) => fetch(url, { mode: "no-cors", method: "POST", body: "x" }).catch(() => {}));
        const socket = new Promise((end) => { const s = new WebSocket("ws://127.0.0.1:${secret.port}/"); s.onopen = () => said.push("socket"); s.onclose = end; s.onerror = end; });
        navigator.sendBeacon("${secret.at("/beacon")}", "x");
        const peer = new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:${secret.port}" }] });
        peer.createDataChannel("x"); peer.onicecandidate = ({ candidate }) => candidate && said.push(candidate.candidate);
        peer.createOffer().then((offer) => peer.setLocalDescription(offer));
        Promise.all([...tried, socket, new Promise((end) => setTimeout(end, 1500))]).then(() => { document.title = "Tried " + said.join(); });
      </script>`,
    "/redirect": (_, response) => response.writeHead(302, { location: secret.at("/") }).end(),
  });
  const { call } = browser([site.port]);
  let seen = await call("open", { url: site.at("/") });
  while (!seen.title.startsWith("Tried")) seen = await call("read");
  expect(seen.title).toBe("Tried");
  expect(seen.refused?.length).toBeGreaterThanOrEqual(5);
  expect(seen.text).not.toContain("root:");
  expect(secret.asked).toEqual([]);
  for (const url of reach) await expect(call("open", { url })).rejects.toThrow(/not on the public internet/);
  await expect(call("open", { url: "javascript:alert(1)" })).rejects.toThrow("neither http nor https");
  await expect(call("open", { url: "file:///etc/passwd" })).rejects.toThrow("neither http nor https");
  await expect(call("open", { url: "http://a.example\u0000.b.example/" })).rejects.toThrow("control character");
  expect(secret.asked).toEqual([]);
});

test("BR3: a page does not leave its host, opens no other, downloads nothing, is granted nothing and keeps nothing running", async () => {
  const other = await serve({ "/": "<title>Other</title>", "/x.js": "document.title += ' shared'" });
  const site = await serve({
    "/": `<title>Home</title><a href="${other.at("/")}">Away</a><a href="/away">Round about</a><a href="/pop" target="_blank">Window</a>
      <a href="/file" download>File</a><a href="javascript:document.title='ran'">Script</a><button onclick="ask()">Ask</button>
      <script src="${other.at("/x.js")}"></script>
      <script>
        async function ask() {
          const names = ["notifications", "geolocation", "camera", "microphone", "clipboard-read"];
          const states = await Promise.all(names.map((name) => navigator.permissions.query({ name }).then(({ state }) => state)));
          await navigator.serviceWorker?.register("/worker.js").catch(() => {});
          document.title = [confirm("sure?"), prompt("word?"), states.includes("granted")].join();
        }
      </script>`,
    "/away": (_, response) => response.writeHead(302, { location: other.at("/") }).end(),
    "/pop": "<title>Popped</title>",
    "/worker.js": (_, response) => response.writeHead(200, { "content-type": "text/javascript" }).end("self.onfetch = () => {}"),
    "/file": (_, response) => response.writeHead(200, { "content-disposition": "attachment; filename=a.bin" }).end("x"),
  });
  const { call } = browser([site.port, other.port]);
  const home = await call("open", { url: site.at("/") });
  expect(home.title).toBe("Home shared");
  const click = (words: string) => call("click", refOf(home, words));
  expect(await click('link "Away"')).toMatchObject({ url: site.at("/"), leadsTo: [other.at("/")] });
  expect(await click('link "Round about"')).toMatchObject({ url: site.at("/"), leadsTo: [other.at("/")] });
  expect(await click('link "Window"')).toMatchObject({ url: site.at("/"), leadsTo: [site.at("/pop")] });
  expect(await click('link "File"')).toMatchObject({ url: site.at("/") });
  let asked = await click('button "Ask"');
  while (!asked.title.includes(",")) asked = await call("read");
  expect(asked.title).toBe("false,,false");
  const text = `The page leads to ${other.at("/")}, another host: open that by itself.`;
  expect(await call("open", { url: site.at("/away") })).toMatchObject({ leadsTo: [other.at("/")] });
  await call("close");
  expect(await call("open", { url: site.at("/away") })).toMatchObject({ leadsTo: [other.at("/")], text });
  expect(other.asked).toEqual(["GET /x.js"]);
  expect(site.asked).not.toContain("GET /pop");
  expect(site.asked).not.toContain("GET /worker.js");
});

test("BR7: a page that no outline can be made of is given as plain text", async () => {
  const site = await serve({
    "/": `<title>Huge</title>${"<p><a href=/>On top</a>".repeat(30_000)}`,
  });
  const { call } = browser([site.port]);
  const seen = await call("open", { url: site.at("/") });
  expect(seen).toMatchObject({ title: "Huge", truncated: true });
  expect(seen.text).toMatch(/^The page is too large or too deep [^]*On top/);
  const act = call("click", { page: seen.url, element: "e5", words: "link" });
  await expect(act).rejects.toThrow("its elements can't be named");
});

test("BR4: a rule that keeps the browser from a host holds for all that a page asks of it; what can't be reached says why", async () => {
  const other = await serve({ "/x.js": "document.title += ' shared'" });
  const site = await serve({
    "/": `<title>Home</title><script src="${other.at("/x.js")}"></script>`,
    "/long": `<p>${"word ".repeat(40_000)}`,
    "/dead": (request) => request.socket.destroy(),
  });
  const facts: CallFacts = { ...plainCall, agent: "developer", tool: "browser.open", workspace: "/" };
  const rule = { decide: "deny" as const, tool: "browser.*", hosts: `127.0.0.1:${other.port}` };
  const rules = [{ layer: "user" as const, trusted: true, rules: [rule] }];
  const { call, tools } = browser([site.port, other.port], { reach: (host) => reachOf(facts, host, rules) });
  expect(await call("open", { url: site.at("/") })).toMatchObject({
    title: "Home",
    refused: [`127.0.0.1:${other.port}: a rule keeps it from this host`],
  });
  expect(other.asked).toEqual([]);
  expect(await call("open", { url: site.at("/long") })).toMatchObject({ truncated: true });
  await expect(call("open", { url: site.at("/dead") })).rejects.toThrow("can't be opened");

  const verdictOf = (name: string, input: object) => {
    const fitting = fit(tools, name, input);
    if (!fitting.ok) throw new Error(fitting.failure.message);
    return judge(callFacts(fitting, { agent: "plan", granted: undefined, workspace: "/", taint: () => [] }), rules).leave;
  };
  const seen = { page: other.at("/"), element: "e1", words: "link" };
  expect([verdictOf("browser.open", { url: other.at("/") }), verdictOf("browser.click", seen)]).toEqual(["deny", "deny"]);
  expect([verdictOf("browser.open", { url: site.at("/") }), verdictOf("browser.click", { ...seen, page: site.at("/") })]).toEqual([
    "ask",
    "ask",
  ]);
});

test("BR5: with the run, its browser ends; it ends too where the host is killed, and no folder is left", async () => {
  const site = await serve({ "/": "<title>Here</title>", "/never": () => {} });
  const temporary = temporaryFolder();
  // Electron's Node reads no types away.
  const node = process.versions["electron"] === undefined ? process.execPath : "node";
  const child = spawn(node, [join(root, "tests", "support", "browser-host.ts"), site.at("/")], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: temporary },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const theirs = descendantsOf(child.pid ?? 0);
  expect(theirs.length).toBeGreaterThan(1);
  child.kill("SIGKILL");
  while (theirs.some(isAlive)) await sleep(50);
  expect(readdirSync(temporary).filter((name) => name.startsWith("botmojo-browser-"))).toEqual([]);

  const { tools, browsers } = browser([site.port]);
  const { engine, start, when, log } = openEngine({ tools: [...tools.values()] });
  log.onCommit((events) => {
    for (const { run, type } of events) if (run && type === "run.cancelled") void browsers.release(run);
  });
  const run = await start([{ id: "open", kind: "tool", tool: "browser.open", input: { url: site.at("/never") } }]);
  const asking = await when(run, ({ reviews }) => reviews.length > 0);
  const before = new Set(descendantsOf(process.pid));
  await engine.decide(asking.reviews[0]?.id ?? "", { decision: "approve", reason: "" });
  while (!site.asked.includes("GET /never")) await sleep(20);
  const started = descendantsOf(process.pid).filter((pid) => !before.has(pid));
  expect(started.length).toBeGreaterThan(1);
  await engine.cancel(run);
  while (started.some(isAlive)) await sleep(50);
});

test("BR6: where there is no browser, its tools are off, with the words that mend it", () => {
  const { tools } = browserTools({ path: () => "/nowhere/browser", clock: systemClock });
  expect(tools.map(({ closed }) => closed?.())).toEqual(
    Array.from(tools, () => "The browser is off: there is no program /nowhere/browser. Correct browser.path."),
  );
});
