// Long runs, written into a log as an engine would have.
import { Plan, type NewEvent, type RunId, type StepId, type ThreadId } from "../../core/contract/index.ts";
import type { EventLog } from "../../core/store/event-log.ts";

export type LongShape = "loop" | "wide";

const output = { value: 42, text: "some words that a step gave ".repeat(4) };
const turnSteps = 300;

/** `loop`: a body of 300 pure steps, turn after turn, one event a step. `wide`: a plan of a fifth as many steps as events,
 * each with a call, five events a step. */
export async function writeLongRun(log: EventLog, { run, shape, events }: { run: RunId; shape: LongShape; events: number }): Promise<void> {
  const chain = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `s${index}`,
      kind: "tool",
      tool: "calculator",
      input: { expression: `1+${index}` },
      needs: index === 0 ? [] : [`s${index - 1}`],
    }));
  const loop = [{ id: "turns", kind: "loop", limit: 1_000_000, steps: chain(turnSteps) }];
  const plan = Plan.parse({ version: 1, goal: "long", steps: shape === "loop" ? loop : chain(Math.ceil(events / 5)) });
  const about = { thread: "main" as ThreadId, model: "rules", modelKind: "rules" as const, door: "cli" as const };
  const where = { timeZone: "UTC", locale: "en-GB", workspace: "/" };
  const planned = { plan, reason: "Given with the goal.", by: "host" };
  await log.append([{ type: "run.started", run, actor: "person:cli", data: { goal: "long", ...about, ...where, planned } }]);
  const one = shape === "loop" ? turn : call;
  for (let count = 1; count < events;) {
    const group: NewEvent[] = [];
    for (const end = Math.min(events, count + 500); count < end; count += 1) group.push(one(run, count - 1));
    await log.append(group);
  }
}

function turn(run: RunId, index: number): NewEvent {
  const step = `turns/${Math.floor(index / turnSteps)}/s${index % turnSteps}` as StepId;
  return { type: "step.completed", run, step, actor: "host", data: { output, startedAt: 1_000 } };
}

function call(run: RunId, index: number): NewEvent {
  const step = `s${Math.floor(index / 5)}` as StepId;
  const about = { run, step, actor: "host" };
  const effect = { key: `${step}.call`, name: "calculator", call: "tool" as const };
  const five: readonly [NewEvent, NewEvent, NewEvent, NewEvent, NewEvent] = [
    { ...about, type: "step.started", data: { attempt: 1 } },
    { ...about, type: "tool.denied", data: { tool: "files.write", rule: "r1", reason: "Not granted.", input: {} } },
    { ...about, type: "effect.requested", data: { ...effect, effect: "idempotent", input: { expression: "1" } } },
    { ...about, type: "effect.completed", data: { ...effect, output, usage: { inputTokens: 3, outputTokens: 2, cachedTokens: 1 } } },
    { ...about, type: "step.completed", data: { output } },
  ];
  return five[index % 5] ?? five[0];
}
