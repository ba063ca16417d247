// A run that is removed leaves every list that is open on it.
import { expect, test } from "vitest";
import { openTestCore, runGoal } from "../../support/core.ts";

test("D20: who watches the runs hears of a removal at once, and one that comes later hears of it too", async () => {
  const { client } = openTestCore();
  const { summary: kept } = await runGoal(client, "note: keep this");
  const { summary: gone } = await runGoal(client, "note: forget this");
  const since = gone.lastSeq;
  const stop = new AbortController();
  const heard: unknown[] = [];
  const watching = (async () => {
    for await (const news of await client.runs.watch({ since }, { signal: stop.signal })) heard.push(news);
  })().catch(() => {});
  await client.runs.remove({ run: gone.id });
  await expect.poll(() => heard).toEqual([{ id: gone.id, removed: true, lastSeq: expect.any(Number) }]);
  stop.abort();
  await watching;
  for await (const news of await client.runs.watch({ since })) {
    expect(news).toEqual(heard[0]);
    break;
  }
  expect((await client.runs.list({})).runs.map(({ id }) => id)).toEqual([kept.id]);
});
