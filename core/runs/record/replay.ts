// Answers from a record: each call is looked up by its key, compared with what was asked then, and counted.
import { canonicalJson, shortJson } from "../../contract/canonical-json.ts";
import type { DivergenceCause, ReplayOptions, ReplayReport, StepSource } from "../../contract/replay.ts";
import { RunFold, type EffectState, type PlanRevision, type StepState } from "../../contract/run-state.ts";
import { FailureError, type Failure } from "../../contract/failure.ts";
import type { ThreadMessage } from "../../models/model.ts";
import { requestDifference } from "../programs/request-difference.ts";
import { planToReplay, type RecordedRun } from "./recorded-run.ts";

/** Something is not as recorded. */
export class Divergence extends FailureError {}

/** The record ends here, because something around the step ended then. */
export class CutShort extends FailureError {}

export interface RecordedRevision extends PlanRevision {
  /** A person froze it then. */
  readonly approved: boolean;
}

export class Replay {
  readonly #recorded: RunFold;
  readonly #revisedBy: RecordedRun["revisedBy"];
  readonly #failedBy: RecordedRun["failedBy"];
  readonly #options: ReplayOptions;
  /** Steps that wait until nothing else is under way, with the event that ended them, or something around them. */
  readonly waiting = new Map<string, number>();
  /** Steps that are about to say how they ended. */
  readonly ending = new Set<string>();
  readonly #denied = new Set<unknown>();
  #report: ReplayReport = { reused: 0, exact: 0, divergent: 0, unmatched: 0, live: 0, edited: 0, firstDivergence: null };

  constructor({ state, revisedBy, failedBy }: RecordedRun, options: ReplayOptions) {
    this.#recorded = new RunFold(state);
    this.#revisedBy = revisedBy;
    this.#failedBy = failedBy;
    this.#options = options;
  }

  get report(): ReplayReport {
    return this.#report;
  }

  /** A result that a person had put in is put in again. */
  source(step: string): StepSource {
    const chosen = this.#options.steps[step] ?? this.#options.otherwise;
    const then = this.#recorded.step(step);
    if (chosen.is !== "recorded" || !then || then.status !== "completed") return chosen;
    return then.source === "edited" || then.source === "static" ? { is: then.source, output: then.output } : chosen;
  }

