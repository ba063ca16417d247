import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { Core } from "../../../core/index.ts";
import { openTestCore, followToEnd } from "../../support/core.ts";
import { openAiAnswer, serveModel, streamTo } from "../../support/model-server.ts";

async function typed(core: Core, line: string): Promise<string> {
  let text = "";
  for await (const chunk of await core.client.console.run({ line })) if (chunk.is !== "exit") text += chunk.text;
  return text;
}

test("MS1: models show says what is under way and waiting at each provider, the limits, the price, and today's use against the budget", async () => {
  const held: ServerResponse[] = [];
  let holds = true;
  const answer = (response: ServerResponse) => streamTo(response, openAiAnswer("Sunny."));
  const server = await serveModel((response) => (holds ? void held.push(response) : answer(response)));
  const core = openTestCore({
    flags: {
      "model.provider": "openai-compatible",
      "model.name": "m",
      "model.baseUrl": server.url,
      "model.concurrency": "1",
      "model.requestsPerMinute": "100",
      "model.fallback": "openai-compatible/spare, openai/gpt-of-tomorrow",
      "budget.dayTokens": "50000",
    },
  });
  const untold = await typed(core, "models show");
  expect(untold).toContain("then openai/gpt-of-tomorrow: gpt-of-tomorrow at api.openai.com, off this machine. Its price is not known");
  expect(untold).toContain("Today (Europe/Tallinn): 0 calls, 0 of 50,000 tokens, $0.0000.");
  await core.close();
  const next = openTestCore({
    flags: { "model.provider": "openai-compatible", "model.name": "m", "model.baseUrl": server.url, "model.concurrency": "1" },
  });
  const runs = await Promise.all(["a", "b", "c"].map((goal) => next.client.runs.start({ goal, door: "core", thread: goal })));
  await expect.poll(async () => (await next.client.models.show()).providers[0]).toMatchObject({ inFlight: 1, queued: 2, concurrency: 1 });
  expect(await typed(next, "models show")).toMatch(/127\.0\.0\.1:\d+ +1 of 1 +2 /);
  expect(JSON.parse(await typed(next, "models show --json"))).toMatchObject({ providers: [{ inFlight: 1, queued: 2 }], cache: "off" });
  holds = false;
  for (const response of held) answer(response);
  for (const { run } of runs) expect((await followToEnd(next.client, run)).summary.status).toBe("completed");
  const { today } = await next.client.models.show();
  expect(today.calls).toBe(server.asked.length);
  expect(today.usage.microUsd).toBe(0);
});
