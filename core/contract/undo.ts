// Taking back what a run did to files, memory and the conversation, together, and bringing it back again.
import { z } from "zod";
import { ItemId, Seq } from "./ids.ts";

/** What a file held; null where there was none. */
export const FileContent = z.object({ encoding: z.enum(["utf8", "base64"]), data: z.string() }).nullable();
export type FileContent = z.infer<typeof FileContent>;

export const UndoDirection = z.enum(["undo", "redo"]);
export type UndoDirection = z.infer<typeof UndoDirection>;

export const FileSwap = z.object({
  /** Absolute, links resolved. */
  path: z.string(),
  from: FileContent,
  to: FileContent,
  /** The topmost folder that was made for it. */
  made: z.string().nullable(),
});
export type FileSwap = z.infer<typeof FileSwap>;

/** What one undo changes. */
export const UndoPlan = z.object({
  direction: UndoDirection,
  /** Everything after this event is taken back. */
  to: Seq,
  files: z.array(FileSwap),
  /** Kept items that go, or come back. */
  items: z.array(ItemId),
  /** Events whose words leave the conversation, or come back. */
  messages: z.array(Seq),
});
export type UndoPlan = z.infer<typeof UndoPlan>;
