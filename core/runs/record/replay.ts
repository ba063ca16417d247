// Answers from a record: each call is looked up by its key, compared with what was asked then, and counted.
import { canonicalJson } from "../../contract/canonical-json.ts";
import type { DivergenceCause, ReplayOptions, ReplayReport, StepSource } from "../../contract/replay.ts";
import { RunFold, type EffectState, type RunState, type StepState } from "../../contract/run-state.ts";
import { fail, type Failure, type FailureError } from "../../contract/failure.ts";
import type { ThreadMessage } from "../../models/model.ts";

export class Replay {
  readonly #recorded: RunFold;
  readonly #options: ReplayOptions;
  readonly #denied = new Set<unknown>();
  #report: ReplayReport = { reused: 0, exact: 0, divergent: 0, unmatched: 0, live: 0, edited: 0, firstDivergence: null };

  constructor(recorded: RunState, options: ReplayOptions) {
    this.#recorded = new RunFold(recorded);
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

  /** When the recorded step began; agents then see the same clock. */
  startedAt(step: string): number | undefined {
    return this.#recorded.step(step)?.startedAt ?? undefined;
  }

  /** The conversation that the step's agent heard then. */
  thread(step: string): readonly ThreadMessage[] | undefined {
    const asked = this.#recorded.step(step)?.effects.find(({ call }) => call === "model")?.input;
    return typeof asked === "object" && asked !== null && "thread" in asked ? (asked.thread as readonly ThreadMessage[]) : undefined;
  }

  /** Who did the step then. */
  agent(step: string): string | undefined {
    return this.#recorded.step(step)?.agent ?? undefined;
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

  /** Whether the run ended then while this step still waited for an answer (to the call of this key). */
  cutShort(step: string, key?: string): boolean {
    const then = this.#recorded.step(step);
    if (then?.status !== "running" && then?.status !== "cancelled") return false;
    return key === undefined || !then.effects.some((effect) => effect.key === key && effect.state.is !== "pending");
  }

  /** What came of a step that waits for a person or a time. `asked` is what a person was shown.
   * @throws FailureError what it failed of then, or `conflict` when the record does not hold its end */
  outcome(step: string, asked?: { question: string; proposal: unknown }): unknown {
    const then = this.#recorded.step(step);
    const ended = then?.status === "completed" || then?.status === "failed";
    if (!then || !ended) throw this.#unmatched(step, step);
    const review = this.#recorded.state?.reviews.findLast((known) => known.step === step);
    const same = !asked || !review || canonicalJson([review.question, review.proposal]) === canonicalJson([asked.question, asked.proposal]);
    this.#match(same ? undefined : { step, key: step, cause: "arguments", says: "A person was shown something else then." });
    if (then.failure) throw fail(then.failure.code, then.failure.message, then.failure.remedy);
    return then.output;
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
      const failure = then && failureOfTry(then, key);
      if (!failure) throw this.#unmatched(step, key);
      this.#match();
      throw fail(failure.code, failure.message, failure.remedy);
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
      throw fail(
        "conflict",
        `${divergence.key} is not as recorded: ${divergence.says}`,
        "Use the recorded answer all the same, or make this step live.",
      );
    }
  }

  #unmatched(step: string, key: string): FailureError {
    this.#report = { ...this.#report, unmatched: this.#report.unmatched + 1 };
    this.#diverge(step, key, "code", `The record holds no answer to ${key}.`);
    return fail("conflict", `The record holds no answer to ${key}, and no call may be made.`, "Choose the source live for this step.");
  }

  /** A pure step is done anew; its result should be the recorded one. */
  compare(step: string, output: unknown): void {
    const recorded = this.#recorded.step(step);
    if (recorded?.status !== "completed") return;
    if (canonicalJson(recorded.output) === canonicalJson(output)) {
      this.#report = { ...this.#report, exact: this.#report.exact + 1 };
      return;
    }
    this.#report = { ...this.#report, divergent: this.#report.divergent + 1 };
    const says = `It gave ${short(output)} where ${short(recorded.output)} was recorded.`;
    this.#diverge(step, step, "code", says);
    if (this.#options.onDivergence === "stop") throw fail("conflict", `Step ${step} is not as recorded: ${says}`);
  }

  #diverge(step: string, key: string, cause: DivergenceCause, says: string): void {
    if (!this.#report.firstDivergence) this.#report = { ...this.#report, firstDivergence: { step, key, cause, says } };
  }
}

/** A tool that reads was taken for a pure one by earlier versions: its step's result is the answer. */
function unjournaled({ step, status, effects, output }: StepState, key: string): EffectState | undefined {
  if (step.kind !== "tool" || status !== "completed" || effects.length > 0) return undefined;
  const about = { key, name: step.tool, call: "tool" as const, requestedAt: 0, requestedSeq: 0, input: undefined };
  return { ...about, state: { is: "completed", at: 0, output } };
}

/** What the try that a key belongs to failed of; `s1#2.call` is of the second. */
function failureOfTry({ failures, failure, retries }: StepState, key: string): Failure | undefined {
  const tries = Number(/#(\d+)\.[^/]*$/.exec(key)?.[1] ?? 1);
  return failures[tries - 1] ?? (tries === retries + 1 ? (failure ?? undefined) : undefined);
}

function divergenceOf(recorded: EffectState, input: unknown): { cause: DivergenceCause; says: string } | undefined {
  if (recorded.input === undefined || canonicalJson(recorded.input) === canonicalJson(input)) return undefined;
  if (recorded.call === "tool") {
    return { cause: "arguments", says: `The arguments are ${short(input)}, where ${short(recorded.input)} was recorded.` };
  }
  const then = (recorded.input ?? {}) as Record<string, unknown>;
  const now = (input ?? {}) as Record<string, unknown>;
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

function short(value: unknown): string {
  const text = canonicalJson(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
