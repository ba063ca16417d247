// What a command is given that it can't take: a sentence that names it and its place, exit code 2, never a bare
// "validation failed".
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";

test("C30: wrong patches, plans and over-long words are refused in a sentence with exit code 2", async () => {
  const folder = temporaryFolder();
  const botmojo = (...args: string[]) => cli(["--data-dir", join(folder, "data"), ...args]);
  const file = (text: string) => {
    writeFileSync(join(folder, "given.json"), text);
    return join(folder, "given.json");
  };
  const plan = { version: 1, goal: "wait", steps: [{ id: "w", kind: "wait", message: "go" }] };
  const { out } = await botmojo("--json", "run", "--plan", file(JSON.stringify(plan)));
  const { run } = JSON.parse(out.trim().split("\n").at(-1) ?? "") as { run: string };
  const saidOf = async (...args: string[]) => {
    const { code, err } = await botmojo(...args);
    return `${code}: ${err.trim().replaceAll(folder, "")}`;
  };
  const patched = (text: string) => saidOf("runs", "patch", run, file(text));
  expect([
    await patched("[]"),
    await patched("[null]"),
    await patched("{}"),
    await patched('[{"op":"add","value":1}]'),
    await patched('[{"op":"add","path":"/steps/-"}]'),
    await patched('[{"op":"put","path":"/steps/-"}]'),
    await patched('[{"op":"remove","path":"steps"}]'),
    await patched('[{"op":"add","path":"/steps/-","value":{"id":"b","kind":"wait","forMs":1,"need":["w"]}}]'),
    await saidOf("run", "--plan", file(JSON.stringify({ ...plan, steps: [{ ...plan.steps[0], onEror: "continue" }] }))),
    await saidOf("runs", "tell", run, "", "1"),
    await saidOf("runs", "patch", run, file('[{"op":"remove","path":"/goal"}]'), "--reason", "x".repeat(2001)),
    await saidOf("runs", "break", run, "y".repeat(1001)),
  ]).toEqual([
    "2: /given.json is not a patch (RFC 6902): it is empty.",
    "2: /given.json is not a patch (RFC 6902): [0] is null; it must be an object.",
    "2: /given.json is not a patch (RFC 6902): it is an object; it must be a list.",
    "2: /given.json is not a patch (RFC 6902): [0].path is missing.",
    "2: /given.json is not a patch (RFC 6902): [0].value is missing.",
    '2: /given.json is not a patch (RFC 6902): [0].op is "put"; it must be one of add, replace, test, remove, move, copy.',
    "2: /given.json is not a patch (RFC 6902): [0].path is not right: a path is a JSON pointer, such as /steps/0/input.",
    "2: The patched plan is not a plan: steps[1].need is not a field of a wait step; did you mean needs?",
    "2: /given.json is not a plan: steps[0].onEror is not a field of a wait step; did you mean onError?",
    "2: name is empty.",
    "2: reason is longer than 2,000 characters.",
    "2: breakpoints[0] is longer than 1,000 characters.",
  ]);
}, 120_000);
