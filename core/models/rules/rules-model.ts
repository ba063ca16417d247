// The built-in model: no key, no network, and no language model. It reads everyday sentences by rules, does what they
// say with tools, and says so plainly when a sentence is beyond it.
import { noUsage } from "../../contract/usage.ts";
import type { Model, ModelPart, ModelRequest, ToolCall } from "../model.ts";
import { keepMatches } from "./files.ts";
import { readGoal, type Part } from "./reading.ts";
import { composeAnswer, needsModel, replyTo, type Reply } from "./replies.ts";
import type { PlannedCall, Reading, Scene } from "./scene.ts";

export function rulesModel(): Model {
  return {
    id: "rules",
    kind: "rules",
    async *stream(request, signal) {
      const chrono = await import("chrono-node/en");
      if (signal.aborted) {
        yield { type: "failure", failure: { code: "cancelled", message: "It was cancelled." } };
        return;
      }
      yield* think(request, chrono);
    },
  };
}

function* think(request: ModelRequest, chrono: Scene["chrono"]): Generator<ModelPart> {
  if (request.agent === "triage") return yield* say({ text: JSON.stringify(triage(request, chrono)) });
  if (request.agent === "replanner") return yield* say({ failure: needsModel("changing a plan") });
  if (request.agent === "answer") return yield* say(composeAnswer(request));
  const mine = partsFor(request, chrono);
  const refused = mine.find(({ reading }) => reading.intent === "unable");
  if (refused) return yield* say(refusal(refused));
  const words = mine.map((part) => part.words).join(", ");
  const [only] = mine;
  if (!only) return yield* say({ failure: needsModel(request.brief.part || request.brief.goal) });
  if (only.reading.intent === "talk") return yield* say({ text: only.reading.says ?? "" });
  const calls = nextCalls(
    request,
    mine.map(({ reading }) => reading),
  );
  const missing = calls.find(({ name }) => !request.tools.some((tool) => tool.name === name));
  if (missing) {
    return yield* say({
      failure: { code: "denied", message: `${request.agent} would need the tool ${missing.name}, which it was not given.` },
    });
  }
  if (calls.length > 0) {
    for (const call of calls) yield { type: "call", call };
    yield { type: "finish", usage: noUsage };
    return;
  }
  yield* say(replyTo(only.reading, request.turns, words, request));
}

function* say(reply: Reply): Generator<ModelPart> {
  if ("failure" in reply) {
    yield { type: "failure", failure: reply.failure };
    return;
  }
  yield { type: "text", text: reply.text };
  yield { type: "finish", usage: noUsage };
}

function triage({ brief, ...person }: ModelRequest, chrono: Scene["chrono"]) {
  const parts = readGoal(brief.goal, person, chrono);
  const whole = { agent: "generalist", part: brief.goal.slice(0, 200_000), words: [{ start: 0, end: brief.goal.length }] };
  if (parts.length === 0) return { parts: [whole] };
  return {
    parts: parts.map(({ reading, words, start, end }) => ({ agent: reading.agent, part: words, words: [{ start, end }] })),
  };
}

/** This agent's part of the goal, read in its place in the sentence; read by itself when it stands nowhere in it. */
function partsFor({ agent, brief, ...person }: ModelRequest, chrono: Scene["chrono"]): Part[] {
  const part = brief.part || brief.goal;
  const inPlace = readGoal(brief.goal, person, chrono).filter(({ words, reading }) => words === part && reading.agent === agent);
  if (inPlace[0]) return [inPlace[0]];
  const alone = readGoal(part, person, chrono);
  return alone.every(({ reading }) => reading.agent === agent) ? alone.slice(0, 1) : [];
}

/** The calls still to be made: the reading's own first, then notes of what a search found. */
function nextCalls({ turns }: ModelRequest, readings: readonly Reading[]): ToolCall[] {
  const numbered = (calls: readonly PlannedCall[]) =>
    calls.map((call, index) => ({ id: `call-${turns.length + 1}-${index + 1}`, ...call }));
  if (turns.length === 0) return numbered(readings.flatMap(({ calls }) => calls));
  const [reading] = readings;
  const found = turns[0]?.calls[0]?.outcome;
  if (turns.length > 1 || !reading?.keep || !found?.ok) return [];
  return numbered(keepMatches((found.output as { matches: Parameters<typeof keepMatches>[0] }).matches));
}

function refusal({ reading, words }: Part): Reply {
  if (reading.says === undefined) return { failure: needsModel(words) };
  return { failure: { code: reading.invalid ? "input.invalid" : "model.needed", message: reading.says } };
}
