// The person's logins at MCP servers: `mcp-logins.json` in the data directory, for the person alone. A login is for one
// address; what was listed under the name before has no part in it.
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { replaceFile } from "../../../config/replace-file.ts";
import { fail } from "../../../contract/failure.ts";

const Login = z.object({
  /** Whose login it is: the authorization server that issued it. Nothing of it goes to another. */
  issuer: z.string(),
  /** What that one said of itself; absent where it said nothing. */
  metadata: z.record(z.string(), z.unknown()).optional(),
  resource: z.string(),
  /** The scopes that were asked for. */
  scope: z.string().optional(),
  client: z.looseObject({ client_id: z.string(), client_secret: z.string().optional() }),
  tokens: z.looseObject({
    access_token: z.string(),
    token_type: z.string(),
    refresh_token: z.string().optional(),
    scope: z.string().optional(),
  }),
});
export type Login = z.infer<typeof Login>;

/** What a server demanded when it let a call not pass: what to ask for, and where it tells who to ask. */
const Demand = z.object({ scope: z.string().optional(), metadataUrl: z.string().optional() });
export type Demand = z.infer<typeof Demand>;

const Entry = z.object({ url: z.string(), login: Login.optional(), demand: Demand.optional() });
export type LoginEntry = Omit<z.infer<typeof Entry>, "url">;

export interface Logins {
  get(name: string, url: string): LoginEntry;
  set(name: string, url: string, entry: LoginEntry): void;
  remove(name: string): void;
}

/** The file is read when first needed; every call throws FailureError `config.invalid` when it is there and can't be read. */
export function openLogins(file: string): Logins {
  let known: Map<string, z.infer<typeof Entry>> | undefined;
  const all = () => (known ??= readAll(file));
  const save = () => replaceFile(file, `${JSON.stringify(Object.fromEntries(all()), null, 1)}\n`);
  return {
    get(name, url) {
      const entry = all().get(name);
      return entry?.url === url ? entry : {};
    },
    set(name, url, entry) {
      all().set(name, { ...entry, url });
      save();
    },
    remove(name) {
      if (all().delete(name)) save();
    },
  };
}

function readAll(file: string): Map<string, z.infer<typeof Entry>> {
  if (!existsSync(file)) return new Map();
  try {
    return new Map(Object.entries(z.record(z.string(), Entry).parse(JSON.parse(readFileSync(file, "utf8")))));
  } catch {
    throw fail("config.invalid", `${file} is not what BotMojo wrote there.`, "Delete it, and log in to the MCP servers anew.");
  }
}
