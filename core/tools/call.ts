// The one path of every tool call: check the input → ask policy → ask a person where it says so → record → run, in time →
// take the secrets out of what came of it → record that.
import { canonicalJson } from "../contract/canonical-json.ts";
import type { EventData, NewEvent } from "../contract/events.ts";
import { fail, failureOf } from "../contract/failure.ts";
import type { ItemId, ReviewId, RunId, StepId } from "../contract/ids.ts";
import type { ToolOutcome } from "../models/model.ts";
import type { PolicyRule, Verdict } from "../contract/policy.ts";
import type { Mask } from "../security/mask.ts";
import type { CallPolicy } from "../security/permissions.ts";
import type { CallFacts } from "../security/policy.ts";
import type { EventLog } from "../store/event-log.ts";
import type { Clock, TimeLimit } from "../system/clock.ts";
import { callFacts, fit, type Fitting } from "./call-facts.ts";
import type { Tool, ToolContext } from "./tool.ts";

export interface CallSite {
  readonly run: RunId;
  readonly step: StepId;
  /** `agent:finance`, or `host` for a tool step of the plan. */
  readonly actor: string;
  readonly agent: string;
  readonly granted: readonly string[] | undefined;
  /** Unique within the run; the same call has the same key after a restart. */
  readonly key: string;
  /** The call was asked for before a restart and its result is not in the log. */
  readonly interrupted: boolean;
  /** It has its leave: it was asked for before a restart, or a person has just said that it is to be made once more. */
  readonly letThrough: boolean;
  /** A pure step of the plan writes no events of its own: its step's end says it all. */
  readonly journaled: boolean;
  readonly now: number;
  readonly timeZone: string;
  readonly workspace: string;
  /** What a person said of this run's calls alone. */
  readonly rules: readonly PolicyRule[];
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  readonly newItemId: () => ItemId;
  /** The events of a change to the plan. */
  readonly revise: (patch: readonly Record<string, unknown>[], reason: string) => NewEvent[];
  /** Where what the caller was told comes from, other than from the person. */
  readonly taint: () => readonly string[];
  /** Undefined while the call may be made; else resolves once a person has lifted the limit. Rejects where nobody can. */
  readonly overBudget: () => Promise<void> | undefined;
  /** Sleeps until a person has decided about exactly this call. */
  readonly ask: (asked: AskedCall) => Promise<Answer>;
  /** Sleeps until a person has answered what the call asks in its midst. */
  readonly askInMidst: ToolContext["ask"];
  /** Hashes of what this call was to make of the file each time it kept it, before a restart too. */
  readonly keptAs: (path: string) => readonly string[];
}

/** A call that needs a person's leave. */
export interface AskedCall {
  readonly name: string;
  readonly input: unknown;
  readonly facts: CallFacts;
  readonly verdict: Verdict;
}

/** `input`: what a person let through, changed perhaps. `output`: what they answered in its place. */
export type Answer =
  | { readonly is: "allowed"; readonly input: unknown; readonly review: ReviewId }
  | { readonly is: "answered"; readonly output: unknown; readonly review: ReviewId }
  | { readonly is: "refused"; readonly reason: string };

const longestMs = 120_000;
export const mostSources = 20;

/** Never throws for what a tool does wrong: that is an outcome, for the model or the plan to deal with.
 * @throws FailureError only when the log itself can't be written */
export async function callTool(
  deps: Pick<EventLog, "reader" | "append" | "note"> & {
    tools: ReadonlyMap<string, Tool>;
    policy: CallPolicy;
    mask: Mask;
    clock: Clock;
  },
  site: CallSite,
  name: string,
  rawInput: unknown,
): Promise<ToolOutcome> {
  const { run, step, actor, key } = site;
  const about = { run, step, actor };
  const deny = async (rule: string, reason: string): Promise<ToolOutcome> => {
    await deps.note([{ ...about, type: "tool.denied", data: { tool: name, rule, reason, input: rawInput ?? null, key } }]);
    return { ok: false, failure: { code: "denied", message: reason } };
  };

  const fitting = fit(deps.tools, name, rawInput);
  if (!fitting.ok) return fitting;
  const { tool } = fitting;
  const asked = leaveFor(deps, site, fitting);
  const leave = asked instanceof Promise ? await asked : asked;
  if ("ok" in leave) return leave;
  if ("denied" in leave) return deny(leave.denied, leave.reason);
  const { input, allowed, answered } = leave;
  // In one turn of the event loop with the request, so that calls side by side can't all take the last place.
  for (let over = site.overBudget(); over; over = site.overBudget()) await over;
  const effect = { key, name, call: "tool" as const };
  if (site.journaled && !site.interrupted) {
    const kind = tool.effectOf(input);
    const asked: NewEvent = { ...about, type: "effect.requested", data: { ...effect, effect: kind, input, allowed } };
    // A look waits too: what earlier steps kept is to be seen once it is on disk, not before.
    await (kind === "pure" ? deps.note([asked]) : deps.append([asked]));
  }
  if (answered) {
    const { output } = answered;
    await deps.note([{ ...about, type: "effect.completed", data: { ...effect, output: output ?? null, source: "edited" } }]);
    return { ok: true, output };
  }
  const learned: NewEvent[] = [];
  const read: string[] = [];
  const source = tool.source(input);
  // What goes wrong is told in words from there too.
  const from = () => deps.mask(comesFrom(source === undefined ? read : [source, ...read]));
  const learn: ToolContext["learn"] = (body, words) => {
    const item = site.newItemId();
    learned.push({ ...about, type: "item.learned", data: { item, body, words, ...comesFrom(site.taint()) } });
    return item;
  };
  const endReminder: ToolContext["endReminder"] = (item, how) =>
    void learned.push({ ...about, type: "reminder.over", data: { item, how } });
  const limit = lateLimit(deps.clock, site.signal);
  try {
    const context: ToolContext = {
      key: `${run}/${key}`,
      run,
      reader: deps.reader,
      now: site.now,
      timeZone: site.timeZone,
      workspace: site.workspace,
      learn,
      endReminder,
      progress: (text) => site.progress(deps.mask(text)),
      reach: (host) => deps.policy.reach(callFacts({ tool, input }, site), host),
      cameFrom: (sources) => void read.push(...sources),
      ask: (asked) => limit.held(() => site.askInMidst(deps.mask(asked))),
      revise(patch, reason) {
        const events = site.revise(patch, reason);
        learned.push(...events);
        return events.reduce((newest, { type, data }) => (type === "plan.revised" ? data.revision : newest), 0);
      },
      async keepFile(change) {
        if (site.keptAs(change.path).at(-1) === change.after) return;
        await deps.append([{ ...about, type: "file.kept", data: { key, ...change } }]);
      },
      begunAs: (path) => site.keptAs(path)[0],
      get signal() {
        return limit.signal();
      },
    };
    const running = tool.run(input, context);
    const output = deps.mask((running instanceof Promise ? await untilAborted(running, limit.signal()) : running) ?? null);
    if (site.journaled) await deps.note([...learned, { ...about, type: "effect.completed", data: { ...effect, output, ...from() } }]);
    return { ok: true, output };
  } catch (error) {
    if (site.signal.aborted) throw error;
    const failure = limit.passed()
      ? fail("timeout", `${name} took longer than ${longestMs / 1000} s.`).failure
      : deps.mask(failureOf(error));
    if (site.journaled) await deps.note([{ ...about, type: "effect.failed", data: { ...effect, failure, ...from() } }]);
    return { ok: false, failure };
  } finally {
    limit.stop();
  }
}

