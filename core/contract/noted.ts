// What was seen of a program as lines to show: in the order in which it began, spans below the span that they are part of.
import type { ProgramNote, SpanNote } from "./program-notes.ts";

export interface NotedLine {
  readonly note: ProgramNote;
  /** How many spans it lies within. */
  readonly depth: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How long it took; undefined for a moment. */
  readonly ms: number | undefined;
  readonly what: string;
  /** What came of it, in a word or a sentence. */
  readonly outcome: string;
  readonly failed: boolean;
}

const deepest = 32;

export function notedLines(notes: readonly ProgramNote[]): NotedLine[] {
  const spans = new Map<string, SpanNote>();
  for (const note of notes) if (note.is === "span") spans.set(placeOf(note.trace, note.span), note);
  // A log lies where its span does, one deeper; what a program says of parents may go round in a circle.
  const depthOf = (trace: string | null, above: string | null) => {
    let depth = 0;
    for (let next = above; trace !== null && next !== null && depth < deepest; depth += 1) {
      const outer = spans.get(placeOf(trace, next));
      if (!outer) break;
      next = outer.parent;
    }
    return depth;
  };
  const lines = notes.map((note): NotedLine => {
    if (note.is === "span") return spanLine(note, depthOf(note.trace, note.parent));
    if (note.is === "log") {
      const failed = /^(error|fatal)/i.test(note.severity ?? "");
      const said = typeof note.body === "string" ? note.body : JSON.stringify(note.body ?? note.attributes);
      const what = note.name ? `${note.name}: ${said}` : said;
      return { note, depth: depthOf(note.trace, note.span), at: note.at, ms: undefined, what, outcome: note.severity ?? "", failed };
    }
    const { at, ms, host, sent, received, failure } = note;
    const what = note.is === "request" ? `${note.method} ${host}${note.path}` : host;
    const bytes = `${sent} bytes out, ${received} in`;
    const outcome = failure ?? (note.is === "request" ? `${note.status ?? ""}  ${bytes}` : bytes);
    return { note, depth: 0, at, ms, what, outcome, failed: failure !== undefined };
  });
  return lines.toSorted((a, b) => a.at - b.at);
}

function spanLine(note: SpanNote, depth: number): NotedLine {
  const { name, start, end, status, message } = note;
  const outcome = message ?? (status === "unset" ? "" : status);
  return { note, depth, at: start, ms: end - start, what: name, outcome, failed: status === "error" };
}

function placeOf(trace: string, span: string): string {
  return `${trace} ${span}`;
}
