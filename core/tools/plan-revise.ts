// The tool by which an agent changes the plan of its own run.
import { z } from "zod";
import { defineTool } from "./tool.ts";

const revise = defineTool({
  name: "plan.revise",
  description:
    "Changes the plan of this run by an RFC 6902 patch over {steps:[…]}, such as adding a step. Steps that have begun, and those a person approved, stay as they are.",
  effect: "idempotent",
  // A step that a page asked for would be done by the plan, which nobody told to be careful.
  leave: "tainted",
  input: z.strictObject({
    patch: z.array(z.record(z.string(), z.unknown())).min(1).max(100),
    reason: z.string().min(1).max(2000).describe("Why, for the person who looks later"),
  }),
  run: ({ patch, reason }, { revise: apply }) => ({ revision: apply(patch, reason) }),
});

export const planTools = [revise];