  /** Whether a step, with all that is inside it, is to end as it did then. */
  isRecorded(step: string): boolean {
    return this.source(step).is === "recorded" && !Object.keys(this.#options.steps).some((other) => other.startsWith(`${step}/`));
  }

  /** The step has said how it ended, or has been stopped. */
  leave(step: string): void {
    this.waiting.delete(step);
    this.ending.delete(step);
  }

  /** The turns of a program, in the order in which they began. */
  turnsOf(program: string): RecordedTurn[] {
    const inside = (this.#recorded.state?.steps ?? []).filter(({ id, step }) => step.kind === "exchange" && id.startsWith(`${program}/`));
    return inside
      .map(({ id, effects: [first] }) => {
        const { call = "model", name = "", input } = first ?? {};
        return { turn: Number(id.split("/").at(-2)), call, name, input, at: first?.requestedSeq ?? 0 };
      })
      .toSorted((a, b) => a.at - b.at);
  }

  /** What was asked by the call of this key. */
  askedThen(step: string, key: string): Pick<EffectState, "call" | "name" | "input"> | undefined {
    return this.#recorded.step(step)?.effects.find((effect) => effect.key === key);
  }

  /** When the recorded step began; agents then see the same clock. */
  startedAt(step: string): number | undefined {
    return this.#recorded.step(step)?.startedAt ?? undefined;
  }

  /** The conversation that the agent of this try heard then. */
  thread(step: string, tries: number): readonly ThreadMessage[] | undefined {
    const then = this.#recorded.step(step);
    return then && heardInTry(then, tries);
  }

  /** Who did this try of the step then. */
  agent(step: string, tries: number): string | undefined {
    const then = this.#recorded.step(step);
    return then && (agentOfTry(then, tries) ?? then.agent ?? undefined);
  }

  /** The plans that a call made then, which this run, of so many revisions, does not have yet. */
  revisionsBy(key: string, made: number): readonly RecordedRevision[] {
    return this.#revisionsUpTo(this.#revisedBy.get(key) ?? 0, made);
  }

  /** The plans that were made then by calls that are not made again, such as those of a race that was lost. */
  revisionsLeft(made: number): readonly RecordedRevision[] {
    const { otherwise, steps } = this.#options;
    const wholly = otherwise.is === "recorded" && Object.keys(steps).length === 0;
    return wholly ? this.#revisionsUpTo(Infinity, made) : [];
  }

  #revisionsUpTo(newest: number, made: number): readonly RecordedRevision[] {
    const { state } = this.#recorded;
    if (!state) return [];
    const reached = (planToReplay(state)?.revision ?? 0) + made - 1;
    return state.revisions
      .filter(({ revision }) => revision > reached && revision <= newest)
      .map((one) => ({ ...one, approved: state.approved?.revision === one.revision }));
  }

  /** Which of a race's steps was the fastest then: time is not run again. */
  winner(race: string): string | undefined {
    const output = this.source(race).is === "recorded" ? this.#recorded.step(race)?.output : undefined;
    return typeof output === "object" && output !== null && "winner" in output ? String(output.winner) : undefined;
  }

  /** The arguments of a call as a person changed them then. */
  editedInput(key: string, input: unknown): unknown {
    const edit = this.#recorded.state?.edits[key];
    return edit && "input" in edit ? edit.input : input;
  }

  /** Whether the record has a call of this key. */
  holds(step: string, key: string): boolean {
    return this.#recorded.step(step)?.effects.some((effect) => effect.key === key) ?? false;
  }

  /** The denial of a call then. Older logs name the tool alone: theirs are taken in turn. */
  denial(step: string, key: string, tool: string): { readonly rule: string; readonly reason: string } | undefined {
    const denials = this.#recorded.step(step)?.denials ?? [];
    const found = denials.find((denial) => (denial.key === null ? denial.tool === tool && !this.#denied.has(denial) : denial.key === key));
    if (!found) return undefined;
    this.#denied.add(found);
    this.#match();
    return found;
  }

  /** Whether the step had no end then (and the call of this key no answer): something around it ended before. */
  isOpen(step: string, key?: string): boolean {
    const then = this.#recorded.step(step);
    if (then && then.status !== "running" && then.status !== "cancelled" && then.status !== "waiting") return false;
    return key === undefined || !then?.effects.some((effect) => effect.key === key && effect.state.is !== "pending");
  }

  /** The event of then that ended the nearest that is around a step, without which it would have gone on. */
  endedAround(step: string): number {
    return this.failedBy(this.#failedAround(step)?.id ?? "") ?? Infinity;
  }

  /** The event of then by which the step failed for good. */
  failedBy(step: string): number | undefined {
    return this.#recorded.step(step)?.status === "failed" ? this.#failedBy.get(step) : undefined;
  }

  /** What ends a step that had no end then, once nothing else goes on. */
  openEnd(step: string, key: string): FailureError {
    const cut = this.#failedAround(step) !== undefined || this.#recorded.state?.status === "cancelled";
    return cut ? new CutShort({ code: "cancelled", message: "The record ends here." }) : this.#unmatched(step, key);
  }

  #failedAround(step: string): StepState | undefined {
    const parts = step.split("/");
    const outer = parts.map((_, index) => parts.slice(0, index).join("/")).toReversed();
    return outer.map((id) => this.#recorded.step(id)).find((then) => then?.status === "failed");
  }

  retriesThen(step: string): number {
    return this.#recorded.step(step)?.retries ?? 0;
  }

  /** What the step failed of then: in this one of its tries, or in the end. */
  failureThen(step: string, tries?: number): Failure | undefined {
    const then = this.#recorded.step(step);
    if (!then) return undefined;
    return tries === undefined ? (then.failure ?? undefined) : failureOfTry(then, tries);
  }

  /** What came of a step that waits for a person or a time. `asked` is what a person was shown.
   * @throws FailureError what this try failed of then, or `conflict` when the record does not hold its end */
  outcome(step: string, tries: number, asked?: { question: string; proposal: unknown }): unknown {
    const then = this.#recorded.step(step);
    const ended = then?.status === "completed" || then?.status === "failed";
    if (!then || !ended) throw this.#unmatched(step, step);
    const review = this.#recorded.state?.reviews.findLast((known) => known.step === step);
    const same = !asked || !review || canonicalJson([review.question, review.proposal]) === canonicalJson([asked.question, asked.proposal]);
    this.#match(same ? undefined : { step, key: step, cause: "arguments", says: "A person was shown something else then." });
    const failure = failureOfTry(then, tries);
    if (failure) throw new FailureError(failure);
    return then.output;
  }

  /** What a person said then of a step outside the plan they had approved; null when they were not asked, undefined
   * when they never answered. */
  permission(step: string, shown: unknown): { readonly refused: boolean; readonly reason: string } | null | undefined {
    const about = (proposal: unknown) => typeof proposal === "object" && proposal !== null && "kind" in proposal && "id" in proposal;
    const asked = this.#recorded.state?.reviews.find(
      (review) => review.step === step && review.kind === "step" && about(review.proposal) && review.question.includes("approved"),
    );
    if (!asked) {
      // What was itself replayed tells of the refusal alone.
      const then = this.#recorded.step(step);
      const denied = then?.startedAt === null && then.failure?.code === "denied" ? then.failure : undefined;
      return denied ? { refused: true, reason: denied.message } : null;
    }
    if (!asked.decided) return undefined;
    const same = canonicalJson(asked.proposal) === canonicalJson(shown);
    this.#match(same ? undefined : { step, key: step, cause: "arguments", says: "A person was shown another step then." });
    return { refused: asked.decided.decision === "reject", reason: asked.decided.reason };
  }

  count(what: "live" | "edited"): void {
    this.#report = { ...this.#report, [what]: this.#report[what] + 1 };
  }

  /** Whether the record holds this call, asked otherwise, or does not hold it. */
  differs(step: string, key: string, input: unknown): boolean {
    const found = this.#recorded.step(step)?.effects.find((effect) => effect.key === key);
    return !found || divergenceOf(found, input) !== undefined;
  }

  /** The recorded answer to a call.
   * @throws FailureError `conflict` when the record has none, or (unless it is to be used all the same) when something
   * else was asked then; it names the place and the cause */
  answer(step: string, key: string, input: unknown): EffectState {
    const then = this.#recorded.step(step);
    const found = then?.effects.find((effect) => effect.key === key) ?? (then && unjournaled(then, key));
    if (!found || found.state.is === "pending") {
      // The call was given up: the time was over, or the host stopped too often.
      const failure = then && failureOfTry(then, tryOf(key));
      if (!failure) throw this.#unmatched(step, key);
      this.#match();
      throw new FailureError(failure);
    }
    const divergence = divergenceOf(found, input);
    this.#match(divergence && { step, key, ...divergence });
    return found;
  }

  /** Counts an answer from the record.
   * @throws FailureError `conflict` when something else was asked and that is to stop the replay */
  #match(divergence?: { step: string; key: string; cause: DivergenceCause; says: string }): void {
    const { reused, exact, divergent } = this.#report;
    this.#report = {
      ...this.#report,
      reused: reused + 1,
      exact: exact + (divergence ? 0 : 1),
      divergent: divergent + (divergence ? 1 : 0),
    };
    if (!divergence) return;
    this.#diverge(divergence.step, divergence.key, divergence.cause, divergence.says);
    if (this.#options.onDivergence === "stop") {
      throw new Divergence({
        code: "conflict",
        message: `${divergence.key} is not as recorded: ${divergence.says}`,
        remedy: "Use the recorded answer all the same, or make this step live.",
      });
    }
  }

  #unmatched(step: string, key: string): FailureError {
    this.#report = { ...this.#report, unmatched: this.#report.unmatched + 1 };
    this.#diverge(step, key, "code", `The record holds no answer to ${key}.`);
    return new Divergence({
      code: "conflict",
      message: `The record holds no answer to ${key}, and no call may be made.`,
      remedy: "Choose the source live for this step.",
    });
  }

