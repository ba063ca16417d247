// Plans drawn by lot: every kind of step, with retries, time limits, conditions and ways around failures.
import { Plan } from "../../core/contract/index.ts";
import type { Random } from "../support/random.ts";

const tools = ["add", "put", "put", "send", "shoot"] as const;

/** A plan of `size` steps, those of bodies not counted. */
export function randomPlan(random: Random, size: number): Plan {
  return Plan.parse({ version: 1, goal: "Simulate.", steps: stepsOf(random, size, 0) });
}

function stepsOf(random: Random, size: number, depth: number, apart = false): object[] {
  const steps: object[] = [];
  const ids: string[] = [];
  /** Which step leads to this one. */
  const ledTo = new Map<string, string>();
  for (let index = 0; index < size; index += 1) {
    const id = `s${index}`;
    const leader = ledTo.get(id);
    const drawn = apart ? [] : ids.filter(() => random.often(0.3)).slice(-3);
    const needs = [...new Set(leader === undefined ? drawn : [...drawn, leader])];
    const [next, other] = [`s${index + 1}`, `s${index + 2}`];
    const leads = !apart && index + 2 < size && !ledTo.has(next) && random.often(0.15);
    if (leads && random.often(0.5)) {
      const when = random.pick(["1 + 1 == 2", "size(goal) > 100", `${needs[0] ?? "goal"}.n > 50`]);
      steps.push({ id, needs, kind: "decide", branches: [{ when, take: [next] }], otherwise: [other], onError: { take: [next] } });
      ledTo.set(next, id).set(other, id);
    } else {
      const onError = leads ? { onError: { take: [next] } } : {};
      if (leads) ledTo.set(next, id);
      steps.push({ id, needs, ...kindOf(random, depth, needs), ...care(random), ...onError });
    }
    ids.push(id);
  }
  return steps;
}

function kindOf(random: Random, depth: number, needs: readonly string[]): object {
  const lot = random.below(depth < 2 ? 16 : 9);
  const from = needs.at(-1);
  const n = from === undefined ? random.below(100) : { $from: from, path: "/n", default: random.below(100) };
  const body = (size: number) => ({ steps: stepsOf(random, size, depth + 1) });
  switch (lot) {
    case 6:
      return { kind: "wait", forMs: random.below(5000) };
    case 7:
      return { kind: "agent", capability: "work", input: { part: `do ${random.below(100)}` } };
    case 8:
      return { kind: "agent", agent: "worker", input: { part: `do ${random.below(100)}` } };
    case 9:
      return { kind: "map", over: Array.from({ length: random.below(4) }, (_, item) => item), concurrency: 2, ...body(2) };
    case 10:
      return { kind: "loop", limit: 1 + random.below(3), until: "index >= 1", ...body(2) };
    case 11:
      return { kind: "plan", input: n, ...body(2) };
    case 12:
      return { kind: "race", steps: stepsOf(random, 2, depth + 1, true) };
    case 13:
      return { kind: "review", question: `Go on with ${random.below(1000)}?` };
    case 14:
      return { kind: "wait", message: "go" };
    case 15:
      return { kind: "tool", tool: "add", input: { n }, when: "1 + 1 == 2 || goal == ''" };
    default:
      return { kind: "tool", tool: random.pick(tools), input: { n } };
  }
}

function care(random: Random): object {
  return {
    onError: random.often(0.85) ? "continue" : "fail",
    ...(random.often(0.5) ? { retry: { attempts: 2 + random.below(3), delayMs: random.below(2000) } } : {}),
    ...(random.often(0.2) ? { timeoutMs: 1 + random.below(8000) } : {}),
    ...(random.often(0.05) ? { budget: { calls: 1 + random.below(5) } } : {}),
  };
}
