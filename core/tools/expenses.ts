// The tools for money spent.
import { z } from "zod";
import { fail } from "../contract/failure.ts";
import { Expense } from "../contract/items.ts";
import { itemsBetween, majorOf, minorOf } from "../memory/items.ts";
import { defineTool } from "./tool.ts";

const { shape } = Expense;

const add = defineTool({
  name: "expenses.add",
  description: "Records money that the person spent.",
  effect: "idempotent",
  input: z.strictObject({
    amount: z.string().max(30).describe('In the currency\'s main unit with a decimal point: "23.50"'),
    currency: shape.currency,
    vendor: shape.vendor,
    category: shape.category,
    date: shape.date,
    words: z.string().max(20_000).describe("The person's own words that this expense comes from"),
  }),
  run({ amount, currency, words, ...rest }, { learn }) {
    const known = Intl.supportedValuesOf("currency").includes(currency);
    const minor = known ? minorOf(amount, currency) : undefined;
    if (minor === undefined) throw fail("input.invalid", `${amount} ${currency} is not an amount of money.`);
    const id = learn({ kind: "expense", minor, currency, ...rest }, words);
    return { id, amount: majorOf(minor, currency), currency, ...rest };
  },
});

const list = defineTool({
  name: "expenses.list",
  description: "Lists what was spent between two dates, both included, with the total in each currency.",
  effect: "reads",
  input: z.strictObject({
    from: shape.date.default("0001-01-01"),
    to: shape.date.default("9999-12-31"),
    vendor: z.string().max(300).optional(),
    category: z.string().max(100).optional(),
  }),
  run({ from, to, vendor, category }, { reader }) {
    const holds = (text: string | undefined, wanted: string | undefined) =>
      wanted === undefined || (text ?? "").toLowerCase().includes(wanted.toLowerCase());
    const kept = itemsBetween(reader, { kind: "expense", from, to }).flatMap(({ id, body, words }) =>
      body.kind === "expense" && holds(body.vendor, vendor) && (holds(body.category, category) || holds(words, category))
        ? [{ id, body }]
        : [],
    );
    const sums = new Map<string, number>();
    for (const { body } of kept) sums.set(body.currency, (sums.get(body.currency) ?? 0) + body.minor);
    return {
      expenses: kept.map(({ id, body: { kind: _, minor, ...body } }) => ({ id, amount: majorOf(minor, body.currency), ...body })),
      totals: [...sums].map(([currency, minor]) => ({ currency, amount: majorOf(minor, currency) })),
    };
  },
});

export const expenseTools = [add, list];
