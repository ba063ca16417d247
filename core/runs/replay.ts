// Answers from a record: each call is looked up by its key, compared with what was asked then, and counted.
import { canonicalJson } from "../contract/canonical-json.ts";
import type { DivergenceCause, ReplayOptions, ReplayReport, StepSource } from "../contract/replay.ts";
import { RunFold, type EffectState, type RunState } from "../contract/run-state.ts";
import { fail } from "../contract/failure.ts";

export class Replay {
  readonly #recorded: RunFold;
  readonly #options: ReplayOptions;
  #report: ReplayReport = { reused: 0, exact: 0, divergent: 0, unmatched: 0, live: 0, edited: 0, firstDivergence: null };

  constructor(recorded: RunState, options: ReplayOptions) {
    this.#recorded = new RunFold(recorded);
    this.#options = options;
  }

  get report(): ReplayReport {
    return this.#report;
  }

  source(step: string): StepSource {
    return this.#options.steps[step] ?? this.#options.otherwise;
  }

  /** When the recorded step began; agents then see the same clock. */
  startedAt(step: string): number | undefined {
    return this.#recorded.step(step)?.startedAt ?? undefined;
  }

  /** Where the recorded run's past begins; the conversation is read as it was then. */
  get firstSeq(): number | undefined {
    return this.#recorded.state?.firstSeq;
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
    const found = this.#recorded.step(step)?.effects.find((effect) => effect.key === key);
    if (!found || found.state.is === "pending") {
      this.#report = { ...this.#report, unmatched: this.#report.unmatched + 1 };
      this.#diverge(step, key, "code", `The record holds no answer to ${key}.`);
      throw fail("conflict", `The record holds no answer to ${key}, and no call may be made.`, "Choose the source live for this step.");
    }
    const divergence = divergenceOf(found, input);
    const { reused, exact, divergent } = this.#report;
    this.#report = {
      ...this.#report,
      reused: reused + 1,
      exact: exact + (divergence ? 0 : 1),
      divergent: divergent + (divergence ? 1 : 0),
    };
    if (divergence) {
      this.#diverge(step, key, divergence.cause, divergence.says);
      if (this.#options.onDivergence === "stop") {
        throw fail(
          "conflict",
          `${key} is not as recorded: ${divergence.says}`,
          "Use the recorded answer all the same, or make this step live.",
        );
      }
    }
    return found;
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

function divergenceOf(recorded: EffectState, input: unknown): { cause: DivergenceCause; says: string } | undefined {
  if (canonicalJson(recorded.input) === canonicalJson(input)) return undefined;
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
