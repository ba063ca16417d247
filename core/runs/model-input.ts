// What a model is asked, as the log keeps it and as a person may change it while the run is held before the call.
import { z } from "zod";
import { fail } from "../contract/failure.ts";
import type { ModelRequest } from "../models/model.ts";

const Outcome = z.union([z.looseObject({ ok: z.literal(true) }), z.looseObject({ ok: z.literal(false) })]);
const ModelInput = z.looseObject({
  instructions: z.string(),
  brief: z.looseObject({ goal: z.string(), part: z.string(), results: z.array(z.looseObject({ outcome: Outcome })) }),
  thread: z.array(z.strictObject({ role: z.enum(["user", "assistant"]), text: z.string() })),
  turns: z.array(z.looseObject({ text: z.string(), calls: z.array(z.looseObject({ name: z.string(), outcome: Outcome })) })),
  /** Of those the agent has; others can't be added here. */
  tools: z.array(z.string()),
});

export function modelInput({ agent, brief, thread, turns, tools, instructions }: ModelRequest): Record<string, unknown> {
  return { agent, brief, thread, turns, tools: tools.map(({ name }) => name), instructions };
}

/** @throws FailureError `input.invalid` that names the place */
export function checkModelInput(input: unknown): void {
  const read = ModelInput.safeParse(input);
  if (read.success) return;
  const [issue] = read.error.issues;
  throw fail("input.invalid", `That is nothing a model can be asked: /${issue?.path.join("/") ?? ""} ${issue?.message ?? ""}.`);
}

/** The request with a person's changes in it; they were checked when they were made. */
export function editedRequest(request: ModelRequest, edit: { readonly input?: unknown }): ModelRequest {
  if (!("input" in edit)) return request;
  const { instructions, brief, thread, turns, tools } = edit.input as ReturnType<typeof modelInput> &
    Pick<ModelRequest, "instructions" | "brief" | "thread" | "turns"> & { tools: readonly string[] };
  return { ...request, instructions, brief, thread, turns, tools: request.tools.filter(({ name }) => tools.includes(name)) };
}