  /** A pure step is done anew; it should come to the recorded result, or to `failure`.
   * @throws Divergence when it did not and that is to stop the replay */
  compare(step: string, output: unknown, failure?: Failure): void {
    const recorded = this.#recorded.step(step);
    if (!failure && recorded?.status !== "completed" && recorded?.status !== "skipped") return;
    if (!failure && recorded?.status === "completed" && canonicalJson(recorded.output) === canonicalJson(output)) {
      this.#report = { ...this.#report, exact: this.#report.exact + 1 };
      return;
    }
    const then = failure
      ? `it failed (${failure.message}) then`
      : `${recorded?.status === "skipped" ? "nothing" : shortJson(recorded?.output)} was recorded`;
    this.#differ(step, `It gave ${shortJson(output)} where ${then}.`);
  }

  /** A step that fails should have failed then, in the same try, of the same; `wholly` in the same words.
   * @throws Divergence */
  compareFailure(step: string, tries: number, { failure, wholly }: { failure: Failure; wholly: boolean }): void {
    const then = this.failureThen(step, tries);
    if (then && then.code === failure.code && (!wholly || then.message === failure.message)) return;
    this.#differ(step, `It failed (${failure.message}) where ${then ? `"${then.message}"` : "no failure"} was recorded.`);
  }

