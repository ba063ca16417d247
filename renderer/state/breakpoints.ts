// Where runs are to be held: a list of the person's own, for the next run and the one under way.
import { create } from "zustand";
import { definitionOf, isOver, type PausePoint, type Moment } from "../../core/contract/index.ts";
import { call } from "./link.ts";
import { planFirstBreak } from "./plan-first.ts";
import { useRun } from "./run.ts";
import { stepShown } from "./step-shown.ts";
import { useScreen } from "./screen.ts";

export const breakPlaces = ["step", "agent", "model", "tool", "memory", "budget"] as const satisfies readonly PausePoint["on"][];

/** A breakpoint in its parts; its text is `tool:calculator if input.expression == "1+1" #3 once`. */
export interface BreakpointParts {
  readonly on: PausePoint["on"];
  /** A step's id or the name of a tool, agent or model; any when empty. */
  readonly name: string;
  readonly condition: string;
  /** Holds from this hit on. */
  readonly from: number;
  /** Gone after it has held a run. */
  readonly once: boolean;
}

interface Kept {
  readonly text: string;
  readonly enabled: boolean;
}

interface BreakpointsState {
  readonly list: readonly Kept[];
  /** The line being written. */
  readonly draft: BreakpointParts;
  /** What is wrong with that line, or why the run would not take it. */
  readonly says: string | undefined;
}

export const emptyDraft: BreakpointParts = { on: "tool", name: "", condition: "", from: 1, once: false };
const key = "botmojo.breakpoints";

function recall(): readonly Kept[] {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "[]") as readonly Kept[];
    return Array.isArray(kept) ? kept.filter(({ text }) => readBreakpoint(text) !== undefined) : [];
  } catch {
    return [];
  }
}

export const useBreakpoints = create<BreakpointsState>(() => ({ list: recall(), draft: emptyDraft, says: undefined }));

useBreakpoints.subscribe(({ list }, before) => {
  if (list !== before.list) localStorage.setItem(key, JSON.stringify(list));
});

// One that is to hold once is spent when it has held the run on show; the core takes it out of the run itself.
useRun.subscribe(({ newest }, before) => {
  const text = newest?.pause?.breakpoint;
  if (!text || newest.pause === before.newest?.pause || !readBreakpoint(text)?.once) return;
  useBreakpoints.setState(({ list }) => ({ list: list.filter((known) => known.text !== text) }));
});

