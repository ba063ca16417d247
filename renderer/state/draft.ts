// A plan as a person is changing it: the text is what counts, the graph is drawn from it, and nothing typed is lost.
import { createPatch, type Operation } from "rfc6902";
import { create } from "zustand";
import { faultSentence, isOver, Plan, type Failure, type RunId, type Moment } from "../../core/contract/index.ts";
import { goOn } from "./held.ts";
import { readJson, writeJson } from "./json-draft.ts";
import { call } from "./link.ts";
import { changesInWords, planChanges } from "./plan-edits.ts";
import { heldByPlanFirst } from "./plan-first.ts";
import { showRun, useRun } from "./run.ts";
import { steer } from "./steering.ts";

export interface Draft {
  /** The run whose plan it is; undefined while none is being edited. */
  readonly run: RunId | undefined;
  readonly base: Plan | undefined;
  readonly revision: number;
  readonly text: string;
  /** The newest text that was a plan. */
  readonly plan: Plan | undefined;
  readonly past: readonly string[];
  readonly future: readonly string[];
  readonly form: "graph" | "json";
  readonly reason: string;
  /** What is wrong with it, a sentence each. */
  readonly mistakes: readonly string[];
  readonly failure: Failure | undefined;
  readonly step: string | undefined;
}

const nothing: Draft = {
  run: undefined,
  base: undefined,
  revision: 0,
  text: "",
  plan: undefined,
  past: [],
  future: [],
  form: "graph",
  reason: "",
  mistakes: [],
  failure: undefined,
  step: undefined,
};

export const useDraft = create<Draft>(() => nothing);

const keptDrafts = new Map<RunId, Draft>();

useRun.subscribe(({ id, newest }, before) => {
  const draft = useDraft.getState();
  if (id !== before.id && draft.run !== undefined) {
    keptDrafts.set(draft.run, draft);
    useDraft.setState(nothing);
  }
  if (newest && newest.pause !== before.newest?.pause && heldByPlanFirst(newest) && draft.run === undefined) openDraft();
});

/** Opens the newest plan of the run on show, or the draft that was left there. */
export function openDraft(form: Draft["form"] = useDraft.getState().form): void {
  const { newest } = useRun.getState();
  const revision = newest?.revisions.at(-1);
  if (!newest || !revision || useDraft.getState().run === newest.id) return useDraft.setState({ form });
  const kept = keptDrafts.get(newest.id);
  if (kept) return useDraft.setState({ ...kept, form });
  const { plan, revision: number } = revision;
  useDraft.setState({ ...nothing, run: newest.id, base: plan, revision: number, text: writeJson(plan), plan, form });
}

/** Puts the draft away; what was changed is there again when it is opened next. */
export function leaveDraft(): void {
  const draft = useDraft.getState();
  if (draft.run && draft.past.length > 0) keptDrafts.set(draft.run, draft);
  useDraft.setState(nothing);
}

function endDraft(): void {
  const { run } = useDraft.getState();
  if (run) keptDrafts.delete(run);
  useDraft.setState(nothing);
}

/** Back to the newest plan; undo goes over this too. */
export function startOver(): void {
  const revision = useRun.getState().newest?.revisions.at(-1);
  if (revision) changeDraft(() => revision.plan);
}

export type ReadPlan = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly says: string };

export function readPlan(text: string): ReadPlan {
  const json = readJson(text);
  if (!json.ok) return json;
  const read = Plan.safeParse(json.value);
  if (read.success) return { ok: true, plan: read.data };
  return { ok: false, says: `This is not a plan yet: ${faultSentence(read.error.issues, json.value, "it")}` };
}

/** Keystrokes within this are undone together. */
const togetherMs = 800;
let lastTyped = 0;

export function writeDraft(text: string): void {
  const now = Date.now();
  const together = now - lastTyped < togetherMs;
  lastTyped = now;
  useDraft.setState((state) =>
    text === state.text ? {} : { ...read(text), past: together ? state.past : [...state.past, state.text], future: [] },
  );
  void check();
}

/** A change made in the graph: a step of its own in what can be undone. */
export function changeDraft(change: (plan: Plan) => Plan): void {
  useDraft.setState(({ plan, text, past }) => {
    if (!plan) return {};
    lastTyped = 0;
    return { ...read(writeJson(change(plan))), past: [...past, text], future: [] };
  });
  void check();
}

