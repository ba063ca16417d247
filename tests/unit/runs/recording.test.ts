// Runs as files: what an export holds, what an import takes and refuses, what removing leaves.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, asyncProperty, constantFrom, integer, nat } from "fast-check";
import { expect, test } from "vitest";
import { foldEvents, Plan, type Event, type RunId } from "../../../core/contract/index.ts";
import type { CoreClient } from "../../../core/index.ts";
import { RecordingReader, RecordingWriter } from "../../../core/runs/record/recording.ts";
import { followToEnd, openTestCore, runGoal, temporaryFolder } from "../../support/core.ts";
import { exported, imported } from "../../support/recordings.ts";
import { sum } from "../../support/steps.ts";

const sentence = "Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian";

async function startPlan(client: CoreClient, steps: readonly object[]): Promise<RunId> {
  const plan = Plan.parse({ version: 1, goal: "test", steps });
  const { run } = await client.runs.start({ goal: "test", door: "core", plan });
  await followToEnd(client, run);
  return run;
}

async function eventsOf(client: CoreClient, run: RunId): Promise<Event[]> {
  return client.events.list({ run, limit: 5000 });
}

/** An event without its place in a log. */
const bare = ({ seq: _, recorded: __, ...event }: Event) => event;

test("F1: a run is the same file each time; read elsewhere it is the same run, and its file again the same bytes", async () => {
  const from = openTestCore().client;
  const { summary, events } = await runGoal(from, sentence);
  const text = await exported(from, summary.id);
  expect(await exported(from, summary.id)).toBe(text);
  expect(text.split("\n")).toHaveLength(events.length + 3);
  const to = openTestCore().client;
  expect(await imported(to, text)).toEqual({
    run: summary.id,
    inFile: summary.id,
    taken: true,
    goal: sentence,
    events: events.length,
    finished: true,
  });
  expect((await eventsOf(to, summary.id)).slice(0, -1).map(bare)).toEqual(events.map(bare));
  expect(await exported(to, summary.id)).toBe(text);
});

test("F2: a file taken a hundred times, also at once, is one run; the log it came from knows it too", async () => {
  const from = openTestCore().client;
  const { summary } = await runGoal(from, sentence);
  const text = await exported(from, summary.id);
  const to = openTestCore().client;
  const reports = await Promise.all(Array.from({ length: 100 }, () => imported(to, text)));
  expect(reports.filter(({ taken }) => taken)).toHaveLength(1);
  expect((await to.runs.list({})).total).toBe(1);
  expect(await imported(from, text)).toMatchObject({ run: summary.id, taken: false });
  expect((await from.runs.list({})).total).toBe(1);
});

test("F3: what is imported acts on nothing: no memory, no message, no question, nothing to take up", async () => {
  const from = openTestCore().client;
  const spoken = (await runGoal(from, sentence)).summary.id;
  const asking = await startPlan(from, [{ id: "ask", kind: "review", question: "Go?" }]);
  const dataDir = temporaryFolder();
  const first = openTestCore({ dataDir });
  await imported(first.client, await exported(from, spoken));
  expect(await imported(first.client, await exported(from, asking))).toMatchObject({ finished: false });
  await first.close();
  const { client, resume, rebuild, invariants } = openTestCore({ dataDir });
  expect(await resume()).toBe(0);
  expect(await client.memory.list({})).toEqual([]);
  expect(await client.review.list()).toEqual([]);
  expect(await client.runs.get({ run: asking })).toMatchObject({ status: "cancelled", imported: { finished: false } });
  const review = foldEvents(await eventsOf(client, asking))?.reviews[0]?.id ?? "";
  await expect(client.review.decide({ review, decision: "approve" })).rejects.toThrow(/no review/);
  await expect(client.runs.tell({ run: asking, name: "go", data: 1 })).rejects.toThrow(/has ended/);
  const list = await client.runs.list({});
  rebuild();
  expect(await client.runs.list({})).toEqual(list);
  expect(invariants().flatMap(({ breach }) => breach ?? [])).toEqual([]);
  const asked = await runGoal(client, "what do I know about Sara?");
  expect(asked.summary.answer).not.toContain("vegetarian");
});