/** The parts of a breakpoint's text, as the core reads it; undefined for what is none. */
export function readBreakpoint(text: string): BreakpointParts | undefined {
  const match = /^\s*(\w+)(?::(\S+))?(?:\s+if\s+(.+?))?(?:\s+#(\d+))?(\s+once)?\s*$/s.exec(text);
  const on = breakPlaces.find((place) => place === (match?.[1] === "handover" ? "agent" : match?.[1]));
  if (!match || !on) return undefined;
  const [, , name = "", condition = "", from = "1", once] = match;
  return { on, name, condition, from: Math.max(1, Number(from)), once: once !== undefined };
}

export function breakpointText({ on, name, condition, from, once }: BreakpointParts): string {
  const place = name.trim() === "" ? on : `${on}:${name.trim()}`;
  return [place, condition.trim() === "" ? "" : ` if ${condition.trim()}`, from > 1 ? ` #${from}` : "", once ? " once" : ""].join("");
}

export interface BreakpointRow extends Kept {
  /** In force in the run on show, which is under way. */
  readonly here: boolean;
  /** Kept for the next runs. */
  readonly kept: boolean;
  /** How often it has held the run on show. */
  readonly held: number;
}

/** The person's list, then what only the run on show has. */
export function breakpointRows(list: readonly Kept[], run: Pick<Moment, "status" | "breakpoints" | "holds"> | undefined): BreakpointRow[] {
  const inRun = run && !isOver(run.status) ? run.breakpoints : [];
  const held = (text: string) => run?.holds.filter(({ breakpoint }) => breakpoint === text).length ?? 0;
  const own = list.map(({ text, enabled }) => ({ text, enabled, here: inRun.includes(text), kept: true, held: held(text) }));
  const known = new Set(list.map(({ text }) => text));
  const others = inRun.filter((text) => !known.has(text) && text !== planFirstBreak);
  return [...own, ...others.map((text) => ({ text, enabled: true, here: true, kept: false, held: held(text) }))];
}

/** The texts for a run that is started now. */
export function enabledBreakpoints(): string[] {
  return useBreakpoints.getState().list.flatMap(({ text, enabled }) => (enabled ? [text] : []));
}

/** Takes the line being written, or says in place what is wrong with it. */
export async function addDraft(): Promise<void> {
  const { draft } = useBreakpoints.getState();
  const says = await mistakeIn(draft);
  if (says !== undefined) return useBreakpoints.setState({ says });
  if (await add(breakpointText(draft))) useBreakpoints.setState({ draft: { ...emptyDraft, on: draft.on } });
}

async function mistakeIn(draft: BreakpointParts): Promise<string | undefined> {
  const { name, from } = draft;
  if (/\s/.test(name.trim())) return `"${name.trim()}" is not a name: names have no spaces in them.`;
  if (!Number.isInteger(from) || from < 1) return "The hit to hold from is a whole number, 1 or more.";
  const answer = await call((client) => client.breakpoints.check({ text: breakpointText(draft) }));
  return answer.ok ? (answer.value.mistake ?? undefined) : answer.failure.message;
}

async function add(text: string): Promise<boolean> {
  const { list } = useBreakpoints.getState();
  const kept = list.some((known) => known.text === text);
  useBreakpoints.setState({
    list: kept ? list.map((known) => (known.text === text ? { text, enabled: true } : known)) : [...list, { text, enabled: true }],
  });
  return changeRun((texts) => [...new Set([...texts, text])]);
}

export async function removeBreakpoint(text: string): Promise<void> {
  useBreakpoints.setState(({ list }) => ({ list: list.filter((known) => known.text !== text) }));
  await changeRun((texts) => texts.filter((known) => known !== text));
}

export async function enableBreakpoint(text: string, enabled: boolean): Promise<void> {
  if (enabled) return void (await add(text));
  useBreakpoints.setState(({ list }) => ({
    list: list.some((known) => known.text === text)
      ? list.map((known) => (known.text === text ? { text, enabled } : known))
      : [...list, { text, enabled }],
  }));
  await changeRun((texts) => texts.filter((known) => known !== text));
}

/** Changes the breakpoints of the run on show, if anything can still happen in it. */
async function changeRun(change: (texts: readonly string[]) => string[]): Promise<boolean> {
  const { newest: run } = useRun.getState();
  useBreakpoints.setState({ says: undefined });
  if (!run || isOver(run.status)) return true;
  const answer = await call((client) => client.runs.breakpoints({ run: run.id, breakpoints: change(run.breakpoints) }));
  if (!answer.ok) useBreakpoints.setState({ says: answer.failure.message });
  return answer.ok;
}

/** The breakpoint for a step: before the call of a tool's step, where it can be edited; before any other begins. */
export function breakpointOf(run: Moment | undefined, chosen: string | undefined): string | undefined {
  const id = run && stepShown(run, chosen);
  const plan = run?.revisions.at(-1)?.plan;
  return id && plan && `${definitionOf(plan, id)?.kind === "tool" ? "tool" : "step"}:${id}`;
}

/** Sets the breakpoint, or takes it away where it is in force. */
export async function toggleBreakpoint(text: string): Promise<void> {
  useScreen.setState({ consoleTab: "Breakpoints" });
  const set = useBreakpoints.getState().list.some((known) => known.text === text && known.enabled);
  await (set ? removeBreakpoint(text) : add(text));
}

export async function breakHere(): Promise<void> {
  const { shown, step } = useRun.getState();
  const text = breakpointOf(shown, step);
  if (text !== undefined) await toggleBreakpoint(text);
}
