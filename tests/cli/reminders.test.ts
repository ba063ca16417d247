// Reminders from the command line: set by a sentence, listed, done; one that was due while no host was there.
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";

test("RC1: a sentence sets a reminder; it is listed, told late by the next host, and done", async () => {
  const dataDir = join(temporaryFolder(), "data");
  const botmojo = (...args: string[]) => cli(["--data-dir", dataDir, ...args]);
  const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 5000).toISOString();
  const asked = JSON.stringify({ text: "Stretch", when: at, words: "remind me to stretch" });
  expect(await botmojo("tools", "call", "reminders.add", asked)).toMatchObject({ code: 0 });
  expect((await botmojo("run", "remind me to call Ann on 1 May at 9")).out).toContain("I will remind you on");
  expect((await botmojo("reminders")).out).toMatch(/Stretch[^]*to come[^]*Call Ann/);

  await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(at) - Date.now())));
  const told = await botmojo("--json", "run", "hello");
  expect(told.err).toMatch(/^Reminder: Stretch \(due .*\d\d:\d\d(?:, late)?\)$/m);
  expect(told.out).not.toContain("Reminder:");
  expect((await botmojo("run", "hello")).err).not.toContain("Reminder:");
  const list = JSON.parse((await botmojo("--json", "reminders")).out) as { id: string; text: string; toldAt: number | null }[];
  expect(list.map(({ text, toldAt }) => [text, toldAt !== null])).toEqual([
    ["Stretch", true],
    ["Call Ann", false],
  ]);
  expect(await botmojo("reminders", "done", list[0]?.id ?? "")).toMatchObject({ code: 0, err: "Done.\n" });
  expect(await botmojo("reminders", "rm", list[1]?.id ?? "")).toMatchObject({ code: 0, err: "Removed.\n" });
  expect(await botmojo("reminders")).toMatchObject({ code: 0, out: "", err: "There are no reminders.\n" });
  expect((await botmojo("reminders", "ls", "--all")).out).toMatch(/over[^]*over/);
  expect((await botmojo("reminders", "done", "x")).code).toBe(2);
});
