// Programs that were not written for BotMojo: what they ask goes on and comes back as it is, is recorded, held, changed,
// and answered from the record.
import { readdirSync, readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RunFold, type Event, type RunId } from "../../../core/contract/index.ts";
import type { Core } from "../../../core/index.ts";
import { openTestCore, temporaryFolder } from "../../support/core.ts";
import { chat, followProgram, until, upstream } from "../../support/program.ts";

const question = { role: "user", content: "What is in the file?" };
const asksTool = (call = "call_1", path = "a.txt") => ({
  role: "assistant",
  content: null,
  tool_calls: [{ id: call, type: "function", function: { name: "read", arguments: JSON.stringify({ path }) } }],
});
const toolSays = (content: string, call = "call_1") => ({ role: "tool", tool_call_id: call, content });

/** Calls a tool when it is asked something, and says what the tool gave. */
const model = () =>
  upstream((response, { messages = [] }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") chat.say(response, `It says ${last.content}`);
    else {
      chat.say(response, "Let me ");
      chat.say(response, "look. ");
      chat.call(response, "call_1", "read", { path: "a.txt" });
    }
    chat.end(response, last?.role === "tool" ? "stop" : "tool_calls");
  });

function stateOf(events: readonly Event[]) {
  const fold = new RunFold();
  for (const event of events) fold.apply(event);
  if (!fold.state) throw new Error("no run");
  return fold.state;
}

async function record(core: Core, url: string) {
  const program = await followProgram(core, url);
  const answers = [await program.ask([question]), await program.ask([question, asksTool(), toolSays("hello")])];
  return { ...(await program.end()), run: program.run, answers };
}

const isHeld = (core: Core, run: RunId) => async () => (await core.client.runs.get({ run })).status === "paused";

test("PG1: what a program asks goes on as it is and its answer comes back as it is; the run has its calls, tools, tokens and answer", async () => {
  const server = await model();
  const core = openTestCore();
  const { status, events, answers, run } = await record(core, server.url);
  const direct = await fetch(`${server.url}/chat/completions`, { method: "POST", body: JSON.stringify({ messages: [question] }) });
  expect(answers[0]).toEqual({ status: 200, text: await direct.text(), type: "text/event-stream" });
  expect(server.asked[0]?.text).toBe(JSON.stringify({ model: "m", stream: true, messages: [question] }));
  expect(server.asked[0]?.headers["authorization"]).toBe("Bearer sk-canary-5f1c0a");
  const state = stateOf(events);
  expect(status).toBe("completed");
  expect(state).toMatchObject({ answer: "It says hello", usage: { inputTokens: 20, outputTokens: 10, microUsd: 0 }, thread: "programs" });
  expect(state.steps.map(({ id, effects }) => [id, effects.map(({ name, call }) => `${call} ${name}`)])).toEqual([
    ["program", []],
    ["program/0/exchange", ["model m", "tool read"]],
    ["program/1/exchange", ["model m"]],
  ]);
  expect(state.steps[1]?.effects[1]).toMatchObject({ input: { path: "a.txt" }, state: { is: "completed", output: "hello" } });
  expect((await core.client.runs.get({ run })).answer).toBe("It says hello");
  expect(core.invariants().filter(({ breach }) => breach)).toEqual([]);
});

