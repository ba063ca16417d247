// A thread's messages: what was said between a person and BotMojo, oldest first.
import type { Reader } from "../store/database.ts";
import type { Projection } from "../store/event-log.ts";

export const messagesProjection: Projection = {
  name: "messages",
  tables: ["messages"],
  apply(writer, event) {
    if (event.type !== "message.added") return;
    const { thread, role, text } = event.data;
    writer.run("INSERT INTO messages (seq, thread, role, text) VALUES (?, ?, ?, ?)", event.seq, thread, role, text);
  },
};

/** The newest messages before event `before` that fit into `maxChars` UTF-16 units together. */
export function recentMessages(
  reader: Reader,
  query: { thread: string; before: number; maxChars: number },
): { role: "user" | "assistant"; text: string }[] {
  const rows = reader.all<{ role: "user" | "assistant"; text: string }>(
    "SELECT role, text FROM messages WHERE thread = ? AND seq < ? ORDER BY seq DESC LIMIT 50",
    query.thread,
    query.before,
  );
  let room = query.maxChars;
  const fitting = rows.filter(({ text }) => (room -= text.length) >= 0);
  return fitting.reverse();
}