test("F4: a fork's file holds its past, so it stands alone; it is forked and exported again from there", async () => {
  const from = openTestCore().client;
  const run = await startPlan(from, [sum("a", "1+1"), sum("b", "2+2", { needs: ["a"] })]);
  const { run: fork } = await from.runs.fork({ run, edits: [{ step: "a", output: { value: 9 } }] });
  await followToEnd(from, fork);
  const text = await exported(from, fork);
  const dataDir = temporaryFolder();
  const to = openTestCore({ dataDir });
  await imported(to.client, text);
  const here = foldEvents(await eventsOf(from, fork));
  const there = foldEvents(await eventsOf(to.client, fork));
  expect(there?.steps.map(({ id, output, source }) => ({ id, output, source }))).toEqual(
    here?.steps.map(({ id, output, source }) => ({ id, output, source })),
  );
  expect(there?.steps[0]).toMatchObject({ output: { value: 9 }, source: "edited" });
  expect(await exported(to.client, fork)).toBe(text);
  const { run: again } = await to.client.runs.fork({ run: fork, edits: [{ step: "b", output: { value: 7 } }] });
  await followToEnd(to.client, again);
  const grown = await exported(to.client, again);
  const third = openTestCore().client;
  expect(await imported(third, grown)).toMatchObject({ run: again, finished: true });
  expect(await exported(third, again)).toBe(grown);
  const before = await to.client.runs.list({});
  to.rebuild();
  expect(await to.client.runs.list({})).toEqual(before);
});

test("F5: an id that another run has is not taken from it; the run comes under a new one and is known again by its content", async () => {
  const from = openTestCore().client;
  const { summary } = await runGoal(from, sentence);
  const text = await exported(from, summary.id);
  const other = rewritten(text, (event) => (event.type === "run.started" ? { ...event, data: { ...event.data, goal: "another" } } : event));
  const renamed = await imported(from, other);
  expect(renamed).toMatchObject({ taken: true, inFile: summary.id, goal: "another" });
  expect(renamed.run).not.toBe(summary.id);
  expect(await imported(from, other)).toMatchObject({ run: renamed.run, taken: false });
  expect(await exported(from, renamed.run)).toBe(other);
  expect((await from.runs.get({ run: summary.id })).goal).toBe(sentence);
});

/** The same file with other events, its hashes made anew by someone who knows how. */
function rewritten(text: string, change: (event: Event, index: number) => Event): string {
  const events = text
    .trim()
    .split("\n")
    .slice(1, -1)
    .map((line) => (JSON.parse(line) as { event: Event }).event);
  return written(events.map(change));
}

function written(events: readonly Event[], count = events.length): string {
  const writer = new RecordingWriter({ run: events.at(-1)?.run as RunId, program: "0.0.0-test", events: count });
  return writer.begin() + events.map((event) => writer.event(event)).join("") + writer.end();
}

/** The same lines with their hashes made anew by someone who knows how, whatever words they hold. */
function rehashed(text: string): string {
  let last = "";
  const lines = text.trimEnd().split("\n");
  const events = lines.slice(1, -1).map((words) => words.slice(words.indexOf('"event":') + 8, -1));
  const content = createHash("sha256")
    .update(events.map((words) => `${words}\n`).join(""))
    .digest("hex");
  const next = (words: string) =>
    (last = createHash("sha256")
      .update(last === "" ? words : `${last}\n${words}`)
      .digest("hex"));
  next(lines[0] ?? "");
  const chained = events.map((words) => `{"hash":"${next(words)}","event":${words}}`);
  const end = JSON.stringify({ content, events: events.length, last });
  return `${[lines[0], ...chained, `{"hash":"${next(end)}","end":${end}}`].join("\n")}\n`;
}

