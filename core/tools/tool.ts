// What a tool is: a name, a schema, what it touches, how it may be repeated, and what it does.
import { z } from "zod";
import type { EffectKind, EventData } from "../contract/events.ts";
import type { ItemId, RunId } from "../contract/ids.ts";
import type { ItemBody } from "../contract/items.ts";
import type { Leave } from "../contract/policy.ts";
import type { ReviewDecision } from "../contract/review.ts";
import type { ToolView } from "../contract/views.ts";
import type { ToolCard } from "../models/model.ts";
import type { ToolLeave } from "../security/policy.ts";
import type { Reader } from "../store/database.ts";

export interface ToolContext {
  /** Names this call for good: after a crash the same call comes with the same key. What a tool asks of the world it
   * passes on as the idempotency key. */
  readonly key: string;
  readonly run: RunId;
  readonly reader: Reader;
  readonly now: number;
  readonly timeZone: string;
  readonly workspace: string;
  readonly signal: AbortSignal;
  /** Keeps an item, in the same commit as the tool's result: both are on disk or neither. Returns its id. */
  readonly learn: (body: ItemBody, words: string) => string;
  /** A reminder needs no telling any more; in the same commit as the tool's result. */
  readonly endReminder: (item: ItemId, how: EventData<"reminder.over">["how"]) => void;
  readonly progress: (text: string) => void;
  /** Asks the person, and sleeps until they have decided, over restarts too; that time is not the call's. */
  readonly ask: (asked: PersonAsked) => Promise<PersonSaid>;
  /** What the rules say of a host that the call would reach besides those it named: undefined when nothing. */
  readonly reach: (host: string) => Leave | undefined;
  /** Says where what it is about to give back comes from, where that shows only in the doing. */
  readonly cameFrom: (sources: readonly string[]) => void;
  /** Changes the plan of the run, in the same commit as the tool's result. Returns the new revision's number. */
  readonly revise: (patch: readonly Record<string, unknown>[], reason: string) => number;
  /** Brings what a file holds to the disk before the call writes over it, so that it can be undone. Said again, as after
   * a crash, the first keeping stands. */
  readonly keepFile: (change: FileKept) => Promise<void>;
  /** The hash of what this very call was to make of a file, where a host that stopped had begun it. */
  readonly begunAs: (path: string) => string | undefined;
}

export type FileKept = Omit<EventData<"file.kept">, "key">;

export interface PersonAsked {
  readonly question: string;
  readonly proposal: Readonly<Record<string, unknown>>;
}

/** `answer`: what they said, where they did more than approve or reject. */
export interface PersonSaid {
  readonly decision: ReviewDecision;
  readonly answer?: unknown;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** The gravest that a call of it may be. */
  readonly effect: EffectKind;
  readonly effectOf: (input: unknown) => EffectKind;
  readonly input: z.ZodType;
  /** What is shown of `input`, where it is not made from it. */
  readonly inputSchema?: Record<string, unknown> | undefined;
  /** Why it can't be called as of now, such as a server that has changed: every call is denied with that. */
  readonly closed?: (() => string | undefined) | undefined;
  /** Paths the call would touch, as asked; judged by policy before anything runs. */
  readonly touches: (input: unknown) => readonly string[];
  /** It changes the paths it touches. */
  readonly writes: boolean;
  /** Hosts that the call would reach, as a URL has them. */
  readonly hosts: (input: unknown) => readonly string[];
  /** The shell's line that the call would run; undefined when it runs none. */
  readonly command: (input: unknown) => string | undefined;
  /** When it asks where no rule says anything. */
  readonly leave: ToolLeave;
  /** Where what it gives back comes from, when that is neither the person nor this program: `the file notes.txt`. What an
   * agent does after it has read that is not the person's word alone. */
  readonly source: (input: unknown) => string | undefined;
  /** @throws FailureError with a sentence for the person */
  readonly run: (input: unknown, context: ToolContext) => unknown;
}

export function defineTool<Input extends z.ZodType>(definition: {
  name: string;
  description: string;
  effect: EffectKind;
  /** `effect` by default. */
  effectOf?: (input: z.infer<Input>) => EffectKind;
  input: Input;
  inputSchema?: Record<string, unknown>;
  closed?: () => string | undefined;
  writes?: boolean;
  touches?: (input: z.infer<Input>) => readonly string[];
  hosts?: (input: z.infer<Input>) => readonly string[];
  command?: (input: z.infer<Input>) => string;
  /** `free` by default. */
  leave?: ToolLeave;
  source?: (input: z.infer<Input>) => string;
  run: (input: z.infer<Input>, context: ToolContext) => unknown;
}): Tool {
  const { effect, effectOf, touches = () => [], hosts = () => [], command, source, writes = false, leave = "free", run } = definition;
  return {
    ...definition,
    effectOf: (input) => effectOf?.(input as z.infer<Input>) ?? effect,
    writes,
    leave,
    hosts: (input) => hosts(input as z.infer<Input>),
    command: (input) => command?.(input as z.infer<Input>),
    source: (input) => source?.(input as z.infer<Input>),
    touches: (input) => touches(input as z.infer<Input>),
    run: (input, context) => run(input as z.infer<Input>, context),
  };
}

export function toolCard(tool: Tool): ToolCard {
  return { name: tool.name, description: tool.description, inputSchema: inputSchemaOf(tool) };
}

export function toolView(tool: Tool): ToolView {
  return { name: tool.name, description: tool.description, effect: tool.effect, inputSchema: inputSchemaOf(tool) };
}

function inputSchemaOf(tool: Tool): Record<string, unknown> {
  if (tool.inputSchema) return tool.inputSchema;
  const { $schema: _, ...schema } = z.toJSONSchema(tool.input, { io: "input" });
  return schema;
}
