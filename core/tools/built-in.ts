// The tools that come with BotMojo.
import { agendaTools } from "./agenda.ts";
import { calculatorTools } from "./calculator.ts";
import { expenseTools } from "./expenses.ts";
import { fileTools } from "./files.ts";
import { filePatchTools } from "./file-patch.ts";
import { fileWriteTools } from "./file-writes.ts";
import { planTools } from "./plan-revise.ts";
import { reminderTools } from "./reminders.ts";
import { rememberingTools } from "./remembering.ts";
import type { Tool } from "./tool.ts";

/** With those of this host that need something of it, such as a sandbox. */
export function builtInTools(more: readonly Tool[] = []): ReadonlyMap<string, Tool> {
  const files = [...fileTools, ...fileWriteTools, ...filePatchTools];
  const tools = [...agendaTools, ...reminderTools, ...expenseTools, ...rememberingTools, ...files, ...planTools, ...calculatorTools];
  return new Map([...tools, ...more].map((tool) => [tool.name, tool]));
}
