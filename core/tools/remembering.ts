// The tools that keep facts and notes and bring them back.
import { z } from "zod";
import { Fact, Note, type Item } from "../contract/items.ts";
import { itemText, recallItems } from "../memory/items.ts";
import { defineTool } from "./tool.ts";

const words = z.string().max(20_000).describe("The person's own words that this comes from");

const remember = defineTool({
  name: "memory.remember",
  description: "Keeps a fact about a person or thing. The statement must stand alone: names, not pronouns.",
  effect: "idempotent",
  input: z.strictObject({ subject: Fact.shape.subject, statement: Fact.shape.statement, words }),
  run: ({ words: source, ...fact }, { learn }) => ({ id: learn({ kind: "fact", ...fact }, source), ...fact }),
});

const recall = defineTool({
  name: "memory.recall",
  description: "Finds what is known: facts, notes, calendar entries and expenses that share words with the query.",
  effect: "reads",
  input: z.strictObject({
    query: z.string().min(1).max(10_000),
    subject: z.string().max(200).optional().describe("Only what concerns this person or thing"),
    limit: z.int().min(1).max(100).default(20),
  }),
  run({ query, subject, limit }, { reader, cameFrom }) {
    const found = recallItems(reader, { text: subject ? `${subject} ${query}` : query, limit: subject ? 100 : limit });
    const about = subject ? found.filter((item) => concerns(item, subject)) : found;
    const given = about.slice(0, limit);
    cameFrom(given.flatMap(({ from = [] }) => from));
    return { items: given.map(recalled) };
  },
});

const addNote = defineTool({
  name: "notes.add",
  description: "Keeps a note, word for word.",
  effect: "idempotent",
  input: z.strictObject({ text: Note.shape.text, words }),
  run: ({ text, words: source }, { learn }) => ({ id: learn({ kind: "note", text }, source), text }),
});

const searchNotes = defineTool({
  name: "notes.search",
  description: "Finds notes that share words with the query.",
  effect: "reads",
  input: z.strictObject({ query: z.string().min(1).max(10_000), limit: z.int().min(1).max(100).default(20) }),
  run({ query, limit }, { reader, cameFrom }) {
    const found = recallItems(reader, { text: query, kinds: ["note"], limit });
    cameFrom(found.flatMap(({ from = [] }) => from));
    return { notes: found.map(({ id, body, learntAt }) => ({ id, text: itemText(body), learntAt: new Date(learntAt).toISOString() })) };
  },
});

function concerns(item: Item, subject: string): boolean {
  const wanted = subject.toLowerCase();
  if (item.body.kind === "fact" && item.body.subject.toLowerCase() === wanted) return true;
  return wanted !== "me" && `${itemText(item.body)} ${item.words}`.toLowerCase().includes(wanted);
}

function recalled(item: Item) {
  const { body } = item;
  return {
    id: item.id,
    text: itemText(body),
    kind: body.kind,
    ...(body.kind === "fact" ? { subject: body.subject } : {}),
    ...(body.kind === "agenda" || body.kind === "expense" ? { date: body.date } : {}),
    learntAt: new Date(item.learntAt).toISOString(),
  };
}

export const rememberingTools = [remember, recall, addNote, searchNotes];
