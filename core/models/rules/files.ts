// Files of the workspace: listing, reading, searching, and summaries by picking sentences.
import type { PlannedCall, Reading, Scene } from "./scene.ts";
import { summarise } from "./summarise.ts";
import { tidy } from "./words.ts";

const path = String.raw`(?:\.{0,2}/[^\s,;"'“”]*|~/[^\s,;"'“”]*|[\w@.-]+(?:/[\w@.*-]+)+/?|[\w@-][\w@.-]*\.(?!\d)[A-Za-z][A-Za-z0-9]{0,7}|\.|(?:README|LICENSE|CHANGELOG|Makefile|Dockerfile))`;
const pathIn = new RegExp(`(?<![\\w@])["'\`“]?(${path})["'\`”]?(?![\\w@/])`);
const counts = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

export function readFiles({ clause }: Scene): Reading | undefined {
  const text = clause.replace(/^(?:please |can you |could you |and |then |also )*/i, "");
  const summary = /^(?:summari[sz]e|sum up|give me (?:a|the) summary of|tl;?dr(?: of)?|what does|what(?:'s| is) in|what(?:'s| is))\b/i.exec(
    text,
  );
  const file = fileIn(text);
  if (summary && file && (/summar|sum up|tl/i.test(summary[0]) || /\b(?:say|about|in)\b/i.test(text))) {
    if (/what(?:'s| is) in/i.test(summary[0]) && looksLikeFolder(file)) return listing(file);
    return reading("files.summarise", [{ name: "files.read", input: { path: file } }]);
  }
  const todos = /\b(TODO|FIXME|XXX|HACK)(?:s|'s)?\b/.exec(text) ?? /\b(todo|fixme)s?\b.*\b(?:in|from|under|below|of)\b/i.exec(text);
  const search =
    /^(?:find|search(?: for)?|look for|grep(?: for)?|list|show(?: me)?|where(?:'s| is| are)?|which files (?:contain|mention|have|use)|what)\b/i.exec(
      text,
    );
  if (todos && search) return searching(text, (todos[1] ?? "TODO").toUpperCase(), file);
  if (search && /^(?:find|search|look for|grep|where|which files)/i.test(search[0])) {
    const wanted = patternIn(text.slice(search[0].length), file);
    const placed = file !== undefined || /\b(?:files?|code|folder|directory|workspace|project|repo(?:sitory)?)\b/i.test(text);
    if (wanted && placed) return searching(text, wanted, file);
  }
  const symbol = /^where(?:'s| is) ["'`]?([A-Za-z_$][\w$]*)["'`]? (?:defined|used|declared|called|imported|exported)\??$/i.exec(text)?.[1];
  if (symbol) return searching(text, symbol, file);
  if (/^(?:list|show(?: me)?|what)\b.*\b(?:files?|folders?|directory|contents)\b/i.test(text) || /^(?:ls|dir)\b/i.test(text)) {
    return listing(file ?? ".");
  }
  if (/^(?:read|open|show(?: me)?|print|cat|display)\b/i.test(text) && file) {
    return looksLikeFolder(file) ? listing(file) : reading("files.read", [{ name: "files.read", input: { path: file } }]);
  }
  return /^list\b/i.test(text) && file && looksLikeFolder(file) ? listing(file) : undefined;
}

function searching(text: string, pattern: string, file: string | undefined): Reading {
  const named =
    /\b(?:the |first |last )?(\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten) (?:oldest|first|newest|latest|of (?:them|those|these))\b|\b(?:oldest|first) (\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)\b/i.exec(
      text,
    );
  const word = (named?.[1] ?? named?.[2] ?? "").toLowerCase();
  const single = /\bthe oldest\b/i.test(text) && !named;
  const limit = single ? 1 : counts.includes(word) ? counts.indexOf(word) : Number(word) || undefined;
  const keep = /\b(?:remember|keep|save|store|note)\b/i.test(text);
  const input = {
    path: file ?? ".",
    pattern,
    ...(/\boldest\b/i.test(text) ? { sort: "oldest" } : {}),
    ...(limit ? { limit } : keep ? { limit: 20 } : {}),
  };
  return { ...reading("files.search", [{ name: "files.search", input }]), keep };
}

function listing(folder: string): Reading {
  return reading("files.list", [{ name: "files.list", input: { path: folder } }]);
}

function reading(intent: Reading["intent"], calls: readonly PlannedCall[]): Reading {
  return { agent: "files", intent, calls, remarks: [] };
}

function fileIn(text: string): string | undefined {
  const found = pathIn.exec(text.replace(/^\S+\s/, " "))?.[1];
  const path = found?.replace(/[?!,;:]+$/, "").replace(/(?<=\w)\.$/, "");
  if (path) return /^readme$/i.test(path) ? "README.md" : path;
  const folder = /\b(?:in|of|under|below|from)\s+(?:the |folder |directory )*["'`]?([\w@.-]+)["'`]?\s+(?:folder|directory)\b/i.exec(
    text,
  )?.[1];
  if (folder) return folder;
  const last = /^(?:list|show|what|which)\b.*\bfiles?\b.*\b(?:in|of|under|below)\s+(?:the )?["'`]?([\w@.-]+)["'`]?\?*$/i.exec(text)?.[1];
  if (last && !/^(?:here|this|folder|directory|workspace|project|repo|repository)$/i.test(last)) return last;
  if (/\b(?:the |this )readme\b/i.test(text)) return "README.md";
  return /\b(?:this|the current|here|my) (?:folder|directory|workspace|project|repo(?:sitory)?)\b|\bhere\b/i.test(text) ? "." : undefined;
}

function looksLikeFolder(path: string): boolean {
  const name = path.split("/").filter(Boolean).at(-1) ?? path;
  return (
    path.endsWith("/") ||
    /^\.{1,2}$/.test(name) ||
    (!/\.[A-Za-z0-9]+$/.test(name) && !/^(?:README|LICENSE|Makefile|Dockerfile)$/.test(name))
  );
}

function patternIn(text: string, file: string | undefined): string | undefined {
  const quoted = /["'`“‘]([^"'`”’]+)["'`”’]/.exec(text)?.[1];
  if (quoted) return quoted;
  const inCode =
    /^\s*(?:in |through )?(?:the |my |this )?(?:code|files|workspace|project|repo(?:sitory)?|folder)(?: base)? for\s+(.+?)\??$/i.exec(
      text,
    )?.[1];
  const rest = tidy(
    (inCode ?? text)
      .replace(
        /^\s*(?:is|are|for|files|all|every|occurrences|the|any|of|that|which|contain(?:s|ing)?|mention(?:s|ing)?|text|word|string|lines|with|uses?|\s)+/i,
        "",
      )
      .replace(/\b(?:in|under|below|inside|within|from)\b.*$/i, "")
      .replaceAll(/[?]/g, ""),
  );
  return rest === "" || rest === file || rest.split(" ").length > 6 ? undefined : rest.replace(/\s+(?:used|defined|mentioned)$/i, "");
}

interface Match {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly at: string;
}

/** Notes to keep of what a search found, before it is told. */
export function keepMatches(matches: readonly Match[]): PlannedCall[] {
  return matches.map(({ path, line, text, at }) => ({
    name: "notes.add",
    input: { text: `${text} (${path}:${line}, written ${at.slice(0, 10)})`, words: `${path}:${line}: ${text}` },
  }));
}

export function tellMatches(
  result: { matches: readonly Match[]; total: number; files: number },
  input: Readonly<Record<string, unknown>>,
  kept: number,
): string {
  const what = `“${String(input["pattern"])}” in ${String(input["path"])}`;
  if (result.total === 0) return `There is no ${what}: ${result.files} ${result.files === 1 ? "file" : "files"} searched.`;
  const oldest = input["sort"] === "oldest" ? ", oldest first" : "";
  const lines = result.matches.map(({ path, line, text, at }) => `- ${path}:${line}, ${at.slice(0, 10)}: ${text}`);
  const shown = result.matches.length < result.total ? `; ${result.matches.length} shown` : "";
  const noted = kept > 0 ? `\nKept ${kept} as ${kept === 1 ? "a note" : "notes"}.` : "";
  return `${result.total} ${result.total === 1 ? "line has" : "lines have"} ${what}${oldest}${shown}:\n${lines.join("\n")}${noted}`;
}

export function tellListing(result: {
  path: string;
  entries: readonly { name: string; kind: string; bytes: number }[];
  truncated?: boolean;
}): string {
  if (result.entries.length === 0) return `${result.path} is empty.`;
  const lines = result.entries
    .slice(0, 200)
    .map(({ name, kind, bytes }) => (kind === "folder" ? `- ${name}/` : `- ${name}, ${sizeOf(bytes)}`));
  const more = result.entries.length - lines.length;
  return `${result.path} has ${result.entries.length} entries:\n${lines.join("\n")}${more > 0 ? `\n- and ${more} more` : ""}`;
}

export function tellFile(result: { path: string; text: string; bytes: number }): string {
  const shown = result.text.slice(0, 4000);
  const cut = result.text.length > shown.length ? `\n… (${sizeOf(result.bytes)} in all)` : "";
  return `${result.path}:\n${shown.trimEnd()}${cut}`;
}

export function tellSummary(result: { path: string; text: string; truncated: boolean }): string {
  const { heading, sentences, sections } = summarise(result.text);
  const parts = [
    heading ? `${result.path}: ${heading}.` : `${result.path}:`,
    ...sentences,
    ...(sections.length > 1 ? [`Sections: ${sections.join(", ")}.`] : []),
    `(Sentences picked from the file${result.truncated ? ", its first 512 KiB" : ""}, not written by a language model.)`,
  ];
  return parts.join(" ");
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
