// A request to a model, and all the parts of its answer.
import type { Settings } from "../../core/contract/index.ts";
import type { Model, ModelPart, ModelRequest } from "../../core/models/model.ts";
import { openModel, type ModelWorld } from "../../core/models/providers.ts";
import { modelWorld } from "./model-world.ts";

export function modelRequest(goal = "What is the weather?"): ModelRequest {
  return {
    agent: "generalist",
    instructions: "Help.",
    brief: { goal, part: goal, results: [] },
    thread: [],
    turns: [],
    tools: [],
    now: Date.parse("2026-11-24T10:00:00Z"),
    timeZone: "Europe/Tallinn",
    locale: "en-GB",
  };
}

export async function partsOf(
  model: Model,
  { request = modelRequest(), signal = new AbortController().signal, caller = "run" } = {},
): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  for await (const part of model.stream(request, signal, caller)) parts.push(part);
  return parts;
}

export async function askOnce(settings: Settings["model"], world: ModelWorld = modelWorld()): Promise<ModelPart[]> {
  return partsOf(await openModel(settings, world));
}

export const textOf = (parts: readonly ModelPart[]) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
export const noticesIn = (parts: readonly ModelPart[]) => parts.flatMap((part) => (part.type === "notice" ? [part.text] : []));
export const finishOf = (parts: readonly ModelPart[]) => parts.find((part) => part.type === "finish");
