// A server's answer as a tool's result: text, data, and names in the place of pictures and sounds; bounded.
import type { CallToolResult } from "@modelcontextprotocol/client";
import { fail } from "../../contract/failure.ts";

/** What a call may give back at most, in UTF-16 units. */
const most = 1024 * 1024;
const mostOfError = 2000;

export interface McpOutput {
  readonly text: string;
  /** What the server gave as data beside the text. */
  readonly data?: unknown;
  /** There was more than is kept. */
  readonly truncated?: true;
}

/** @throws FailureError `tool.failed` with the server's own words when it says that the call failed */
export function outputOf(server: string, { content, structuredContent, isError }: CallToolResult): McpOutput {
  const text = content.map(wordsOf).join("\n");
  if (isError) throw fail("tool.failed", `The MCP server ${server} says: ${cut(text, mostOfError) || "that it failed"}`);
  const room = most - Math.min(text.length, most);
  const fits = structuredContent !== undefined && JSON.stringify(structuredContent).length <= room;
  const truncated = text.length > most || (structuredContent !== undefined && !fits);
  return {
    text: cut(text, most),
    ...(fits ? { data: structuredContent } : {}),
    ...(truncated ? { truncated } : {}),
  };
}

function wordsOf(part: CallToolResult["content"][number]): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "image":
    case "audio":
      return `(${part.mimeType}, ${Math.floor((part.data.length * 3) / 4)} bytes)`;
    case "resource_link":
      return `(${part.name}: ${part.uri})`;
    case "resource":
      return "text" in part.resource ? part.resource.text : `(${part.resource.uri})`;
  }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