interface Leave {
  readonly input: unknown;
  readonly allowed: EventData<"effect.requested">["allowed"];
  readonly answered?: { readonly output: unknown };
}

type Said = Leave | { readonly denied: string; readonly reason: string } | Extract<ToolOutcome, { ok: false }>;
interface Ruled {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly policy: CallPolicy;
}

/** What policy and, where it asks, a person say of a call. What they let through is what was shown to them: when a link on
 * the way was turned meanwhile, it is another call, and asked about anew. At once where nobody is asked. */
function leaveFor(deps: Ruled, site: CallSite, fitting: Fitting): Said | Promise<Said> {
  const facts = callFacts(fitting, site);
  const verdict = deps.policy.judge(facts);
  const { rule, reason } = verdict;
  if (verdict.leave === "deny") return { denied: rule, reason };
  if (verdict.leave === "ask" && !site.letThrough) return leaveOfPerson(deps, site, fitting);
  return { input: fitting.input, allowed: { rule, policy: verdict.policy } };
}

async function leaveOfPerson({ tools, policy }: Ruled, site: CallSite, first: Fitting): Promise<Said> {
  const { name } = first.tool;
  let fitting = first;
  let shown: { facts: CallFacts; review: ReviewId } | undefined;
  for (;;) {
    const { input } = fitting;
    const facts = callFacts(fitting, site);
    const verdict = policy.judge(facts);
    const allowed = { rule: verdict.rule, policy: verdict.policy };
    if (verdict.leave === "deny") return { denied: verdict.rule, reason: verdict.reason };
    if (verdict.leave === "allow") return { input, allowed };
    if (shown && canonicalJson(shown.facts) === canonicalJson(facts)) return { input, allowed: { ...allowed, review: shown.review } };
    const answer = await site.ask({ name, input, facts, verdict });
    if (answer.is === "refused") return { denied: "person", reason: answer.reason };
    if (answer.is === "answered") {
      const { output, review } = answer;
      return { input, allowed: { ...allowed, review }, answered: { output } };
    }
    const again = fit(tools, name, answer.input);
    if (!again.ok) return again;
    fitting = again;
    // A person's own change is what they want; only what is denied can still stop it.
    shown = { facts: canonicalJson(answer.input) === canonicalJson(input) ? facts : callFacts(again, site), review: answer.review };
  }
}

function comesFrom(sources: readonly string[]): { from?: string[] } {
  return sources.length === 0 ? {} : { from: [...new Set(sources)].slice(0, mostSources) };
}

interface LateLimit extends Pick<TimeLimit, "passed" | "stop"> {
  signal(): AbortSignal;
  /** The time stands still while this goes on, and begins anew after. */
  held<T>(work: () => Promise<T>): Promise<T>;
}

/** Made when first asked for: a tool that answers at once needs no timer. */
function lateLimit(clock: Clock, outer: AbortSignal): LateLimit {
  const over = new AbortController();
  let signal: AbortSignal | undefined;
  let holders = 0;
  let ended = false;
  let stop = () => {};
  const start = () => {
    if (!ended) stop = clock.after(longestMs, () => over.abort());
  };
  return {
    signal() {
      if (!signal) {
        signal = AbortSignal.any([outer, over.signal]);
        start();
      }
      return signal;
    },
    passed: () => over.signal.aborted,
    stop() {
      ended = true;
      stop();
    },
    async held(work) {
      holders += 1;
      stop();
      try {
        return await work();
      } finally {
        holders -= 1;
        if (holders === 0) start();
      }
    },
  };
}

async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(fail("cancelled", "It was cancelled."));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
