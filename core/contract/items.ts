// What BotMojo keeps for a person: agenda entries, expenses, facts, notes and reminders, each with the words it came from.
import { z } from "zod";
import { Instant, ItemId, RunId, Seq } from "./ids.ts";

const LocalDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "a date is YYYY-MM-DD");
const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time is HH:MM, 24 hours");

export const AgendaEntry = z.object({
  kind: z.literal("agenda"),
  title: z.string().min(1).max(500),
  /** Calendar date where the person is; no time zone arithmetic moves a lunch. */
  date: LocalDate,
  /** Absent for a whole day. */
  time: LocalTime.optional(),
  endTime: LocalTime.optional(),
  place: z.string().max(300).optional(),
  people: z.array(z.string().max(200)).max(100).default([]),
});
export type AgendaEntry = z.infer<typeof AgendaEntry>;

export const Expense = z.object({
  kind: z.literal("expense"),
  /** In the currency's smallest unit (cents for USD, yen for JPY), so that sums are exact. */
  minor: z.int(),
  /** ISO 4217. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  vendor: z.string().max(300).optional(),
  category: z.string().max(100).optional(),
  date: LocalDate,
});
export type Expense = z.infer<typeof Expense>;

export const Fact = z.object({
  kind: z.literal("fact"),
  /** Who or what it is about: `Sara`; `me` for the person who asks. */
  subject: z.string().min(1).max(200),
  /** A whole sentence that stands alone: `Sara is vegetarian.` */
  statement: z.string().min(1).max(2000),
});
export type Fact = z.infer<typeof Fact>;

export const Note = z.object({
  kind: z.literal("note"),
  text: z.string().min(1).max(20_000),
});
export type Note = z.infer<typeof Note>;

export const Reminder = z.object({
  kind: z.literal("reminder"),
  /** What the person is to be told: `Pay rent`. */
  text: z.string().min(1).max(2000),
  /** The instant; a person who travels is told at the same one. */
  at: Instant,
});
export type Reminder = z.infer<typeof Reminder>;

export const ItemBody = z.discriminatedUnion("kind", [AgendaEntry, Expense, Fact, Note, Reminder]);
export type ItemBody = z.infer<typeof ItemBody>;
export type ItemKind = ItemBody["kind"];
export const ItemKind = z.enum(["agenda", "expense", "fact", "note", "reminder"]);

/** A kept item and where it was learnt. */
export const Item = z.object({
  id: ItemId,
  body: ItemBody,
  /** The very words of the goal, or the line of the file, it was taken from. */
  words: z.string(),
  learntAt: Instant,
  run: RunId,
  /** Where it may come from, other than from the person: `the file notes.txt`. Such an item is told, never obeyed. */
  from: z.array(z.string()).optional(),
  /** The event that stored it. */
  seq: Seq,
});
export type Item = z.infer<typeof Item>;

/** A reminder as it stands. */
export const ReminderView = z.object({
  id: ItemId,
  text: z.string(),
  at: Instant,
  /** When the person was told; null while it is still to come. */
  toldAt: Instant.nullable(),
  /** It could only be told after its time, since no host was there. */
  late: z.boolean(),
  /** Done or removed: it is not shown any more. */
  over: z.boolean(),
  run: RunId,
});
export type ReminderView = z.infer<typeof ReminderView>;