const refusals: readonly [string, (text: string) => string, RegExp][] = [
  ["nothing at all", () => "", /empty/],
  ["another file", () => '{"a":1}\n', /Line 1: this is no recording/],
  ["not JSON", () => "hello\nworld\n", /Line 1: this is no recording/],
  ["a newer format", (text) => text.replace('"version":1', '"version":2'), /Line 1: .*newer format \(2; this BotMojo knows 1\)/],
  ["another header", (text) => text.replace('"program":"0.0.0-test"', '"program":"9.9.9"'), /Line 2 \(event 1\): its hash does not follow/],
  ["no last line", (text) => `${text.trim().split("\n").slice(0, -1).join("\n")}\n`, /ends after 5 of 5 events, without its last line/],
  ["half a line", (text) => text.slice(0, text.indexOf('"step.completed"')), /Line 3 \(event 2\): it is not JSON, or is cut off/],
  ["changed words", (text) => text.replace('"goal":"test"', '"goal":"best"'), /Line 2 \(event 1\): its hash does not follow/],
  ["a changed hash", (text) => changeHash(text, 2), /Line 3 \(event 2\): its hash does not follow/],
  ["two lines swapped", (text) => swapLines(text, 2, 3), /Line 3 \(event 2\): its hash does not follow/],
  ["a line left out", (text) => dropLine(text, 2), /Line 3 \(event 2\): its hash does not follow/],
  [
    "numbers out of order",
    (text) => rewritten(text, (event, at) => (at === 2 ? { ...event, seq: 9 } : event)),
    /Line 4 \(event 3\): .*number 9.*3/,
  ],
  [
    "an unknown kind",
    (text) => rewritten(text, (event, at) => (at === 1 ? ({ ...event, type: "step.dreamt" } as unknown as Event) : event)),
    /Line 3 \(event 2\): .*"step\.dreamt"/,
  ],
  [
    "data of another shape",
    (text) => rewritten(text, (event, at) => (at === 1 ? ({ ...event, data: {} } as unknown as Event) : event)),
    /Line 3 \(event 2\): its data is not that of step\.completed/,
  ],
  [
    "another's event",
    (text) => rewritten(text, (event, at) => (at === 2 ? { ...event, run: "run_00000000000b" as RunId } : event)),
    /can't follow here/,
  ],
  [
    "no beginning",
    (text) => rewritten(text, (event, at) => (at === 0 ? { ...event, type: "run.cancelled", data: { reason: "" } } : event)),
    /begins with its start/,
  ],
  ["something after the end", (text) => `${text}{}\n`, /something after the recording's end/],
  ["a wrong count", (text) => replaceFooter(text), /Line \d+ \(event \d+\): .*(hash|holds)/],
  ["a count of its own", (text) => text.replace('"events":5', '"events":4'), /hash does not follow/],
  [
    "depth",
    (text) => withData(text, `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`),
    /Line 3 \(event 2\): its JSON is nested deeper than 1000/,
  ],
  ["a key __proto__", (text) => withData(text, '{"__proto__":{"isAdmin":true}}'), /Line 3 \(event 2\): it has a key "__proto__"/],
  [
    "the key by its escape",
    (text) => withData(text, '{"\\u005f_proto__":{"isAdmin":true}}'),
    /Line 3 \(event 2\): it has a key "__proto__"/,
  ],
  ["a key twice", (text) => withData(text, '{"output":1,"output":2}'), /hash does not follow/],
  [
    "a key twice, all hashes right",
    (text) => rehashed(line(text, 2, (words) => words.replace('"actor":"host",', '"actor":"host","actor":"host",'))),
    /Line 3 \(event 2\): it is not written as BotMojo writes it/,
  ],
  [
    "a number that JavaScript would change, all hashes right",
    (text) => rehashed(line(text, 2, (words) => words.replace('{"value":2}', '{"value":9007199254740993}'))),
    /Line 3 \(event 2\): it is not written as BotMojo writes it/,
  ],
  [
    "a space, all hashes right",
    (text) => rehashed(line(text, 2, (words) => words.replace('{"value":2}', '{"value": 2}'))),
    /Line 3 \(event 2\): it is not written as BotMojo writes it/,
  ],
  [
    "an endless line",
    (text) => `${text.split("\n")[0] ?? ""}\n${"x".repeat(100 * 2 ** 20)}`,
    /Line 2 \(event 1\): it is longer than 32 MiB/,
  ],
];

const line = (text: string, at: number, change: (words: string) => string) =>
  text
    .split("\n")
    .map((words, index) => (index === at ? change(words) : words))
    .join("\n");
const changeHash = (text: string, at: number) =>
  line(text, at, (words) => words.replace(/"hash":"./, (head) => `${head.slice(0, -1)}${head.endsWith("0") ? "1" : "0"}`));
const withData = (text: string, data: string) => line(text, 2, (words) => words.replace(/"data":\{.*?\},"run"/, `"data":${data},"run"`));
const replaceFooter = (text: string) => text.replace(/"events":(\d+),"last"/, '"events":99,"last"');
const dropLine = (text: string, at: number) =>
  text
    .split("\n")
    .filter((_, index) => index !== at)
    .join("\n");
const swapLines = (text: string, a: number, b: number) => {
  const lines = text.split("\n");
  [lines[a], lines[b]] = [lines[b] ?? "", lines[a] ?? ""];
  return lines.join("\n");
};

test.each(refusals)("F6: refused with its place, and nothing kept: %s", async (_, spoil, says) => {
  const { client } = openTestCore();
  const text = await exported(client, await startPlan(client, [sum("a", "1+1"), sum("b", "2+2"), sum("c", "3+3")]));
  const before = await client.host.status();
  const to = openTestCore().client;
  await expect(imported(to, spoil(text), 1 << 20)).rejects.toThrow(says);
  expect((await to.host.status()).lastSeq).toBe(0);
  expect((await client.host.status()).lastSeq).toBe(before.lastSeq);
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
});

test("F6: the file made anew by hand, unchanged, is taken: it is the words that the refusals above turn on", async () => {
  const { client } = openTestCore();
  const text = await exported(client, await startPlan(client, [sum("a", "1+1")]));
  expect(rehashed(text)).toBe(text);
});

test("F7: a file with any byte changed, put in, left out or cut off is refused, or is the same", async () => {
  const { client } = openTestCore();
  const text = await exported(client, await startPlan(client, [sum("a", "1+1"), sum("b", "2+2", { needs: ["a"] })]));
  const bytes = Buffer.from(text);
  const whole = read(bytes);
  await assert(
    asyncProperty(constantFrom("flip", "put", "drop", "cut"), nat(bytes.length - 1), integer({ min: 1, max: 255 }), async (how, at, by) => {
      const changed =
        how === "flip"
          ? Buffer.concat([bytes.subarray(0, at), Buffer.from([(bytes[at] ?? 0) ^ by]), bytes.subarray(at + 1)])
          : how === "put"
            ? Buffer.concat([bytes.subarray(0, at), Buffer.from([by]), bytes.subarray(at)])
            : how === "drop"
              ? Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
              : bytes.subarray(0, at);
      let found: string | undefined;
      try {
        found = read(changed);
      } catch (error) {
        expect((error as { failure?: { code: string } }).failure?.code).toBe("input.invalid");
      }
      if (found !== undefined) expect(found).toBe(whole);
    }),
    { numRuns: 3000 },
  );
});

function read(bytes: Buffer): string {
  const reader = new RecordingReader();
  reader.take(bytes.toString("utf8"));
  return JSON.stringify(reader.end());
}

test("F8: a hundred thousand events go out and come in within bounds", async () => {
  const run = "run_000000000big" as RunId;
  const about = { run, step: null, at: 1000, actor: "host", cause: null };
  const data = {
    goal: "big",
    thread: "main",
    model: "rules",
    modelKind: "rules",
    door: "cli",
    timeZone: "UTC",
    locale: "en",
    workspace: "/",
  };
  const started = { ...about, seq: 1, type: "run.started", data } as unknown as Event;
  const writer = new RecordingWriter({ run, program: "0.0.0-test", events: 100_000 });
  let text = writer.begin() + writer.event(started);
  for (let seq = 2; seq <= 100_000; seq += 1) {
    text += writer.event({ ...about, seq, type: "message.received", data: { name: "m", data: { seq } } } as unknown as Event);
  }
  text += writer.end();
  const { client } = openTestCore();
  expect(await imported(client, text, 65_536)).toMatchObject({ run, events: 100_000, finished: false });
  let length = 0;
  for await (const piece of await client.runs.export({ run })) {
    expect(piece.length).toBeLessThan(2 ** 20);
    expect(text.startsWith(piece.slice(0, 200), length)).toBe(true);
    length += piece.length;
  }
  expect(length).toBe(text.length);
}, 120_000);

test("F9: a removed run is forgotten: no word of it is left in the data, the chain holds, the tables are what the log makes them", async () => {
  const dataDir = temporaryFolder();
  const first = openTestCore({ dataDir });
  const { client } = first;
  const secret = "Zebulon";
  // Before the others: what a conversation said earlier is part of what later runs of it were asked.
  const other = await runGoal(client, "paid 5 EUR for bread");
  const { summary } = await runGoal(client, `remember that ${secret} is vegetarian`);
  const { summary: long } = await runGoal(client, `note: ${secret} ${"prefers long walks by the sea ".repeat(60)}`);
  expect(await client.runs.remove({ run: summary.id })).toMatchObject({ kept: 1 });
  expect(await client.runs.remove({ run: long.id })).toMatchObject({ kept: 1 });
  expect((await client.runs.list({})).runs.map(({ id }) => id)).toEqual([other.summary.id]);
  await expect(client.runs.get({ run: summary.id })).rejects.toThrow(/no run/);
  expect(await client.events.list({ run: summary.id })).toEqual([]);
  expect(await client.memory.recall({ query: secret })).toEqual([]);
  expect(first.verify()).toBeUndefined();
  expect(first.invariants().flatMap(({ breach }) => breach ?? [])).toEqual([]);
  const before = { runs: await client.runs.list({}), memory: await client.memory.list({}) };
  first.rebuild();
  expect({ runs: await client.runs.list({}), memory: await client.memory.list({}) }).toEqual(before);
  await expect(client.runs.remove({ run: summary.id })).rejects.toThrow(/no run/);
  expect(await eventsOf(client, other.summary.id)).toEqual(other.events);
  await first.close();
  for (const name of ["botmojo.db", "botmojo.db-wal"]) {
    const bytes = readIfThere(join(dataDir, name));
    expect(bytes.includes(secret) || bytes.includes(secret.toLowerCase()), name).toBe(false);
  }
  const again = openTestCore({ dataDir });
  expect(again.verify()).toBeUndefined();
  expect((await again.client.runs.list({})).total).toBe(1);
});

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

test("F10: a long text that another run holds too stays with that one", async () => {
  const { client } = openTestCore();
  const goal = `note: ${"the very same long words ".repeat(80)}`;
  const one = await runGoal(client, goal);
  const two = await runGoal(client, goal);
  await client.runs.remove({ run: one.summary.id });
  expect(await eventsOf(client, two.summary.id)).toEqual(two.events);
});

test("F11: a run is not removed while it is under way, or while another rests on its past; it comes back from a file under a new id", async () => {
  const { client } = openTestCore();
  const asking = await startPlan(client, [{ id: "ask", kind: "review", question: "Go?" }]);
  await expect(client.runs.remove({ run: asking })).rejects.toThrow(/under way \(waiting\)/);
  const run = await startPlan(client, [sum("a", "1+1")]);
  const text = await exported(client, run);
  const { run: fork } = await client.runs.fork({ run });
  await followToEnd(client, fork);
  await expect(client.runs.remove({ run })).rejects.toThrow(new RegExp(`${fork} rests on`));
  await client.runs.remove({ run: fork });
  await client.runs.remove({ run });
  const back = await imported(client, text);
  expect(back.run).not.toBe(run);
  expect(back).toMatchObject({ taken: true, inFile: run });
  expect(await exported(client, back.run)).toBe(text);
});
