import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { Settings } from "../../../core/contract/index.ts";
import { openModel } from "../../../core/models/providers.ts";
import { waitBefore } from "../../../core/models/retrying.ts";
import { handClock, hastyClock } from "../../support/hasty-clock.ts";
import { askOnce, modelRequest, noticesIn, partsOf, textOf } from "../../support/model-request.ts";
import { anthropicAnswer, openAiAnswer, serveModel, streamTo } from "../../support/model-server.ts";
import { modelWorld } from "../../support/model-world.ts";

const settings = (baseUrl: string, more: object = {}) =>
  Settings.parse({ model: { provider: "openai-compatible", name: "m", baseUrl, ...more } }).model;

/** Refuses so many times, then answers. */
function refusing(times: number, refuse: (response: ServerResponse) => void) {
  return serveModel((response, turn) => (turn <= times ? refuse(response) : streamTo(response, openAiAnswer("Sunny."))));
}

const say = (status: number, headers: Record<string, string> = {}) => {
  return (response: ServerResponse) =>
    void response.writeHead(status, { "Content-Type": "application/json", ...headers }).end('{"error":{"message":"slow down"}}');
};

test("RT1: a provider that is overloaded is asked again, each time after a longer wait, and a person is told why", async () => {
  const server = await refusing(2, say(503));
  const clock = hastyClock();
  const parts = await askOnce(settings(server.url), modelWorld({ clock }));
  expect(textOf(parts)).toBe("Sunny.");
  expect(clock.waits).toEqual([500, 1000]);
  expect(noticesIn(parts)).toEqual([
    "openai-compatible/m waits 0.5 s, the provider said 503 (try 1 of 4).",
    "openai-compatible/m waits 1.0 s, the provider said 503 (try 2 of 4).",
  ]);
});

test("RT2: what Retry-After asks for is waited, in seconds, as a date or in milliseconds; too long a wait is no wait", async () => {
  const waited = async (headers: Record<string, string>) => {
    const server = await refusing(1, say(429, headers));
    const clock = hastyClock();
    const parts = await askOnce(settings(server.url), modelWorld({ clock }));
    return { waits: clock.waits[0], said: textOf(parts), asked: server.asked.length };
  };
  expect(await waited({ "Retry-After": "7" })).toEqual({ waits: 7000, said: "Sunny.", asked: 2 });
  const dates = { Date: "Tue, 24 Nov 2026 10:00:00 GMT", "Retry-After": "Tue, 24 Nov 2026 10:00:09 GMT" };
  expect(await waited(dates)).toEqual({ waits: 9000, said: "Sunny.", asked: 2 });
  expect(await waited({ "retry-after-ms": "2500", "Retry-After": "99" })).toEqual({ waits: 2500, said: "Sunny.", asked: 2 });
  expect(await waited({ "Retry-After": "3600" })).toEqual({ waits: undefined, said: "", asked: 1 });
});

test("RT3: it is given up after four tries; what a person must mend is not tried again", async () => {
  const down = await refusing(99, say(500));
  expect((await askOnce(settings(down.url))).at(-1)).toMatchObject({ failure: { code: "model.unreachable" } });
  expect(down.asked).toHaveLength(4);
  for (const status of [400, 401, 404, 422]) {
    const refused = await refusing(99, say(status));
    expect((await askOnce(settings(refused.url))).at(-1)).toMatchObject({ failure: { code: "model.refused" } });
    expect(refused.asked).toHaveLength(1);
  }
});

test("RT4: a connection that breaks before the answer is made again; one that breaks within it never, for part of it was shown", async () => {
  const broken = await refusing(1, (response) => response.destroy());
  expect(textOf(await askOnce(settings(broken.url)))).toBe("Sunny.");
  expect(broken.asked).toHaveLength(2);
  const [head = ""] = openAiAnswer("Half").split("\n\n");
  const torn = await refusing(99, (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(`${head}\n\n`, () => setTimeout(() => response.destroy(), 20));
  });
  const parts = await askOnce(settings(torn.url));
  expect(textOf(parts)).toBe("Half");
  expect(parts.at(-1)?.type).toBe("failure");
  expect(torn.asked).toHaveLength(1);
});

test("RT5: a model that stays silent is asked again", async () => {
  const server = await refusing(1, (response) => void response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": hm\n\n"));
  const parts = await askOnce(settings(server.url, { timeoutSeconds: 1 }));
  expect(textOf(parts)).toBe("Sunny.");
  expect(noticesIn(parts)[0]).toContain("the provider said nothing for 1 s");
});

test("RT6: cancelling ends the wait", async () => {
  const server = await refusing(99, say(503));
  const controller = new AbortController();
  const model = await openModel(settings(server.url), modelWorld({ clock: handClock() }));
  const parts: unknown[] = [];
  for await (const part of model.stream(modelRequest(), controller.signal)) {
    parts.push(part);
    if (part.type === "notice") controller.abort();
  }
  expect(parts.at(-1)).toMatchObject({ type: "failure", failure: { code: "cancelled" } });
  expect(server.asked).toHaveLength(1);
});

test("RT7: those that failed together do not come back together", () => {
  const trouble = { mends: "time" as const, says: "503" };
  expect([0, 0.5, 1].map((luck) => waitBefore(trouble, 1, luck))).toEqual([500, 750, 1000]);
  expect(waitBefore({ ...trouble, mends: "other" }, 1, 0)).toBeUndefined();
  expect(waitBefore(undefined, 1, 0)).toBeUndefined();
});

test("RT8: Anthropic's overloaded error is taken as one, at once and in a stream that began well", async () => {
  const [begin = ""] = anthropicAnswer("").split("event: content_block_start");
  const error = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
  for (const body of [error, begin + error]) {
    const server = await serveModel((response) => streamTo(response, body));
    const anthropic = Settings.parse({ model: { provider: "anthropic", name: "m", baseUrl: server.url } }).model;
    const parts = await partsOf(await openModel(anthropic, modelWorld()));
    expect(parts.at(-1)).toMatchObject({ failure: { code: "model.unreachable", message: expect.stringContaining("overloaded") } });
    expect(server.asked).toHaveLength(4);
  }
});
