// What a person approved of each server, and where one has changed since: `mcp-approved.json` in the data directory.
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { replaceFile } from "../../config/replace-file.ts";
import { fail } from "../../contract/failure.ts";
import { Instant } from "../../contract/ids.ts";
import { McpCard } from "../../contract/mcp.ts";
import { fingerprint } from "./card.ts";

const Approval = z.object({
  approved: z.object({ fingerprint: z.string(), card: McpCard, at: Instant }).optional(),
  /** It was seen to be other than approved; it stays closed until a person approves it anew. */
  changed: McpCard.optional(),
  /** What a person was shown last: that alone can be approved. */
  shown: McpCard.optional(),
});
export type Approval = z.infer<typeof Approval>;

export interface Approvals {
  get(name: string): Approval;
  set(name: string, approval: Approval): void;
  remove(name: string): void;
}

/** The file is read when first needed; every call throws FailureError `config.invalid` when it is there and can't be read. */
export function openApprovals(file: string): Approvals {
  let known: Map<string, Approval> | undefined;
  const all = () => (known ??= readAll(file));
  const save = () => replaceFile(file, `${JSON.stringify(Object.fromEntries(all()), null, 1)}\n`);
  return {
    get: (name) => all().get(name) ?? {},
    set(name, approval) {
      all().set(name, approval);
      save();
    },
    remove(name) {
      if (all().delete(name)) save();
    },
  };
}

function readAll(file: string): Map<string, Approval> {
  if (!existsSync(file)) return new Map();
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw unreadable(file);
  }
  const read = z.record(z.string(), Approval).safeParse(value);
  if (!read.success) throw unreadable(file);
  const entries = Object.entries(read.data);
  if (entries.some(([, { approved }]) => approved && fingerprint(approved.card) !== approved.fingerprint)) throw unreadable(file);
  return new Map(entries);
}

function unreadable(file: string) {
  return fail("config.invalid", `${file} is not what BotMojo wrote there.`, "Delete it, and approve the MCP servers anew.");
}