test("PG2: no key is in what is kept: the program's own, one in its question, its address, its command, or what its tool gave", async () => {
  const dataDir = temporaryFolder();
  const core = openTestCore({ dataDir });
  const server = await model();
  const secrets = ["sk-canary-5f1c0a", ...["A", "B", "C", "D"].map((letter) => `ghp_${letter.repeat(35)}7`)];
  const [, asked, told, queried, typed] = secrets;
  const program = await followProgram(core, server.url, { command: ["agent", "--key", typed ?? ""] });
  const messages = [{ role: "user", content: `My token is ${asked}.` }, asksTool(), toolSays(`It holds ${told}.`)];
  await program.ask([{ role: "user", content: `My token is ${asked}.` }]);
  expect((await program.ask(messages)).text).toContain(told);
  await fetch(`${program.address}/models?key=${queried}`);
  expect(server.asked.map(({ path, text }) => path + text).join()).toMatch(new RegExp(`${asked}.*${told}.*${queried}`));
  const { run } = program;
  await program.end();
  await server.stop();
  const again = await followProgram(core, server.url, { replay: { run } });
  await again.ask([{ role: "user", content: `My token is ${asked}.` }]);
  expect((await again.ask(messages)).text).toContain("[hidden: github token]");
  expect(stateOf((await again.end()).events).replay).toMatchObject({ exact: 2, divergent: 0 });
  await core.close();
  const kept = readdirSync(dataDir).filter((name) => name.startsWith("botmojo.db"));
  expect(kept).not.toEqual([]);
  for (const name of kept) {
    const bytes = readFileSync(join(dataDir, name), "latin1");
    expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([]);
  }
});

test("PG3: an answer comes piece by piece while the model still speaks, but for its end, which comes once it is in the log", async () => {
  let goOn = () => {};
  const server = await upstream(async (response) => {
    chat.say(response, "first");
    await new Promise<void>((resolve) => (goOn = resolve));
    chat.end(response);
  });
  const core = openTestCore();
  const program = await followProgram(core, server.url);
  const response = await fetch(`${program.address}/chat/completions`, {
    method: "POST",
    body: '{"model":"m","stream":true,"messages":[]}',
  });
  const reader = response.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain("first");
  goOn();
  let rest = "";
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    rest += Buffer.from(next.value).toString();
    if (rest.includes('"finish_reason":"stop"')) break;
  }
  const events = await core.client.events.list({ run: program.run, limit: 100 });
  expect(events.some(({ type }) => type === "effect.completed")).toBe(true);
  expect((await program.end()).status).toBe("completed");
});

test("PG4: a breakpoint on a tool's argument holds the answer; the program gets the call as a person changed it", async () => {
  const core = openTestCore();
  const server = await model();
  const program = await followProgram(core, server.url, { breakpoints: ['tool:read if input.path == "a.txt"'] });
  let answered = false;
  const asking = program.ask([question]).finally(() => (answered = true));
  await until(isHeld(core, program.run));
  expect(answered).toBe(false);
  await expect(core.client.runs.resume({ run: program.run, edit: { output: "no" } })).rejects.toThrow("makes this call itself");
  await core.client.runs.resume({ run: program.run, edit: { input: { path: "b.txt" } } });
  const { text } = await asking;
  expect(text).toContain(String.raw`"arguments":"{\"path\":\"b.txt\"}"`);
  expect(text).toContain("Let me ");
  expect(text).not.toContain("a.txt");
  await program.ask([question, asksTool("call_1", "b.txt"), toolSays("other")]);
  const { events } = await program.end();
  const tool = stateOf(events).steps[1]?.effects[1];
  expect(tool).toMatchObject({ input: { path: "b.txt" }, state: { output: "other" } });
  // Replayed, the person's change is made again.
  await server.stop();
  const again = await followProgram(core, server.url, { replay: { run: program.run } });
  expect((await again.ask([question])).text).toBe(text);
  expect((await again.ask([question, asksTool("call_1", "b.txt"), toolSays("other")])).text).toContain("It says other");
  expect(stateOf((await again.end()).events).replay).toMatchObject({ exact: 2, divergent: 0, unmatched: 0, live: 0 });
});

test("PG5: a request that is held can be changed before the model sees it, or answered in its place", async () => {
  const core = openTestCore();
  const server = await model();
  const program = await followProgram(core, server.url, { breakpoints: ["model"] });
  const { run } = program;
  const changed = program.ask([question]);
  await until(isHeld(core, run));
  const held = (await core.client.runs.at({ run })).head.pause?.at?.input as { body: { messages: object[] } };
  expect(held.body.messages).toEqual([question]);
  await expect(core.client.runs.resume({ run, edit: { input: { messages: [] } } })).rejects.toThrow("no request of a program");
  const other = { ...held, body: { ...held.body, messages: [{ role: "user", content: "Something else" }] } };
  await core.client.runs.resume({ run, edit: { input: other } });
  await changed;
  expect(JSON.parse(server.asked[0]?.text ?? "")).toMatchObject({ messages: [{ content: "Something else" }], stream: true });
  const answered = program.ask([question]);
  await until(isHeld(core, run));
  await core.client.runs.resume({ run, edit: { output: "A person says so." } });
  expect((await answered).text).toContain("A person says so.");
  expect(server.asked).toHaveLength(1);
});

