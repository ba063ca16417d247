// `runs fork --set` reaches steps inside bodies.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";

test("C31: a result inside a map is given on the command line, by id or as a pointer; the map is put together again", async () => {
  const folder = temporaryFolder();
  const botmojo = (...args: string[]) => cli(["--data-dir", join(folder, "data"), "--json", ...args]);
  const steps = [{ id: "sum", kind: "tool", tool: "calculator", input: { expression: { $from: "item" } } }];
  const plan = { version: 1, goal: "sums", steps: [{ id: "each", kind: "map", over: ["1", "2"], steps }] };
  const file = join(folder, "plan.json");
  writeFileSync(file, JSON.stringify(plan));
  const resultOf = ({ out }: { out: string }) => JSON.parse(out.trim().split("\n").at(-1) ?? "") as { run: string; answer: string };
  const { run } = resultOf(await botmojo("run", "--plan", file));
  for (const path of ["each/1/sum.output.value", "/each/1/sum/output/value"]) {
    const fork = await botmojo("runs", "fork", run, "--set", `${path}=9`);
    expect({ code: fork.code, answer: JSON.parse(resultOf(fork).answer) as unknown }).toEqual({
      code: 0,
      answer: [expect.objectContaining({ value: 1 }), expect.objectContaining({ value: 9 })],
    });
  }
}, 60_000);
