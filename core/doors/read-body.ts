// The body of a request, up to a limit.
import type { IncomingMessage } from "node:http";

/** Undefined when it is longer than `most` bytes: then what is left of it is not read. */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer<ArrayBuffer> | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > most) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
