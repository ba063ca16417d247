// The calendar's tools.
import { z } from "zod";
import { AgendaEntry, type Item } from "../contract/items.ts";
import { itemsBetween } from "../memory/items.ts";
import { defineTool } from "./tool.ts";

const { shape } = AgendaEntry;

const add = defineTool({
  name: "calendar.add",
  description: "Puts an entry into the person's calendar. Dates and times are local to the person.",
  effect: "idempotent",
  input: z.strictObject({
    title: shape.title,
    date: shape.date,
    time: shape.time,
    endTime: shape.endTime,
    place: shape.place,
    people: shape.people,
    words: z.string().max(20_000).describe("The person's own words that this entry comes from"),
  }),
  run({ words, ...entry }, { learn }) {
    const body = { kind: "agenda", ...entry } as const;
    return { id: learn(body, words), ...entry };
  },
});

const list = defineTool({
  name: "calendar.list",
  description: "Lists calendar entries from one date to another, both included.",
  effect: "reads",
  input: z.strictObject({
    from: shape.date,
    to: shape.date,
    query: z.string().max(1000).optional().describe("Only entries with one of these words in title, place or people"),
  }),
  run({ from, to, query }, { reader }) {
    const wanted = query?.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const matches = ({ body }: Item) => {
      if (body.kind !== "agenda") return false;
      const text = [body.title, body.place, ...body.people].join(" ").toLowerCase();
      return wanted.length === 0 || wanted.some((word) => text.includes(word));
    };
    const entries = itemsBetween(reader, { kind: "agenda", from, to }).filter(matches);
    return { entries: entries.map(({ id, body }) => ({ id, ...body })) };
  },
});

export const agendaTools = [add, list];
