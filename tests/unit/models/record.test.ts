import { expect, test } from "vitest";
import { openTestCore, followToEnd, runGoal } from "../../support/core.ts";
import { anthropicAnswer, openAiAnswer, serveModel, streamTo } from "../../support/model-server.ts";

const bodies = { openai: openAiAnswer, anthropic: anthropicAnswer, "openai-compatible": openAiAnswer } as const;

test.each(Object.keys(bodies) as (keyof typeof bodies)[])(
  "RP1: a run with %s is played back to the same end without asking anybody, and asks anew where a person wants it live",
  async (provider) => {
    const server = await serveModel((response, turn) => streamTo(response, bodies[provider](`answer ${turn}`)));
    const core = openTestCore({ flags: { "model.provider": provider, "model.name": "m", "model.baseUrl": server.url } });
    const { summary, events } = await runGoal(core.client, "How is the weather?");
    expect(summary).toMatchObject({ status: "completed", model: `${provider}/m` });
    expect(events.some((event) => event.type === "effect.completed" && event.data.usage?.inputTokens === 100)).toBe(true);
    const asked = server.asked.length;
    const recorded = { otherwise: { is: "recorded" as const }, steps: {}, onDivergence: "stop" as const };
    const again = await followToEnd(core.client, (await core.client.runs.replay({ run: summary.id, options: recorded })).run);
    expect(again.summary).toMatchObject({ status: "completed", answer: summary.answer });
    expect(server.asked).toHaveLength(asked);
    const live = { ...recorded, otherwise: { is: "live" as const } };
    const anew = await followToEnd(core.client, (await core.client.runs.replay({ run: summary.id, options: live })).run);
    expect(anew.summary.status).toBe("completed");
    expect(anew.summary.answer).not.toBe(summary.answer);
    expect(server.asked.length).toBeGreaterThan(asked);
  },
);