function read(text: string): Pick<Draft, "text" | "mistakes" | "failure"> & Partial<Draft> {
  const made = readPlan(text);
  return { text, failure: undefined, mistakes: made.ok ? [] : [made.says], ...(made.ok ? { plan: made.plan } : {}) };
}

export function undoDraft(): void {
  useDraft.setState(({ past, future, text }) => {
    const last = past.at(-1);
    return last === undefined ? {} : { ...read(last), past: past.slice(0, -1), future: [text, ...future] };
  });
  void check();
}

export function redoDraft(): void {
  useDraft.setState(({ past, future, text }) => {
    const [next, ...rest] = future;
    return next === undefined ? {} : { ...read(next), past: [...past, text], future: rest };
  });
  void check();
}

const checkAfterMs = 250;
let asked = 0;

/** The host says what keeps the plan from running, once the typing rests. */
async function check(): Promise<void> {
  asked += 1;
  const mine = asked;
  await new Promise((resolve) => setTimeout(resolve, checkAfterMs));
  const { text, run } = useDraft.getState();
  const made = readPlan(text);
  if (mine !== asked || run === undefined || !made.ok) return;
  const answer = await call((client) => client.plans.check({ plan: made.plan }));
  if (mine === asked && answer.ok) useDraft.setState({ mistakes: answer.value.mistakes });
}

/** Steps that are not to be changed: they have begun, and the run is still under way. */
export function lockedSteps(run: Moment | undefined): ReadonlySet<string> {
  if (!run || isOver(run.status)) return new Set();
  return new Set([...run.statuses].flatMap(([id, status]) => (status === "waiting" || id.includes("/") ? [] : id)));
}

/** Sends the draft to the run; a run that has ended is left as it is, and another is started with the plan. */
export async function applyDraft(): Promise<void> {
  const { newest } = useRun.getState();
  const made = readPlan(useDraft.getState().text);
  if (newest && isOver(newest.status) && made.ok) return startWith(newest, made.plan);
  if (!newest || !(await sendDraft(newest))) return;
  endDraft();
  if (heldByPlanFirst(newest)) await goOn();
}

/** Freezes the plan as it stands, or as it was just changed: what is not in it asks before it is done. */
export async function approvePlan(): Promise<void> {
  const { newest } = useRun.getState();
  if (!newest || !heldByPlanFirst(newest)) return;
  const { id: run } = newest;
  if (useDraft.getState().run === run) {
    if (!(await sendDraft(newest))) return;
    endDraft();
  }
  await steer((client) => client.runs.approve({ run }));
}

/** Makes the draft the run's plan. False when it is none, or was refused; the words stand at the draft then. */
async function sendDraft(newest: Moment): Promise<boolean> {
  const { text, base, reason, run } = useDraft.getState();
  const made = readPlan(text);
  if (!made.ok) useDraft.setState({ mistakes: [made.says] });
  if (!made.ok || !base || run !== newest.id) return false;
  const current = newest.revisions.at(-1)?.plan ?? base;
  const operations = createPatch(current, made.plan);
  if (operations.length > 0) {
    const words = changesInWords(planChanges(current, made.plan)) ?? "the plan changed";
    const patch = (operations.length > mostOperations ? wholePatch(current, made.plan) : operations).map((each) => ({ ...each }));
    const why = reason.trim() || `By hand: ${words}.`;
    const answer = await call((client) => client.runs.patch({ run: newest.id, patch, reason: why }));
    if (!answer.ok) useDraft.setState({ failure: answer.failure });
    return answer.ok;
  }
  return true;
}

const mostOperations = 1000;

function wholePatch(before: Plan, after: Plan): Operation[] {
  const others = createPatch({ ...before, steps: [] }, { ...after, steps: [] });
  return [...others, { op: "replace", path: "/steps", value: after.steps }];
}

async function startWith({ goal, workspace }: Moment, plan: Plan): Promise<void> {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const door = window.botmojo ? "window" : "browser";
  const answer = await call((client) => client.runs.start({ goal, plan, door, workspace, timeZone, locale: navigator.language }));
  if (!answer.ok) return useDraft.setState({ failure: answer.failure });
  endDraft();
  showRun(answer.value.run);
}
