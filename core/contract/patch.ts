// A change to a plan: operations of RFC 6902 (JSON Patch), applied one after the other, all or none.
import { z } from "zod";

const pointer = z.string().regex(/^(\/.*)?$/s, "a path is a JSON pointer, such as /steps/0/input");

/** Fields that an operation does not know are left out, as RFC 6902 wants it. */
const Operation = z.discriminatedUnion("op", [
  z.object({ op: z.enum(["add", "replace", "test"]), path: pointer, value: z.unknown() }),
  z.object({ op: z.literal("remove"), path: pointer }),
  z.object({ op: z.enum(["move", "copy"]), from: pointer, path: pointer }),
]);

export const Patch = z.array(Operation).min(1).max(1000);
export type Patch = z.infer<typeof Patch>;