  /** A step that is passed over should have been passed over then.
   * @throws Divergence */
  compareSkip(step: string, reason: string): void {
    const recorded = this.#recorded.step(step);
    if (recorded?.status !== "completed" && recorded?.status !== "failed") return;
    this.#differ(step, `It was passed over (${reason}) where it was done then.`);
  }

  #differ(step: string, says: string): void {
    this.#report = { ...this.#report, divergent: this.#report.divergent + 1 };
    this.#diverge(step, step, "code", says);
    if (this.#options.onDivergence === "stop")
      throw new Divergence({ code: "conflict", message: `Step ${step} is not as recorded: ${says}` });
  }

  #diverge(step: string, key: string, cause: DivergenceCause, says: string): void {
    if (!this.#report.firstDivergence) this.#report = { ...this.#report, firstDivergence: { step, key, cause, says } };
  }
}

/** A request of an outside program. */
export interface RecordedTurn extends Pick<EffectState, "call" | "name" | "input"> {
  readonly turn: number;
}

/** A tool that reads was taken for a pure one by earlier versions: its step's result is the answer. */
function unjournaled({ step, status, effects, output }: StepState, key: string): EffectState | undefined {
  if (step.kind !== "tool" || status !== "completed" || effects.length > 0) return undefined;
  const about = { key, name: step.tool, call: "tool" as const, requestedAt: 0, requestedSeq: 0, input: undefined };
  return { ...about, state: { is: "completed", at: 0, output } };
}

/** `s1#2.call` is of the second try. */
function tryOf(key: string): number {
  return Number(/#(\d+)\.[^/]*$/.exec(key)?.[1] ?? 1);
}

function failureOfTry({ failures, failure, retries }: StepState, tries: number): Failure | undefined {
  return failures[tries - 1] ?? (tries === retries + 1 ? (failure ?? undefined) : undefined);
}

/** The agent whose turns a try holds, by what its model was asked. */
export function agentOfTry(step: StepState, tries: number): string | undefined {
  const agent = askedInTry(step, tries)?.["agent"];
  return typeof agent === "string" ? agent : undefined;
}

/** The conversation that the agent of a try heard; it may have changed since. */
export function heardInTry(step: StepState, tries: number): readonly ThreadMessage[] | undefined {
  return askedInTry(step, tries)?.["thread"] as readonly ThreadMessage[] | undefined;
}

function askedInTry({ effects }: StepState, tries: number): Record<string, unknown> | undefined {
  const asked = effects.find(({ call, key }) => call === "model" && tryOf(key) === tries)?.input;
  return typeof asked === "object" && asked !== null ? (asked as Record<string, unknown>) : undefined;
}

function divergenceOf(recorded: EffectState, input: unknown): { cause: DivergenceCause; says: string } | undefined {
  if (recorded.input === undefined || canonicalJson(recorded.input) === canonicalJson(input)) return undefined;
  if (recorded.call === "tool") {
    return { cause: "arguments", says: `The arguments are ${shortJson(input)}, where ${shortJson(recorded.input)} was recorded.` };
  }
  const then = (recorded.input ?? {}) as Record<string, unknown>;
  const now = (input ?? {}) as Record<string, unknown>;
  const byProgram = requestDifference(then, now);
  if (byProgram) return byProgram;
  const causes: readonly [string, DivergenceCause, string][] = [
    ["instructions", "prompt", "The agent's instructions have changed."],
    ["thread", "memory", "The conversation before it is another."],
    ["brief", "tool result", "What earlier steps gave it has changed."],
    ["turns", "tool result", "A tool has answered otherwise in an earlier turn."],
    ["tools", "code", "The agent has other tools."],
  ];
  const first = causes.find(([field]) => canonicalJson(then[field]) !== canonicalJson(now[field]));
  return first ? { cause: first[1], says: first[2] } : { cause: "code", says: "The request has changed." };
}
