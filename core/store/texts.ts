// What a person may want forgotten stands beside its event, not in it: the event holds only a salted hash of these
// texts, so the chain still verifies when they are gone. Long ones are kept once, under the SHA-256 of their bytes.
import { hash } from "node:crypto";
import { fail } from "../contract/failure.ts";
import type { Chance } from "../system/chance.ts";
import type { Reader, Writer } from "./database.ts";

/** An event's data as its row keeps it: `data` is covered by the chain, `texts` is not. */
export interface Laid {
  readonly data: string;
  readonly texts: string | null;
}

/** Above this many UTF-16 units of JSON a value is a blob, so that a prompt repeated 200 times is stored once. */
const longest = 1024;
/** Above this many bytes it is kept in pieces: a conversation that is asked of a model again with each turn, a little
 * longer every time, then shares all but its end. */
const longestWhole = 16 * 1024;
const pieceBytes = 8 * 1024;
const saltBytes = 16;
/** Of the salt in base64url. */
const saltLength = 22;
const digestField = "$texts";

/** Takes the named fields out of `data`. */
export function lay(
  { writer, chance }: { writer: Writer; chance: Chance },
  data: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Laid {
  const short: Record<string, unknown> = {};
  const long: Record<string, string | string[]> = {};
  let open: Record<string, unknown> | undefined;
  let longs = 0;
  for (const field of fields) {
    const value = data[field];
    if (value === undefined) continue;
    open ??= { ...data };
    delete open[field];
    const json = JSON.stringify(value);
    if (json.length <= longest) {
      short[field] = value;
      continue;
    }
    const bytes = Buffer.from(json);
    long[field] = bytes.length <= longestWhole ? keepBlob(writer, bytes) : piecesOf(bytes).map((piece) => keepBlob(writer, piece));
    longs += 1;
  }
  if (!open) return { data: JSON.stringify(data), texts: null };
  const texts = chance(saltBytes).toString("base64url") + JSON.stringify(longs > 0 ? [short, long] : [short]);
  open[digestField] = digestOf(texts);
  return { data: JSON.stringify(open), texts };
}

function keepBlob(writer: Writer, bytes: Buffer): string {
  const name = hash("sha256", bytes);
  writer.run("INSERT INTO blobs (hash, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING", name, bytes);
  return name;
}

function piecesOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) => bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes));
}

/** Puts the texts back in place.
 * @throws FailureError `storage.damaged` when they are not those that the event vouches for */
export function lift(reader: Reader, row: Laid & { readonly seq: number }, fields: readonly string[]): Record<string, unknown> {
  const data = JSON.parse(row.data) as Record<string, unknown>;
  if (row.texts === null && digestField in data) throw damaged(`The texts of event ${row.seq} are gone.`);
  if (row.texts === null) return liftFirstShape(reader, data, fields);
  const { [digestField]: digest, ...open } = data;
  if (digestOf(row.texts) !== digest) throw damaged(`The texts of event ${row.seq} are not what was written.`);
  const [short, long = {}] = JSON.parse(row.texts.slice(saltLength)) as [Record<string, unknown>, Record<string, string | string[]>?];
  Object.assign(open, short);
  for (const [field, names] of Object.entries(long)) open[field] = JSON.parse(blobText(reader, names));
  return open;
}

/** What is left of an event whose run was removed: what the chain covers. */
export function withoutTexts(row: Pick<Laid, "data">, fields: readonly string[]): Record<string, unknown> {
  const { [digestField]: _, ...open } = JSON.parse(row.data) as Record<string, unknown>;
  for (const field of fields) delete open[field];
  return open;
}

/** Whether the texts beside an event are those that it vouches for; a long text is looked at when it is read. */
export function vouchedFor(row: Laid): boolean {
  if (row.texts === null) return true;
  return (JSON.parse(row.data) as Record<string, unknown>)[digestField] === digestOf(row.texts);
}

/** In logs of schema 1 each such field is a reference to a blob. */
function liftFirstShape(reader: Reader, data: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  for (const field of fields) {
    const value = data[field];
    if (typeof value !== "object" || value === null || !("$blob" in value)) continue;
    data[field] = JSON.parse(blobText(reader, String(value.$blob)));
  }
  return data;
}

function blobText(reader: Reader, names: string | readonly string[]): string {
  if (typeof names === "string") return blobBytes(reader, names).toString("utf8");
  return Buffer.concat(names.map((name) => blobBytes(reader, name))).toString("utf8");
}

function blobBytes(reader: Reader, name: string): Buffer {
  const row = reader.get<{ bytes: Buffer }>("SELECT bytes FROM blobs WHERE hash = ?", name);
  if (!row || hash("sha256", row.bytes) !== name) {
    throw damaged(`A text of the log (blob ${name.slice(0, 12)}…) is ${row ? "not what was written" : "missing"}.`);
  }
  return row.bytes;
}

function damaged(message: string) {
  return fail("storage.damaged", message, "Run botmojo doctor --verify to see what is affected.");
}

function digestOf(texts: string): string {
  return hash("sha256", texts, "base64url");
}
