// What tools may do: rules that a person writes, and the answer to one call.
import { z } from "zod";

/** `ask` makes a review item, and the run sleeps until a person decides. */
export const Leave = z.enum(["allow", "ask", "deny"]);
export type Leave = z.infer<typeof Leave>;

const name = z.string().min(1).max(200);
const pattern = z.string().min(1).max(1000);
const someOf = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1).max(100)]);

/** One rule. All that it names must fit; of a list, one entry is enough. Without any, it fits every call. */
export const PolicyRule = z.strictObject({
  decide: Leave,
  /** A tool's name; `*` stands for any letters, as in `files.*`. */
  tool: someOf(name).optional(),
  /** An agent's name, or `plan` for the steps of a plan itself. */
  agent: someOf(name).optional(),
  /** Every file that the call touches lies here, links resolved: `src/**` in the workspace, or an absolute path. `*` stays
   * inside one folder, `**` does not. */
  paths: someOf(pattern).optional(),
  /** Every host that the call reaches: `api.example.com`, `*.example.com` (not example.com itself), with a `:port` when it
   * is not the usual one. */
  hosts: someOf(pattern).optional(),
  /** The words of a plain command: `npm test`, `git log **`. `*` stands for letters of one word, `**` for further words. A
   * command with pipes, quotes of quotes, or substitutions fits no rule that allows. */
  command: someOf(pattern).optional(),
  /** A condition (CEL) over `input`, `tool` and `agent`. One that fails fits where the rule denies or asks. */
  if: z.string().min(1).max(2000).optional(),
  /** An allowing rule holds also where the arguments may come from outside, such as from a page that was read. */
  tainted: z.boolean().optional(),
  because: z.string().max(500).optional(),
});
export type PolicyRule = z.infer<typeof PolicyRule>;

export const PolicyLayer = z.enum(["built-in", "user", "project", "run"]);
export type PolicyLayer = z.infer<typeof PolicyLayer>;

/** What policy says of one call, and why. */
export interface Verdict {
  readonly leave: Leave;
  /** Which rule decided: `user 3` is the third of the user's file, `files.private` one that is built in. */
  readonly rule: string;
  readonly reason: string;
  /** Rules that fitted and lost, strictest first, and rules that were not obeyed, each with the reason. */
  readonly also: readonly string[];
}