test("PG6: replayed without its model, a program gets the same bytes; asked otherwise it is stopped, and told where and why", async () => {
  const core = openTestCore();
  const server = await model();
  const { run, answers } = await record(core, server.url);
  await server.stop();
  const same = await followProgram(core, server.url, { replay: { run } });
  expect([await same.ask([question]), await same.ask([question, asksTool(), toolSays("hello")])]).toEqual(answers);
  const ended = await same.end();
  expect(ended.status).toBe("completed");
  expect(stateOf(ended.events).replay).toMatchObject({ reused: 2, exact: 2, divergent: 0, unmatched: 0, live: 0, firstDivergence: null });

  const other = await followProgram(core, server.url, { replay: { run } });
  await other.ask([question]);
  const refused = await other.ask([question, asksTool(), toolSays("goodbye")]);
  expect(refused).toMatchObject({ status: 403, text: expect.stringContaining("A tool of the program gave something else") });
  expect(await other.ask([question])).toMatchObject({ status: 403 });
  const stopped = await other.end(1);
  expect(stopped.status).toBe("failed");
  expect(stateOf(stopped.events).replay?.firstDivergence).toMatchObject({ step: "program/1/exchange", cause: "tool result" });

  const lenient = await followProgram(core, server.url, { replay: { run, options: { onDivergence: "use" } } });
  await lenient.ask([question]);
  expect((await lenient.ask([question, asksTool(), toolSays("goodbye")])).text).toContain("It says hello");
  expect((await lenient.end()).status).toBe("completed");
});

test("PG7: from a turn on the model is asked anew, and a turn can be given another answer", async () => {
  const core = openTestCore();
  const server = await model();
  const { run } = await record(core, server.url);
  const live = { is: "live" as const };
  const steps = { "program/0/exchange": { is: "recorded" as const } };
  const fromOne = await followProgram(core, server.url, { replay: { run, options: { otherwise: live, steps } } });
  await fromOne.ask([question]);
  expect(server.asked).toHaveLength(2);
  expect((await fromOne.ask([question, asksTool(), toolSays("goodbye")])).text).toContain("It says goodbye");
  expect(server.asked).toHaveLength(3);
  expect(stateOf((await fromOne.end()).events).replay).toMatchObject({ reused: 1, live: 1 });
  const edited = { "program/0/exchange": { is: "edited" as const, output: { text: "No need.", calls: [] } } };
  const given = await followProgram(core, server.url, { replay: { run, options: { steps: edited } } });
  expect((await given.ask([question])).text).toContain("No need.");
  expect(stateOf((await given.end()).events)).toMatchObject({ status: "completed", answer: "No need." });
});

test("PG8: without its program a recorded run is walked through as it was", async () => {
  const core = openTestCore();
  const { run, events } = await record(core, (await model()).url);
  const { run: again } = await core.client.runs.replay({
    run,
    options: { otherwise: { is: "recorded" }, steps: {}, onDivergence: "stop" },
  });
  await until(async () => (await core.client.runs.get({ run: again })).status !== "running");
  const state = stateOf(await core.client.events.list({ run: again, limit: 1000 }));
  expect(state).toMatchObject({ status: "completed", answer: "It says hello", replay: { exact: 4, divergent: 0, unmatched: 0 } });
  expect(state.steps.map(({ id, output }) => [id, output])).toEqual(stateOf(events).steps.map(({ id, output }) => [id, output]));
  const plan = stateOf(events).revisions[0]?.plan;
  if (plan) await expect(core.client.runs.start({ goal: "", door: "core", plan })).rejects.toThrow("only botmojo record starts");
  await expect(core.client.runs.fork({ run })).rejects.toThrow("only the program itself can go another way");
});

