// The one agent loop: a model turn, its tool calls, again, until the model has nothing more to call.
// It knows no user interface and no database; what it asks of the world goes through the two functions given.
import { fail, type Failure } from "../contract/failure.ts";
import type { Brief, ModelRequest, ThreadMessage, ToolCall, ToolCard, ToolOutcome, Turn } from "../models/model.ts";
import type { Agent } from "./agent.ts";

export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

export interface LoopWorld {
  /** One model turn. `key` is the same when the step is run again after a restart. */
  ask(request: ModelRequest, key: string): Promise<{ ok: true; answer: ModelAnswer } | { ok: false; failure: Failure }>;
  call(call: ToolCall, key: string): Promise<ToolOutcome>;
}

export interface LoopInput {
  readonly agent: Agent;
  readonly brief: Brief;
  readonly thread: readonly ThreadMessage[];
  readonly tools: readonly ToolCard[];
  readonly now: number;
  readonly timeZone: string;
  readonly locale: string;
}

const maxTurns = 16;
const maxCallsInTurn = 64;

/** The agent's last words, and every turn before them.
 * @throws FailureError that of the model, or `budget.exceeded` after 16 turns */
export async function runAgent(input: LoopInput, world: LoopWorld): Promise<{ text: string }> {
  const { agent, brief, thread, tools, now, timeZone, locale } = input;
  const turns: Turn[] = [];
  for (let turn = 1; turn <= maxTurns; turn += 1) {
    const request: ModelRequest = {
      agent: agent.name,
      instructions: agent.instructions,
      brief,
      thread,
      turns: [...turns],
      tools,
      now,
      timeZone,
      locale,
      ...(agent.outputSchema ? { outputSchema: agent.outputSchema } : {}),
    };
    const asked = await world.ask(request, `turn${turn}`);
    if (!asked.ok) throw fail(asked.failure.code, asked.failure.message, asked.failure.remedy);
    const { text, calls } = asked.answer;
    if (calls.length === 0) return { text };
    if (calls.length > maxCallsInTurn) {
      throw fail("budget.exceeded", `${agent.name} asked for ${calls.length} tool calls at once; ${maxCallsInTurn} is the limit.`);
    }
    const made = await Promise.allSettled(
      calls.map(async (call, index) => ({ ...call, outcome: await world.call(call, `turn${turn}.call${index + 1}`) })),
    );
    // None may still be under way when the step ends, so the first failure waits for the others.
    turns.push({ text, calls: made.map(settled) });
  }
  throw fail("budget.exceeded", `${agent.name} did not come to an end within ${maxTurns} turns.`);
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
