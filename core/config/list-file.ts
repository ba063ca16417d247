// A YAML file with a list in it that people write by hand: read anew whenever it has changed, added to with its comments
// kept.
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { isNode, isSeq, LineCounter, parseDocument, type Document, type YAMLSeq } from "yaml";
import { fail } from "../contract/failure.ts";
import { replaceFile } from "./replace-file.ts";

export interface ListFile<Entry> {
  readonly file: string;
  /** The same value until the file changes; empty when there is no file.
   * @throws FailureError `config.invalid`, with the line; the same until the file changes */
  read(): readonly Entry[];
  /** @throws FailureError `config.invalid` when the file can't be read; it is as it was then */
  add(entry: Entry): void;
  removeAt(index: number): void;
}

export interface ListKind<Entry> {
  /** What it lists, such as `rules`. */
  readonly noun: string;
  /** How an entry begins, such as `- name: …`. */
  readonly example: string;
  readonly most: number;
  /** Names an entry's place in a refusal; `FILE, line 3` by default. */
  readonly placeOf?: (line: string, index: number) => string;
  /** @throws FailureError `config.invalid` that begins with `place` */
  readonly readEntry: (value: unknown, place: string, before: readonly Entry[]) => Entry;
}

const largestFile = 256 * 1024;

export function openListFile<Entry>(file: string, kind: ListKind<Entry>): ListFile<Entry> {
  let known: { stamp: string; entries: readonly Entry[] } | { stamp: string; error: unknown } | undefined;

  const read = () => {
    const stamp = stampOf(file);
    if (known?.stamp !== stamp) {
      try {
        known = { stamp, entries: entriesOf(parse(file), file, kind) };
      } catch (error) {
        known = { stamp, error };
      }
    }
    if ("error" in known) throw known.error;
    return known.entries;
  };
  const write = (change: (list: YAMLSeq) => void) => {
    read();
    const { document } = parse(file);
    if (!isSeq(document.contents)) document.contents = document.createNode([]);
    if (isSeq(document.contents)) change(document.contents);
    replaceFile(file, document.toString());
    known = undefined;
  };

  return {
    file,
    read,
    add: (entry) =>
      write((list) => {
        list.add(entry);
      }),
    removeAt: (index) =>
      write((list) => {
        list.delete(index);
      }),
  };
}

/** Changes whenever the file does. */
function stampOf(path: string): string {
  const info = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return info ? `${info.ino} ${info.size} ${info.mtimeNs}` : "";
}

function parse(file: string): { document: Document; lines: LineCounter } {
  const info = lstatSync(file, { throwIfNoEntry: false });
  if (info && !info.isFile()) throw fail("config.invalid", `${file} is not a plain file.`);
  if (info && info.size > largestFile) throw fail("config.invalid", `${file} is larger than ${largestFile / 1024} KiB.`);
  const lines = new LineCounter();
  const document: Document = parseDocument(existsSync(file) ? readFileSync(file, "utf8") : "", { schema: "core", lineCounter: lines });
  const [error] = document.errors;
  if (error) {
    const says = error.message.split("\n", 1)[0]?.replace(/ at line.*$/, "") ?? "";
    throw fail("config.invalid", `${file}, line ${lines.linePos(error.pos[0]).line}: ${says}`, "Mend that line.");
  }
  return { document, lines };
}

function entriesOf<Entry>({ document, lines }: ReturnType<typeof parse>, file: string, kind: ListKind<Entry>): readonly Entry[] {
  const { noun, example, most, placeOf = (line) => line, readEntry } = kind;
  const { contents } = document;
  if (contents === null) return [];
  if (!isSeq(contents)) throw fail("config.invalid", `${file} is not a list of ${noun} ("${example}").`);
  if (contents.items.length > most) throw fail("config.invalid", `${file} has more than ${most} ${noun}.`);
  const entries: Entry[] = [];
  for (const [index, item] of contents.items.entries()) {
    const node = isNode(item) ? item : undefined;
    const place = placeOf(`${file}, line ${lines.linePos(node?.range?.[0] ?? 0).line}`, index);
    let value: unknown;
    try {
      value = node?.toJS(document, { maxAliasCount: 0 });
    } catch {
      throw fail("config.invalid", `${place} uses anchors, which ${noun} do not need.`);
    }
    entries.push(readEntry(value, place, entries));
  }
  return entries;
}
