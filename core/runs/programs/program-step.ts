// The step that follows a program outside: a turn for each of its requests, until it has ended.
import { fail, FailureError, type Failure } from "../../contract/failure.ts";
import { Plan, type Budget, type ProgramStep } from "../../contract/plan.ts";
import type { StepId } from "../../contract/ids.ts";
import { stepOf } from "../active-run.ts";
import type { Scope, World } from "../scope.ts";
import type { Exchange, ProgramEnd, ProgramSession } from "./session.ts";
import { Turns } from "./turns.ts";

/** A run whose program ended, or lost its answers, of one of these is not what it was to be. */
const stops = new Set<Failure["code"]>(["conflict", "budget.exceeded", "denied"]);

/** The plan of a run that follows a program. */
export function planOfProgram(command: readonly string[], folder: string, budget?: Budget): Plan {
  // A request that fails is answered with that; what the program makes of it is its own business.
  const exchange = { id: "exchange", kind: "exchange", onError: "continue" };
  const step = { id: "program", kind: "program", command, folder, steps: [exchange] };
  return Plan.parse({ version: 1, goal: command.map(quoted).join(" "), steps: [step], ...(budget ? { budget } : {}) });
}

/** As it is to be typed. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** @throws FailureError `tool.failed` when the program failed, `conflict` when there is none to follow, or what stopped it */
export async function programStep(world: World, scope: Scope, step: ProgramStep, id: StepId): Promise<unknown> {
  const { run } = world;
  if (run.program) return followProgram(world, scope, step, id, run.program);
  if (!run.replay) throw fail("conflict", ...gone);
  for (const { turn } of run.replay.turnsOf(id)) await runTurn(world, scope, step, `${id}/${turn}/`);
  return run.replay.outcome(id, 1);
}

const gone = [
  "The program is no longer followed: its host has stopped.",
  "Start it again: botmojo replay RUN --live -- COMMAND answers what is recorded and goes on from there.",
] as const;

async function followProgram(
  world: World,
  scope: Scope,
  step: ProgramStep,
  id: StepId,
  session: ProgramSession,
): Promise<{ text: string; exitCode: number; turns: number }> {
  const { run } = world;
  // It was followed before, by a host that stopped.
  if ((stepOf(run, id)?.attempts ?? 0) > 1) throw fail("conflict", ...gone);
  const turns = new Turns(run.replay?.turnsOf(id) ?? []);
  const going = new Set<Promise<unknown>>();
  let problem: unknown;
  let text = "";
  let came = 0;
  const answer = async (exchange: Exchange) => {
    const prefix = `${id}/${turns.take(exchange.asks)}/`;
    const at = `${prefix}${step.steps[0]?.id ?? ""}`;
    session.put(at, exchange);
    try {
      await runTurn(world, scope, step, prefix);
    } finally {
      session.close(at);
    }
    const state = stepOf(run, at);
    if (state?.status === "completed") {
      // Where a person gave the step's result, the exchange itself was not asked.
      await exchange.say(saidIn(state.output));
      text = saidIn(state.output).text || text;
      return;
    }
    const failure = state?.failure ?? { code: "denied" as const, message: state?.reason ?? "It was not answered." };
    exchange.refuse(failure);
    if (!stops.has(failure.code)) return;
    problem ??= new FailureError(failure);
    session.stop(failure);
  };
  const noted = session.notes.keepBy((notes) => {
    run.note([{ run: run.id, step: id, actor: "agent:program", type: "program.noted", data: { notes: [...notes] } }]).catch(() => {});
  });
  const exchanges = session.exchanges(scope.signal);
  let ended: ProgramEnd | undefined;
  try {
    while (!ended) {
      const next = await exchanges.next();
      if (next.done) ended = next.value;
      else {
        came += 1;
        const work = answer(next.value)
          .catch((error: unknown) => (problem ??= error))
          .finally(() => going.delete(work));
        going.add(work);
      }
    }
  } finally {
    await Promise.allSettled(going);
    noted();
  }
  scope.signal.throwIfAborted();
  if (problem !== undefined) throw problem;
  if (ended.exitCode !== 0) throw fail("tool.failed", ended.why ?? `The program ended with exit code ${ended.exitCode}.`);
  return { text, exitCode: 0, turns: came };
}

function runTurn(world: World, scope: Scope, step: ProgramStep, prefix: string): Promise<void> {
  return world.runScope(world, { prefix, steps: () => step.steps, locals: {}, signal: scope.signal });
}

function saidIn(output: unknown): { text: string; calls: never[] } {
  const text = typeof output === "object" && output !== null && "text" in output ? output.text : output;
  return { text: typeof text === "string" ? text : JSON.stringify(text ?? ""), calls: [] };
}
