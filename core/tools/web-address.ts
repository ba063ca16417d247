// A web address as a tool's argument, and as it is named.
import { z } from "zod";
import { readWebAddress } from "../security/dial.ts";

/** Text in, the normal form of the address out. */
export const WebAddress = z
  .string()
  .min(1)
  .max(8192)
  .transform((text, context) => {
    const read = readWebAddress(text);
    if (typeof read === "string") {
      context.addIssue({ code: "custom", message: read });
      return z.NEVER;
    }
    return read.href;
  })
  .describe("An http or https address");

/** At most 200 characters; a query may hold what is private. */
export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`.slice(0, 200);
}
