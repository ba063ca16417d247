// What must always be true of a log and its tables, checked over the whole of it (`botmojo doctor --verify`).
import type { Event } from "../contract/events.ts";
import type { RunId } from "../contract/ids.ts";
import { isOver } from "../contract/run-state.ts";
import type { EventLog } from "../store/event-log.ts";
import { planHash } from "./revise.ts";
import { readFold } from "./tables/lineage.ts";
import { listRuns } from "./tables/run-index.ts";

export interface Invariant {
  readonly name: string;
  /** The first breach, with its place; undefined when it holds. */
  readonly breach: string | undefined;
}

/** Reads every event once, folds every run, and makes every table anew to compare. There are no leases and no signed
 * heads yet, so nothing is said of them. */
export function checkInvariants(log: EventLog): Invariant[] {
  const breaches = new Map<string, string>();
  const breach = (name: string, says: string) => void (breaches.has(name) || breaches.set(name, says));
  const asked = new Set<string>();
  const answered = new Set<string>();
  const decided = new Set<string>();
  const reviews = new Set<string>();
  const over = new Set<string>();
  const unjudged = new Map<string, string>();
  const used = new Set<string>();
  const calls = newCallCount();
  let judging = false;
  for (const event of log.walk({})) {
    const at = `event ${event.seq}`;
    // A record of what happened elsewhere: it was checked when it was taken, and the chain has kept it since.
    if (event.recorded || event.type === "run.imported" || event.type === "run.removed") continue;
    const run = event.run ?? "";
    if (over.has(run) && !event.type.startsWith("undo.")) breach(names.final, `${at} (${event.type}) comes after the end of ${run}`);
    if (event.type === "effect.requested") {
      const { key, call, allowed } = event.data;
      if (answered.has(`${run} ${key}`)) breach(names.again, `${at} asks for ${key}, which has its answer`);
      asked.add(`${run} ${key}`);
      // Logs of schema 1 name no rule.
      judging ||= allowed !== undefined;
      if (allowed?.review) {
        if (used.has(allowed.review)) breach(names.leave, `${at} uses the leave of ${allowed.review} a second time`);
        used.add(allowed.review);
      }
      if (allowed && (allowed.rule === "" || allowed.policy === "")) breach(names.judged, `${at} names no rule, or no policy`);
      // A program outside judges its tools itself.
      if (judging && call === "tool" && !allowed && event.actor !== "agent:program") unjudged.set(`${run} ${key}`, `${at} asks for ${key}`);
    }
    if (event.type === "effect.completed" || event.type === "effect.failed") {
      const key = `${run} ${event.data.key}`;
      if (!asked.has(key)) breach(names.intent, `${at} answers ${event.data.key}, which was not asked for`);
      if (answered.has(key)) breach(names.once, `${at} answers ${event.data.key} a second time`);
      answered.add(key);
      const unasked = unjudged.get(key);
      if (unasked && event.type === "effect.completed" && !event.data.source)
        breach(names.judged, `${unasked} without a rule that lets it`);
    }
    const unapproved = calls.take(event);
    if (unapproved) breach(names.unapproved, `${at} calls ${unapproved} again without a new approval`);
    const secret = secretIn(event);
    if (secret) breach(names.secrets, `${at} holds ${secret}`);
    if (event.type === "review.requested") reviews.add(event.data.review);
    if (event.type === "review.decided") {
      if (!reviews.has(event.data.review)) breach(names.asked, `${at} decides ${event.data.review}, which nobody asked`);
      if (decided.has(event.data.review)) breach(names.approval, `${at} decides ${event.data.review} a second time`);
      decided.add(event.data.review);
    }
    if (event.type === "run.completed" || event.type === "run.failed" || event.type === "run.cancelled") over.add(run);
  }
  const stale = log.staleTable();
  if (stale) breach(names.rebuilt, `the table ${stale} is not what the events make of it`);
  const chain = log.verify();
  if (chain) breach(names.chain, `event ${chain.seq}: ${chain.why}`);
  for (const { id, status, lastSeq } of everyRun(log)) {
    const state = readFold(log, id).state;
    if (state?.status !== status || state.lastSeq !== lastSeq) {
      breach(names.rebuilt, `${id} is ${status} in the table and ${state?.status ?? "nothing"} by its events`);
    }
    const approved = state?.approved;
    const frozen = approved && state.revisions.find(({ revision }) => revision === approved.revision);
    if (approved && (!frozen || planHash(frozen.plan) !== approved.hash)) breach(names.frozen, `that of ${id} is another`);
    if (state && isOver(state.status) && state.endedAt === null) breach(names.rebuilt, `${id} has ended at no time`);
  }
  return Object.values(names).map((name) => ({ name, breach: breaches.get(name) }));
}

const names = {
  chain: "events follow each other without a gap, and none was changed",
  intent: "every answer of an effect was asked for before",
  judged: "no tool was called without a rule and a policy that let it",
  secrets: "no event holds a key",
  once: "every effect was answered once",
  asked: "every decision answers a question",
  approval: "every question was decided once",
  leave: "a person's leave was used for one call",
  again: "no call was made again after its answer",
  unapproved: "a call that must not happen twice was made once, and once more for each approval",
  frozen: "an approved plan is the one that was approved",
  final: "a run that has ended says nothing more, unless it is undone",
  rebuilt: "the tables are what the events make them",
} as const;

/** Counts the calls that must not happen twice, and what a person approved of them. */
function newCallCount(): { take(event: Event): string | undefined } {
  const made = new Map<string, number>();
  const approved = new Map<string, number>();
  const questions = new Map<string, string>();
  const more = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1).get(key) ?? 0;
  return {
    /** The call that this event makes once more than it may be. */
    take(event) {
      const run = event.run ?? "";
      if (event.type === "review.requested" && event.data.kind === "effect") {
        const { proposal } = event.data;
        if (typeof proposal === "object" && proposal !== null && "key" in proposal)
          questions.set(event.data.review, `${run} ${String(proposal.key)}`);
      }
      if (event.type === "review.decided" && event.data.decision === "approve") {
        const key = questions.get(event.data.review);
        if (key !== undefined) more(approved, key);
      }
      if (event.type !== "effect.requested" || (event.data.effect !== "at-most-once" && event.data.effect !== "unsafe")) return undefined;
      const key = `${run} ${event.data.key}`;
      return more(made, key) > 1 + (approved.get(key) ?? 0) ? event.data.key : undefined;
    },
  };
}

/** Keys by the shapes that their makers gave them. */
const keyShapes: readonly (readonly [string, RegExp])[] = [
  ["an OpenAI or Anthropic key", /\bsk-[A-Za-z0-9_-]{0,60}[A-Za-z0-9]{20,}/],
  ["a GitHub token", /\bgh[pousr]_[A-Za-z0-9]{36,}/],
  ["an AWS key", /\bAKIA[0-9A-Z]{16}\b/],
  ["a private key", /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/],
];

function secretIn(event: Event): string | undefined {
  const text = JSON.stringify(event.data);
  return keyShapes.find(([, shape]) => shape.test(text))?.[0];
}

function* everyRun(log: EventLog): Generator<{ id: RunId; status: string; lastSeq: number }> {
  for (let before: number | undefined; ;) {
    const { runs } = listRuns(log.reader, { limit: 1000, before });
    yield* runs;
    const last = runs.at(-1);
    if (!last) return;
    before = last.firstSeq;
  }
}