test("PG9: twenty requests side by side each have their own turn; in another order they find their answers", async () => {
  const core = openTestCore();
  const server = await upstream(async (response, { messages = [] }) => {
    const number = Number(/\d+/.exec(messages[0]?.content ?? "")?.[0]);
    await new Promise((resolve) => setTimeout(resolve, (number * 7) % 20));
    chat.say(response, `Answer ${number}`);
    chat.end(response);
  });
  const ask = (number: number) => [{ role: "user", content: `Question ${number}` }];
  const numbers = Array.from({ length: 20 }, (_, number) => number);
  const program = await followProgram(core, server.url);
  const answers = await Promise.all(numbers.map(async (number) => (await program.ask(ask(number))).text));
  await program.end();
  await server.stop();
  const again = await followProgram(core, server.url, { replay: { run: program.run } });
  const back = await Promise.all(numbers.toReversed().map(async (number) => (await again.ask(ask(number))).text));
  expect(back.toReversed()).toEqual(answers);
  expect(new Set(answers).size).toBe(20);
  expect(stateOf((await again.end()).events).replay).toMatchObject({ exact: 20, divergent: 0, unmatched: 0 });
});

test("PG10: a limit holds the program before its next request, and lets it go on when a person says so", async () => {
  const core = openTestCore();
  const program = await followProgram(core, (await model()).url, { budget: { tokens: 10 }, breakpoints: ["budget"] });
  await program.ask([question]);
  const second = program.ask([question, asksTool(), toolSays("hello")]);
  await until(isHeld(core, program.run));
  await core.client.runs.resume({ run: program.run });
  expect((await second).text).toContain("It says hello");
  await core.client.config.set({ key: "budget.whenReached", value: "fail" });
  const strict = await followProgram(core, (await model()).url, { budget: { tokens: 10 } });
  await strict.ask([question]);
  expect(await strict.ask([question])).toMatchObject({ status: 402, text: expect.stringContaining("used 15 of 10 tokens") });
  expect((await strict.end(1)).status).toBe("failed");
  await core.client.config.set({ key: "budget.dayTokens", value: "15" });
  const third = await followProgram(core, (await model()).url);
  const asking = third.ask([question]);
  await until(isHeld(core, third.run));
  await core.client.runs.resume({ run: third.run });
  expect((await asking).status).toBe(200);
});

test("PG11: what the model's server refuses, breaks off, or is not there for comes back as it is; and the same from the record", async () => {
  const core = openTestCore();
  const server = await upstream((response, _, turn) => {
    if (turn === 1)
      response.writeHead(429, { "Content-Type": "application/json", "Retry-After": "7", "X-Other": "no" }).end('{"error":"slow"}');
    else if (turn === 2) {
      chat.say(response, "half");
      setTimeout(() => response.destroy(), 20);
    } else chat.say(response, "never ends");
  });
  const body = '{"model":"m","stream":true,"messages":[]}';
  const visit = async (address: string) => {
    const limited = await fetch(`${address}/chat/completions`, { method: "POST", body: "{}" });
    const refusal = [limited.status, limited.headers.get("retry-after"), await limited.text()];
    const broken = await fetch(`${address}/chat/completions`, { method: "POST", body: '{"model":"m","messages":[1]}' });
    const reader = broken.body?.getReader();
    const half = Buffer.from((await reader?.read())?.value ?? []).toString();
    await expect(reader?.read()).rejects.toThrow("terminated");
    const gone = new AbortController();
    const given = await fetch(`${address}/chat/completions`, { method: "POST", body, signal: gone.signal });
    const first = Buffer.from((await given.body?.getReader().read())?.value ?? []).toString();
    gone.abort();
    return { refusal, half, first };
  };
  const program = await followProgram(core, server.url);
  const then = await visit(program.address);
  expect(then).toEqual({
    refusal: [429, "7", '{"error":"slow"}'],
    half: expect.stringContaining("half"),
    first: expect.stringContaining("never ends"),
  });
  const outputs = (events: readonly Event[]) => events.flatMap((event) => (event.type === "effect.completed" ? [event.data.output] : []));
  await until(async () => outputs(await core.client.events.list({ run: program.run, limit: 1000 })).length === 3);
  await server.stop();
  expect(await program.ask([question])).toMatchObject({ status: 502, text: expect.stringContaining("did not answer to the end") });
  const { events, status } = await program.end();
  expect(status).toBe("completed");
  expect(outputs(events)).toMatchObject([
    { status: 429, headers: { "retry-after": "7" } },
    { text: "half", cut: "model" },
    { text: "never ends", cut: "program" },
  ]);
  expect(JSON.stringify(events)).not.toContain("x-other");
  const again = await followProgram(core, server.url, { replay: { run: program.run } });
  expect(await visit(again.address)).toEqual(then);
  expect(await again.ask([question])).toMatchObject({ status: 502 });
  expect(stateOf((await again.end()).events).replay).toMatchObject({ exact: 4, divergent: 0, unmatched: 0 });
});

