// Large or forgettable texts, kept once under the SHA-256 of their bytes.
import { createHash } from "node:crypto";
import { fail } from "../contract/failure.ts";
import type { Reader, Writer } from "./database.ts";

interface BlobRef {
  readonly $blob: string;
}

/** Replaces each named field of `data` by a reference to a blob that holds its JSON. */
export function lay(writer: Writer, data: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  if (fields.length === 0) return data;
  const laid = { ...data };
  for (const field of fields) {
    if (laid[field] === undefined) continue;
    const bytes = Buffer.from(JSON.stringify(laid[field]));
    const hash = createHash("sha256").update(bytes).digest("hex");
    writer.run("INSERT INTO blobs (hash, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING", hash, bytes);
    laid[field] = { $blob: hash } satisfies BlobRef;
  }
  return laid;
}

/** Puts the blobs' values back in place.
 * @throws FailureError `storage.damaged` when a blob is missing or its bytes are not those of its name. */
export function lift(reader: Reader, data: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  if (fields.length === 0) return data;
  const lifted = { ...data };
  for (const field of fields) {
    const ref = lifted[field];
    if (isBlobRef(ref)) lifted[field] = JSON.parse(blobText(reader, ref.$blob));
  }
  return lifted;
}

function blobText(reader: Reader, hash: string): string {
  const row = reader.get<{ bytes: Buffer }>("SELECT bytes FROM blobs WHERE hash = ?", hash);
  if (!row || createHash("sha256").update(row.bytes).digest("hex") !== hash) {
    throw fail(
      "storage.damaged",
      `A text of the log (blob ${hash.slice(0, 12)}…) is ${row ? "not what was written" : "missing"}.`,
      "Run botmojo doctor to see what is affected.",
    );
  }
  return row.bytes.toString("utf8");
}

function isBlobRef(value: unknown): value is BlobRef {
  return typeof value === "object" && value !== null && "$blob" in value && typeof value.$blob === "string";
}
