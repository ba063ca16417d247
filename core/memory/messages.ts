// A thread's messages: what was said between a person and BotMojo, oldest first.
import type { Event } from "../contract/events.ts";
import type { Reader } from "../store/database.ts";
import type { Projection } from "../store/event-log.ts";
import { markUndone } from "./undone.ts";

export const messagesProjection: Projection = {
  name: "messages",
  tables: ["messages"],
  apply(writer, events) {
    for (const event of events) {
      if (event.type === "undo.applied" && !event.recorded) {
        markUndone(writer, "messages", "seq", event.data.messages, event.data.direction);
      }
      if (event.type === "run.removed") {
        writer.run("DELETE FROM messages WHERE seq IN (SELECT seq FROM events WHERE run = ?)", event.run);
      }
      const said = event.recorded ? undefined : saidIn(event);
      if (!said) continue;
      const { thread, role, text, from } = said;
      const sources = from ? JSON.stringify(from) : null;
      writer.run("INSERT INTO messages (seq, thread, role, text, sources) VALUES (?, ?, ?, ?, ?)", event.seq, thread, role, text, sources);
    }
  },
};

interface Said {
  readonly thread: string;
  readonly role: "user" | "assistant";
  readonly text: string;
  readonly from?: readonly string[] | undefined;
}

function saidIn(event: Event): Said | undefined {
  switch (event.type) {
    case "message.added":
      return event.data;
    case "run.started": {
      const { goal, thread, planned, origin } = event.data;
      return planned && !origin ? { thread, role: "user", text: goal } : undefined;
    }
    case "run.completed": {
      const { thread, answer, from } = event.data;
      return thread && { thread, role: "assistant", text: answer, from };
    }
    case "run.failed":
      return event.data.thread && { thread: event.data.thread, role: "assistant", text: event.data.failure.message };
    default:
      return undefined;
  }
}

interface MessageRow {
  readonly role: "user" | "assistant";
  readonly text: string;
  readonly sources: string | null;
}

/** The newest messages before event `before` that fit into `maxChars` UTF-16 units together, and where they come from,
 * other than from the person. */
export function recentMessages(
  reader: Reader,
  query: { thread: string; before: number; maxChars: number },
): { messages: { role: "user" | "assistant"; text: string }[]; from: string[] } {
  const rows = reader.all<MessageRow>(
    "SELECT role, text, sources FROM messages WHERE thread = ? AND seq < ? AND undone = 0 ORDER BY seq DESC LIMIT 50",
    query.thread,
    query.before,
  );
  let room = query.maxChars;
  const fitting = rows.filter(({ text }) => (room -= text.length) >= 0);
  return {
    messages: fitting.reverse().map(({ role, text }) => ({ role, text })),
    from: [...new Set(fitting.flatMap(({ sources }) => (sources === null ? [] : (JSON.parse(sources) as string[]))))],
  };
}
