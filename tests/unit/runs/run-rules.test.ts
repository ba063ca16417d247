// Rules of one run alone: heard beside the person's own, gone with it, never more than tightened in what follows from it.
import { expect, test } from "vitest";
import { z } from "zod";
import { isOver, type RunState } from "../../../core/contract/index.ts";
import { readFold } from "../../../core/runs/tables/lineage.ts";
import { defineTool } from "../../../core/tools/tool.ts";
import { openTestCore } from "../../support/core.ts";
import { openEngine } from "../../support/engine.ts";
import { sum } from "../../support/steps.ts";

const over = ({ status }: Pick<RunState, "status">) => isOver(status);
const waits = ({ status }: Pick<RunState, "status">) => status === "waiting";

function sender() {
  const sent: string[] = [];
  const tool = defineTool({
    name: "letter.send",
    description: "Sends a letter.",
    effect: "idempotent",
    leave: "always",
    input: z.strictObject({ to: z.string() }),
    run: ({ to }) => ({ sent: sent.push(to) }),
  });
  return { sent, tool };
}
const send = (id: string, to: string, more: object = {}) => ({ id, kind: "tool", tool: "letter.send", input: { to }, ...more });

test("RR1: a run's own rule lets through what would ask, for this run alone, and the log says by which", async () => {
  const { sent, tool } = sender();
  const { log, start, when } = openEngine({ tools: [tool] });
  const run = await start([send("a", "Anna")], { rules: [{ decide: "allow", tool: "letter.*" }] });
  expect(await when(run, over)).toMatchObject({ status: "completed" });
  const requested = log.read({ run, since: 0, limit: 100 }).find(({ type }) => type === "effect.requested");
  expect(requested?.data).toMatchObject({ allowed: { rule: "run 1" } });
  await when(await start([send("a", "Bert")]), waits);
  expect(sent).toEqual(["Anna"]);
});

test("RR2: a rule added while it is under way holds for its next calls; a fork and a replay keep what tightens, not what allows", async () => {
  const { sent, tool } = sender();
  const { engine, log, start, when } = openEngine({ tools: [tool] });
  const steps = [send("a", "Anna"), { id: "go", kind: "wait", message: "go", needs: ["a"] }, send("b", "Bert", { needs: ["go"] })];
  const run = await start(steps, { rules: [{ decide: "allow", tool: "letter.send" }] });
  await when(run, waits);
  await engine.setRules(run, [
    { decide: "allow", tool: "letter.send" },
    { decide: "deny", if: 'input.to == "Bert"' },
  ]);
  await engine.tell(run, { name: "go", data: 1 });
  expect((await when(run, over)).failure).toMatchObject({ code: "denied", message: expect.stringContaining("run 2") });
  expect(sent).toEqual(["Anna"]);
  const strict = [{ decide: "deny", if: 'input.to == "Bert"' }];
  const fork = await engine.fork({ run, edits: [], breakpoints: [] });
  const replay = await engine.replay({
    run,
    options: { otherwise: { is: "recorded" }, steps: { a: { is: "live" } }, onDivergence: "stop" },
    breakpoints: [],
  });
  await when(fork, over);
  await when(replay, waits);
  for (const after of [fork, replay]) expect(readFold(log, after).state?.rules).toEqual(strict);
  expect(sent).toEqual(["Anna"]);
  await expect(engine.setRules(run, [])).rejects.toThrow("has ended");
});

test("RR3: over the contract they are listed, added, taken out; what is no rule, and a run that is not there, are refused", async () => {
  const { client } = openTestCore();
  const plan = { version: 1, goal: "test", steps: [{ id: "w", kind: "wait", message: "go" }, sum("a", "1+1", { needs: ["w"] })] };
  const rules = [{ decide: "ask" as const, tool: "calculator" }];
  const { run } = await client.runs.start({ goal: "test", door: "core", plan: plan as never, rules });
  expect(await client.policy.add({ run, rule: { decide: "deny", tool: "calc*" } })).toEqual({ name: "run 2" });
  const { sets } = await client.policy.show({ run });
  expect(sets.at(-1)).toMatchObject({ layer: "run", rules: [rules[0], { decide: "deny", tool: "calc*" }] });
  expect(await client.policy.remove({ run, number: 1 })).toMatchObject({ rule: rules[0] });
  await expect(client.policy.remove({ run, number: 2 })).rejects.toThrow("no rule 2");
  await expect(client.policy.add({ run, rule: { decide: "deny", if: "input.(" } })).rejects.toThrow("can't be read");
  await expect(client.runs.start({ goal: "x", door: "core", rules: [{ decide: "deny", if: "nothing >" }] })).rejects.toThrow("Rule 1");
  await expect(client.policy.show({ run: "run_0000000000000a" })).rejects.toThrow("There is no run");
  await client.runs.tell({ run, name: "go", data: 1 });
  await expect.poll(async () => (await client.runs.get({ run })).status).toBe("failed");
});

test("RR4: a rule that could never fit is refused with what was meant, also when a run begins", async () => {
  const { client } = openTestCore();
  const add = (rule: object) => client.policy.add({ rule: { decide: "deny", ...rule } });
  await expect(add({ tool: "shel" })).rejects.toThrow("there is no tool called shel, so it would never fit. Did you mean shell?");
  await expect(add({ tool: "shell", agent: "develloper" })).rejects.toThrow("Did you mean developer?");
  await expect(add({ tool: "http.fetch", hosts: "https://evil.com/" })).rejects.toThrow("more than a host");
  await expect(client.runs.start({ goal: "x", door: "core", rules: [{ decide: "deny", tool: "NOTES.ADD" }] })).rejects.toThrow("Rule 1");
  for (const tool of ["shell", "later.*", "mcp.files.read"]) expect((await add({ tool })).name).toMatch(/^user \d$/);
  expect((await add({ agent: "plan" })).name).toBe("user 4");
});