test("PG12: nobody else gets in: no other secret, no page, no other host's name, nothing too large or packed, and nothing after the end", async () => {
  const core = openTestCore();
  const server = await model();
  const program = await followProgram(core, server.url);
  const ask = (address: string, headers: Record<string, string> = {}, body = "{}") =>
    new Promise<number>((resolve, reject) => {
      const request = httpRequest(`${address}/chat/completions`, { method: "POST", headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on("error", reject);
      request.end(body);
    });
  const wrong = program.address.replace(/\/[^/]+\/openai$/, "/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/openai");
  expect(await ask(wrong)).toBe(404);
  expect(await ask(program.address.replace("openai", "other"))).toBe(404);
  expect(await ask(program.address, { origin: "http://evil.example" })).toBe(403);
  expect(await ask(program.address, { "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await ask(program.address, { host: "evil.example" })).toBe(403);
  expect(await ask(program.address, { "content-encoding": "gzip" })).toBe(415);
  expect(await ask(program.address, { "content-length": String(65 * 2 ** 20) }, "").catch(() => 413)).toBe(413);
  expect(server.asked).toEqual([]);
  await program.end();
  await until(async () => (await ask(program.address)) === 404);
});

test("PG13: a person who cancels the run, and a host that closes, leave no request hanging; the next host says what became of it", async () => {
  const dataDir = temporaryFolder();
  const core = openTestCore({ dataDir });
  const silent = await upstream(() => {});
  const program = await followProgram(core, silent.url);
  const asking = program.ask([question]);
  await until(() => silent.asked.length === 1);
  await core.client.runs.cancel({ run: program.run });
  expect(await asking).toMatchObject({ status: 403, text: expect.stringContaining("cancelled") });
  const left = await followProgram(core, silent.url);
  const open = left.ask([question]).catch(() => ({ status: 0 }));
  await until(() => silent.asked.length === 2);
  await core.close();
  expect((await open).status).not.toBe(200);
  const next = openTestCore({ dataDir });
  await next.resume();
  await until(async () => (await next.client.runs.get({ run: left.run })).status === "failed");
  expect((await next.client.runs.get({ run: left.run })).failure?.message).toContain("The program is no longer followed");
});

test("PG14: what asks no model, such as a list of models, is recorded and answered from the record too", async () => {
  const core = openTestCore();
  const server = await upstream(
    (response) => void response.writeHead(200, { "Content-Type": "application/octet-stream" }).end(Buffer.from([0xff, 0, 1])),
  );
  const program = await followProgram(core, server.url);
  const bytes = async (address: string) => Buffer.from(await (await fetch(`${address}/models?limit=2`)).arrayBuffer()).toString("hex");
  expect(await bytes(program.address)).toBe("ff0001");
  expect(server.asked[0]).toMatchObject({ method: "GET", path: "/v1/models?limit=2" });
  await program.end();
  await server.stop();
  const again = await followProgram(core, server.url, { replay: { run: program.run } });
  expect(await bytes(again.address)).toBe("ff0001");
  expect((await again.end()).status).toBe("completed");
});

test("PG15: a form is the same however its parts are parted, and what is no text goes on as it is", async () => {
  const core = openTestCore();
  const server = await upstream((response) => void response.writeHead(200, { "Content-Type": "application/json" }).end('{"text":"heard"}'));
  const send = async (address: string) => {
    const form = new FormData();
    form.set("file", new Blob([new Uint8Array([0xff, 0, 0xfe, 13, 10])]), "sound.wav");
    return (await fetch(`${address}/audio/transcriptions`, { method: "POST", body: form })).text();
  };
  const program = await followProgram(core, server.url);
  expect(await send(program.address)).toBe('{"text":"heard"}');
  expect(server.asked[0]?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=.{10}/);
  await program.end();
  await server.stop();
  const again = await followProgram(core, server.url, { replay: { run: program.run } });
  expect(await send(again.address)).toBe('{"text":"heard"}');
  expect(stateOf((await again.end()).events).replay).toMatchObject({ exact: 1, divergent: 0 });
});

test("PG16: calls side by side are each held where a breakpoint says so", async () => {
  const core = openTestCore();
  const server = await model();
  const program = await followProgram(core, server.url, { breakpoints: ["model"] });
  const { run } = program;
  const asking = Promise.all([1, 2, 3, 4].map(async (number) => program.ask([{ role: "user", content: `Question ${number}` }])));
  for (let passed = 0; passed < 4; passed += 1) {
    await until(isHeld(core, run));
    expect(server.asked).toHaveLength(passed);
    await core.client.runs.resume({ run });
    await until(() => server.asked.length === passed + 1);
  }
  expect((await asking).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});

test("PG17: what a server does not count is reckoned from the texts and says so, so that a limit holds; a refusal costs nothing", async () => {
  const core = openTestCore();
  const words = "word ".repeat(200);
  const server = await upstream((response, _, turn) => {
    if (turn === 2) return void response.writeHead(429).end("{}");
    chat.say(response, words);
    response.end("data: [DONE]\n\n");
  });
  const program = await followProgram(core, server.url, { budget: { tokens: 400 }, breakpoints: ["budget"] });
  await program.ask([{ role: "user", content: "x".repeat(350) }]);
  const { usage } = (await core.client.runs.at({ run: program.run })).head;
  expect(usage.inputTokens).toBeGreaterThan(100);
  expect(usage.inputTokens).toBeLessThan(120);
  expect(usage.outputTokens).toBe(Math.ceil(words.length / 3.5));
  expect(usage.estimatedTokens).toBe(usage.inputTokens + usage.outputTokens);
  await program.ask([question]);
  expect((await core.client.runs.at({ run: program.run })).head.usage).toEqual(usage);
  await program.ask([question]);
  const over = program.ask([question]);
  await until(isHeld(core, program.run));
  await core.client.runs.resume({ run: program.run });
  await over;
  const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(1_000_000)}` } };
  const shown = await followProgram(core, server.url);
  await shown.ask([{ role: "user", content: [picture] }]);
  expect((await core.client.runs.at({ run: shown.run })).head.usage.inputTokens).toBeLessThan(1100);
});

test("PG18: while a program that has asked a host off this machine is followed, the host says so", async () => {
  const core = openTestCore();
  const asked = async () => (await core.client.host.status()).asked;
  const near = await followProgram(core, (await model()).url);
  await near.ask([question]);
  expect(await asked()).toEqual([]);
  const far = await followProgram(core, "http://model.invalid:81/v1");
  expect(await asked()).toEqual([]);
  expect((await far.ask([question])).status).toBe(502);
  expect(await asked()).toEqual(["model.invalid:81"]);
  await far.end();
  await until(async () => (await asked()).length === 0);
});
