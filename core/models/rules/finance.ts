// Money spent: expenses out of sentences, questions about them, and the words that answer.
import { readWhen } from "./dates.ts";
import { readMoney, type Money } from "./money.ts";
import { readPeriod } from "./periods.ts";
import { today, type Person } from "./person.ts";
import { impossible, stretch } from "./phrases.ts";
import type { PlannedCall, Reading, Scene } from "./scene.ts";
import { tidy } from "./words.ts";

const spending =
  /\b(?:paid|pay|spent|spend|bought|cost|costs|costed|charged|had|got|invoice|expenses?|bill|receipt|gave|tip|ticket|for lunch|for dinner|taxi|uber|groceries|coffee|rent|fuel|petrol)\b/i;
const notSpending =
  /\b(?:owes?|earned|earns?|received|salary|income|refund(?:ed)?|got paid|lent|borrow(?:ed)?|budget|worth|under|below|less than|invest|price of|save|convert|per (?:month|hour|year))\b/i;

export function readExpense({ clause, before, goal, person, chrono, words }: Scene): Reading | undefined {
  if (notSpending.test(clause) || /\?\s*$/.test(clause) || /^(?:remind|don'?t forget|remember to)\b/i.test(clause)) return undefined;
  const amounts = readMoney(clause, person);
  const [first] = amounts;
  if (!first) return undefined;
  const lone = tidy(clause.slice(0, first.start) + clause.slice(first.end)).split(" ").length <= 4;
  if (!spending.test(clause) && !lone) return undefined;
  const blanked = amounts.reduce((rest, { start, end }) => rest.slice(0, start) + " ".repeat(end - start) + rest.slice(end), clause);
  const when = readWhen(chrono, blanked, person, "behind");
  if (when.impossible) return impossible(when.impossible);
  const date = when.day && when.day <= today(person) ? when.day : today(person);
  const calls = amounts.map((money, index): PlannedCall => {
    const from = index === 0 ? 0 : money.start;
    const to = amounts[index + 1]?.start ?? clause.length;
    const vendor =
      vendorIn(when.rest.slice(from, to)) ?? (amounts.length === 1 ? (vendorIn(when.rest) ?? vendorNear(before, goal)) : undefined);
    const category = categoryIn(when.rest, { money, after: amounts[index - 1]?.end ?? 0, to }, vendor);
    const input = {
      amount: money.amount,
      currency: money.currency,
      ...(vendor ? { vendor } : {}),
      ...(category ? { category } : {}),
      date,
      words,
    };
    return { name: "expenses.add", input };
  });
  const remarks = [...new Set(amounts.flatMap(({ remark }) => remark ?? []))];
  return { agent: "finance", intent: "expense.add", calls, remarks };
}

export function readExpenseQuestion({ clause, person, chrono }: Scene): Reading | undefined {
  const asks =
    /\b(?:how much|what) (?:did|have|do|does|was|were|has)\b.*\b(?:spen[dt]|pa(?:y|id)|cost|costs)\b|\b(?:show|list|what(?:'s| are| were| is))(?: me)?(?: all)? (?:my |the )?(?:total |last |recent )?(?:expenses|spending|expenditures?|costs)\b|\bhow much (?:on|at|for) \w|\btotal (?:spent|spending|expenses)\b|^(?:my )?(?:expenses|spending)\b|\bhow much (?:money )?(?:went|have i spent|i spent|did i spend)\b|\bwhat did i (?:buy|spend)\b/i;
  if (!asks.test(clause)) return undefined;
  const period = readPeriod(chrono, clause, person, "behind");
  const rest = period?.words
    ? clause.replace(new RegExp(period.words.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i"), " ")
    : readWhen(chrono, clause, person, "behind").rest;
  const vendor =
    /\b(?:at|in|to) ((?:the )?[\p{L}\d][\p{L}\d'&. -]*?)(?=\s*(?:\?|$|\s{2}|\s(?:this|last|in|on|since|for|today|yesterday|during)\b))/iu.exec(
      rest,
    )?.[1];
  const category =
    /\b(?:on|for) ((?!the\s*$|my\s*$)[\p{L}][\p{L}' -]*?)(?=\s*(?:\?|$|\s{2}|\s(?:this|last|in|at|since|today|yesterday|during)\b))/iu.exec(
      rest,
    )?.[1];
  const input = {
    ...(period ? { from: period.from, to: period.to } : {}),
    ...(vendor && !/^(?:total|all)$/i.test(vendor) ? { vendor: tidy(vendor) } : {}),
    ...(category && !/^(?:everything|all|things)$/i.test(category) ? { category: tidy(category.replace(/^(?:the|my) /i, "")) } : {}),
  };
  const says = period ? stretch(period.from, period.to, period.words) : "so far";
  return { agent: "finance", intent: "expense.ask", calls: [{ name: "expenses.list", input }], remarks: [], says };
}

interface Expense {
  readonly amount: string;
  readonly currency: string;
  readonly vendor?: string;
  readonly category?: string;
  readonly date: string;
}

export function tellExpense(expense: Expense, person: Person): string {
  return `Recorded ${expenseWords(expense, person)}.`;
}

export function tellExpenses(
  result: { expenses: readonly Expense[]; totals: readonly { currency: string; amount: string }[] },
  asked: { says: string; vendor?: string; category?: string },
  person: Person,
): string {
  const about = `${asked.vendor ? ` at ${asked.vendor}` : ""}${asked.category ? ` on ${asked.category}` : ""}`;
  if (result.expenses.length === 0) return `No spending${about} is recorded ${asked.says}.`;
  const total = result.totals.map(({ amount, currency }) => moneyWords(amount, currency, person)).join(" and ");
  const head = `You spent ${total}${about} ${asked.says}`;
  if (result.expenses.length === 1) return `${head}: ${expenseWords(result.expenses[0] as Expense, person)}.`;
  const shown = result.expenses.slice(-20);
  const more = result.expenses.length - shown.length;
  return `${head}:\n${shown.map((expense) => `- ${expenseWords(expense, person)}`).join("\n")}${more > 0 ? `\n- and ${more} earlier` : ""}`;
}

function expenseWords({ amount, currency, vendor, category, date }: Expense, person: Person): string {
  return `${moneyWords(amount, currency, person)}${category ? ` on ${category}` : ""}${vendor ? ` at ${vendor}` : ""}, ${date}`;
}

function moneyWords(amount: string, currency: string, { locale }: Person): string {
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency }).format(Number(amount));
  } catch {
    return `${amount} ${currency}`;
  }
}

const noVendor =
  /^(?:\d|noon|night|home$|least|once|all$|the (?:moment|end|weekend)|(?:mon|tues|wednes|thurs|fri|satur|sun)day|cash|card)/i;

function vendorIn(text: string): string | undefined {
  const match =
    /\b(?:at|@|from(?=\s+\p{Lu}))\s+((?:the |my )?[\p{L}\d][\p{L}\d'’&.-]*(?:\s+(?!for\b|on\b|and\b|with\b|at\b|to\b|in\b|by\b|was\b|cost\b)[\p{L}\d'’&.-]+){0,4})/iu.exec(
      text,
    );
  const name = match?.[1] ? tidy(match[1].split(/\s{2,}/)[0] ?? "") : "";
  return name === "" || noVendor.test(name) ? undefined : name;
}

/** The place named in the clause before: "Lunch … at Chipotle, paid $23.50". */
function vendorNear(before: string, goal: string): string | undefined {
  const sentence = before.slice(Math.max(before.lastIndexOf(". "), before.lastIndexOf("! "), 0));
  const named = [...sentence.matchAll(/\b(?:at|@)\s+((?:the )?\p{Lu}[\p{L}\d'’&.-]*(?:\s+\p{Lu}[\p{L}\d'’&.-]+)*)/gu)].at(-1)?.[1];
  if (named) return tidy(named);
  return before === "" ? /\b(?:at|@)\s+(\p{Lu}[\p{L}\d'’&.-]*(?:\s+\p{Lu}[\p{L}\d'’&.-]+)*)/u.exec(goal)?.[1] : undefined;
}

function categoryIn(
  rest: string,
  { money, after, to }: { money: Money; after: number; to: number },
  vendor: string | undefined,
): string | undefined {
  const ahead =
    /\b(?:paid|bought|got|and|plus|,)\s+(?:for\s+)?(?:the |my |an? |some )?((?!at\b|for\b|on\b|it\b|about\b|me\b)[\p{L}][\p{L}'’-]*(?:\s[\p{L}'’-]+)?)(?:\s+for)?\s*$/iu.exec(
      rest.slice(after, money.start),
    )?.[1];
  const tail = rest.slice(money.end, to);
  const named =
    /\b(?:on|for)\s+((?:an? |the |some |my )?[\p{L}][\p{L}'’-]*(?:\s+(?!at\b|from\b|and\b|with\b|yesterday\b|today\b|on\b|in\b|this\b|last\b|for\b|to\b)[\p{L}'’-]+){0,3})/iu.exec(
      tail,
    )?.[1];
  const cost = /^(?:the |my |a )?([\p{L}][\p{L} '’-]{1,30}?) (?:cost|was|costs|came to)\b/iu.exec(rest)?.[1];
  const bought = /\bbought (?:an? |the |some |me an? )?([\p{L}][\p{L} '’-]{1,40}?)(?=\s+(?:for|at|from)\b|\s{2,}|$)/iu.exec(rest)?.[1];
  const lone = /^\s*(?:an? |the )?([\p{L}][\p{L} '’-]{1,40}?)\s*$/u.exec(
    rest.slice(0, money.start).trim() === "" ? tail : rest.slice(0, money.start).trim(),
  );
  const alone =
    lone?.[1] && !/^(?:i |we |paid|spent|pay|for|on|at|it|bought|gave)/i.test(lone[1]) && !spendingVerb.test(lone[1]) ? lone[1] : undefined;
  const found = named ?? ahead ?? bought ?? (cost && !/^(?:it|that|this)$/i.test(cost) ? cost : undefined) ?? alone;
  const text = found
    ? tidy(
        found
          .replace(/^(?:an?|the|some|my|me|us) /i, "")
          .replace(/\s(?:from|to|at|in|with)\s.*$/i, "")
          .replace(/\s(?:for|on|at|of)$/i, ""),
      )
    : "";
  return text === "" || text === vendor || /^(?:me|us|it|that|this|him|her|them)$/i.test(text) ? undefined : text.toLowerCase();
}

const spendingVerb = /\b(?:paid|spent|bought|charged|gave|cost|at)\b/i;
