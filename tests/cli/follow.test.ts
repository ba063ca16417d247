// What `botmojo record` leads through the host besides a model's address, and how the program ends with it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";
import { until } from "../support/program.ts";

function isThere(pid: number): boolean {
  // One that has ended and that nobody has waited for yet is gone, too.
  return existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

test("XP3: a program and what it started end with the process that follows them, also by kill -9", async () => {
  const folder = temporaryFolder();
  const places = ["outer", "inner"].map((name) => join(folder, name));
  const sleeper = `require("fs").writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)`;
  writeFileSync(join(folder, "start.sh"), `"$1" -e '${sleeper}' inner & "$1" -e '${sleeper}' outer\n`);
  const args = ["--data-dir", join(folder, "data"), "record", "--", "sh", "start.sh", process.execPath];
  const record = startCli(args, { cwd: folder });
  await until(() => places.every((place) => existsSync(place) && readFileSync(place, "utf8") !== ""));
  const pids = places.map((place) => Number(readFileSync(place, "utf8")));
  onTestFinished(() => {
    for (const pid of pids) if (isThere(pid)) process.kill(pid, "SIGKILL");
  });
  expect(pids.map(isThere)).toEqual([true, true]);
  record.kill("SIGKILL");
  await until(() => !pids.some(isThere));
});
