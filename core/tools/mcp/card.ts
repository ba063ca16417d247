// What a server says of itself, bounded and in one form, so that any change of it shows in one hash.
import { hash } from "node:crypto";
import { canonicalJson } from "../../contract/canonical-json.ts";
import type { McpCard, McpServer, McpTool } from "../../contract/mcp.ts";
import { unseen } from "../../contract/visible-text.ts";

const longestKept = 4000;
const longestShownToModels = 1000;
const largestSchema = 64 * 1024;
const mostTools = 200;
/** What models' interfaces take as a tool's name. */
const longestName = 64;

/** Every unseen character as its number, such as ⟨200b⟩. */
export function markUnseen(text: string): string {
  return text.replaceAll(unseen, (char) => `⟨${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}⟩`);
}

/** Without unseen characters, and no longer than models need. */
export function cleanWords(text: string): string {
  const seen = text.replaceAll(unseen, "").trim();
  return seen.length > longestShownToModels ? `${seen.slice(0, longestShownToModels)}…` : seen;
}

/** A schema whose descriptions are cleaned; what it demands stays as it is. */
export function cleanSchema(schema: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    typeof value === "string" && (key === "description" || key === "title") ? cleanWords(value) : value,
  ) as Record<string, unknown>;
}

export interface ListedTool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema: Record<string, unknown>;
  readonly annotations?: { readonly readOnlyHint?: boolean | undefined; readonly idempotentHint?: boolean | undefined } | undefined;
}

export function cardOf(server: McpServer, listed: readonly ListedTool[]): McpCard {
  const tools: McpTool[] = [];
  const leftOut: string[] = [];
  for (const { name, description = "", inputSchema, annotations } of listed) {
    const why = faultOf(`mcp.${server.name}.${name}`, { name, schema: inputSchema, before: tools });
    if (why !== undefined) {
      // One line for all beyond the most: their number is the server's to choose.
      if (leftOut.length < mostTools) leftOut.push(`${markUnseen(name.slice(0, 100))}: ${why}`);
      continue;
    }
    const hints = { readOnly: annotations?.readOnlyHint === true, idempotent: annotations?.idempotentHint === true };
    tools.push({ name, description: kept(description), inputSchema, hints });
  }
  const { command = null, folder = null, url = null, env } = server;
  const byName = (a: McpTool, b: McpTool) => (a.name < b.name ? -1 : 1);
  return { command, folder, url, env: env.toSorted(), tools: tools.toSorted(byName), leftOut: leftOut.toSorted() };
}

function faultOf(full: string, tool: { name: string; schema: Record<string, unknown>; before: readonly McpTool[] }): string | undefined {
  const { name, schema, before } = tool;
  if (!/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(name)) return "its name is not one that a tool can have here";
  if (full.length > longestName) return `its name and the server's are longer than ${longestName} characters together`;
  if (before.some((other) => onlyWords(other.name) === onlyWords(name))) return "there are two of that name";
  if (before.length >= mostTools) return `there are more than ${mostTools}`;
  if (JSON.stringify(schema).length > largestSchema) return `its schema is longer than ${largestSchema / 1024} KiB`;
  return undefined;
}

/** A name as models are told it: a point is none of their letters. */
function onlyWords(name: string): string {
  return name.replaceAll(".", "_");
}

function kept(description: string): string {
  if (description.length <= longestKept) return description;
  return `${description.slice(0, longestKept)}… (${description.length} characters, SHA-256 ${hash("sha256", description)})`;
}

/** Equal for equal cards alone. */
export function fingerprint(card: McpCard): string {
  return hash("sha256", canonicalJson(card));
}
