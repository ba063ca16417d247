// Greetings, help and arithmetic: all that the rules can say by themselves.
import type { Reading, Scene } from "./scene.ts";
import { tidy } from "./words.ts";

const help =
  "I keep your calendar, your expenses, facts and notes, and I look at files, all on this machine. " +
  "Try “Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian”, “how much did I spend this week?”, " +
  "“what is on tomorrow?” or “summarise README.md”. I am built-in rules, not a language model; for anything else, connect one.";

export function readTalk({ clause }: Scene): Reading | undefined {
  const text = tidy(clause.replaceAll(/[!?.]+$/g, ""));
  const says = (words: string): Reading => ({ agent: "generalist", intent: "talk", calls: [], remarks: [], says: words });
  if (/^(?:hi|hello|hey|good (?:morning|afternoon|evening)|howdy|hiya)(?: there| botmojo)?$/i.test(text)) return says(`Hello. ${help}`);
  if (/^(?:thanks?(?: you)?(?: very much| a lot)?|thx|cheers|ok(?:ay)?|great|nice|cool)$/i.test(text)) return says("You are welcome.");
  if (
    /^(?:help(?: me)?|what can (?:you|i) do(?: here)?|what do you do|who are you|what are you|how does this work|are you (?:an? )?(?:ai|llm|language model|bot|human))$/i.test(
      text,
    )
  )
    return says(help);
  const expression = arithmeticIn(text);
  if (expression === undefined) return undefined;
  return { agent: "generalist", intent: "arithmetic", calls: [{ name: "calculator", input: { expression } }], remarks: [] };
}

/** "what is 17% of 240", "12 * (3 + 4)", "15 plus 27" as an expression; undefined when it is not arithmetic. */
function arithmeticIn(text: string): string | undefined {
  const asked = text
    .replace(/^(?:what(?:'s| is)|calculate|compute|work out|how much is|evaluate)\s+/i, "")
    .replace(/\s*=\s*$/, "")
    .replaceAll(/[$€£](?=\d)/g, "");
  const expression = asked
    .replaceAll(/(\d),(?=\d{3}\b)/g, "$1")
    .replace(/^(\d+(?:\.\d+)?)\s*(?:%|percent)\s+of\s+(\d+(?:\.\d+)?)$/i, "$1 / 100 * $2")
    .replaceAll(/\bplus\b/gi, "+")
    .replaceAll(/\bminus\b/gi, "-")
    .replaceAll(/\b(?:times|multiplied by)\b|[×x](?=\s*\d)/gi, "*")
    .replaceAll(/\b(?:divided by|over)\b|÷/gi, "/")
    .replaceAll(/\b(?:to the power of)\b|\*\*/gi, "^")
    .replaceAll(/\bsquared\b/gi, "^2");
  const arithmetic = /^[\d\s.+\-*/^%()]+$/.test(expression) && /\d\s*[+\-*/^%]\s*[\d(.-]/.test(expression);
  return arithmetic && !/^\d{4}-\d\d-\d\d$|^\d{1,2}\/\d{1,2}(?:\/\d{2,4})?$/.test(expression.trim()) ? tidy(expression) : undefined;
}
