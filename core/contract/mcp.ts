// MCP servers whose tools agents may use: how one is reached, what it said of itself, and what a person approved of that.
import { z } from "zod";
import { Instant } from "./ids.ts";

/** A server's name in its tools' names, such as `mcp.files.read`: no dot, so that no other server's name begins the same. */
export const McpName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be small letters, digits and hyphens, 32 at most");

const text = z.string().max(8192);

/** Variables through which a program is made to run something else. */
const loads = /^(LD_|DYLD_|GIT_|NPM_CONFIG_|NODE_OPTIONS$|NODE_PATH$|BASH_ENV$|ENV$|PYTHON|PERL5|RUBY|JAVA_TOOL_OPTIONS$|_JAVA_OPTIONS$)/i;

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "is no name of a variable");

/** With nothing before an @, which would be a user name. */
const safeUrl = /^(https:\/\/[^/?#@\s\\]+|http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?)([/?#]|$)/i;

/** One server of `mcp.yaml`: either a command that speaks on its standard input and output, or an address. */
export const McpServer = z
  .strictObject({
    name: McpName,
    /** Program and arguments, as they are: no shell reads them. */
    command: z
      .array(text.refine((word) => !word.includes("\0"), "holds a NUL"))
      .min(1)
      .max(200)
      .optional(),
    /** Where the command starts; an absolute path. */
    folder: text.optional(),
    /** Names of environment variables that it is given beside PATH, HOME, LANG and TMPDIR; values are never kept. */
    env: z
      .array(variable.refine((name) => !loads.test(name), "would make programs run other code, so it is not passed on"))
      .max(50)
      .default([]),
    url: z.url().max(8192).regex(safeUrl, "must be an https address, or http on this machine, without a user name").optional(),
    /** Who BotMojo is where one logs in, for a server that does not let it register itself. */
    login: z
      .strictObject({
        /** The client's id, or the https address of its metadata document. */
        client: text.min(1),
        /** Name of the environment variable that holds the client's secret; the secret itself is never kept here. */
        secretEnv: variable.optional(),
        /** The authorization server that knows this client; nothing of it goes to another. */
        issuer: z.url().optional(),
      })
      .optional(),
    enabled: z.boolean().default(true),
  })
  .refine(({ command, url }) => (command === undefined) !== (url === undefined), "must have either a command or a url")
  .refine(({ url, login }) => url !== undefined || login === undefined, "must have a url to have a login");
export type McpServer = z.infer<typeof McpServer>;

/** A tool as its server describes it. Of a longer description the rest is there as its hash. */
export const McpTool = z.object({
  name: z.string(),
  description: z.string(),
  inputSchema: z.record(z.string(), z.unknown()),
  /** What the server says of it; nothing vouches for that. */
  hints: z.object({ readOnly: z.boolean(), idempotent: z.boolean() }),
});
export type McpTool = z.infer<typeof McpTool>;

/** All that a person approves: how the server is reached and what it offers. */
export const McpCard = z.object({
  command: z.array(z.string()).nullable(),
  folder: z.string().nullable(),
  url: z.string().nullable(),
  env: z.array(z.string()),
  tools: z.array(McpTool),
  /** Tools that can't be offered, each with why. */
  leftOut: z.array(z.string()),
});
export type McpCard = z.infer<typeof McpCard>;

/** `new`: nothing was approved yet. `changed`: it is no longer what was approved, so its calls are denied. */
export const McpState = z.enum(["approved", "new", "changed", "off"]);
export type McpState = z.infer<typeof McpState>;

/** `needed`: it turned a call away until the person logs in, or logs in anew. */
export const McpLoginState = z.enum(["none", "needed", "in"]);

export const McpServerView = z.object({
  server: McpServer,
  state: McpState,
  login: McpLoginState,
  /** Why its tools can't be used, in a sentence. */
  reason: z.string().nullable(),
  approved: z.object({ fingerprint: z.string(), card: McpCard, at: Instant }).nullable(),
  /** What it is now, where that is known and other than what was approved. */
  now: z.object({ fingerprint: z.string(), card: McpCard }).nullable(),
});
export type McpServerView = z.infer<typeof McpServerView>;

/** A login as it goes: first the address that the person is to open in a browser, then the server once they are logged in. */
export const McpLogin = z.discriminatedUnion("is", [
  z.object({ is: z.literal("open"), address: z.string() }),
  z.object({ is: z.literal("done"), server: McpServerView }),
]);
export type McpLogin = z.infer<typeof McpLogin>;
