// What a run kept, in words.
import type { Item } from "../../core/contract/index.ts";

type Body = Item["body"];

export const itemKinds: Record<Body["kind"], string> = {
  agenda: "Calendar",
  expense: "Expense",
  fact: "Fact",
  note: "Note",
  reminder: "Reminder",
};

export function itemText(body: Body): string {
  switch (body.kind) {
    case "agenda":
      return [body.title, body.date, body.time, body.place].filter(Boolean).join(", ");
    case "expense":
      return [moneyText(body.minor, body.currency), body.vendor, body.category, body.date].filter(Boolean).join(", ");
    case "fact":
      return body.statement;
    case "note":
      return body.text;
    case "reminder":
      return [body.text, new Date(body.at).toLocaleString()].join(", ");
  }
}

function moneyText(minor: number, currency: string): string {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
