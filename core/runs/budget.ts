// What a step, a step around it, or the whole run may use up. Looked at before each call.
import { fail } from "../contract/failure.ts";
import type { BudgetPart } from "../contract/events.ts";
import type { StepId } from "../contract/ids.ts";
import { outerIds, type Budget } from "../contract/plan.ts";
import { stateOf, stepOf, type ActiveRun } from "./active-run.ts";
import { pass } from "./hold.ts";
import type { World } from "./scope.ts";

interface Budgeted {
  readonly name: string;
  readonly budget: Budget;
  /** Whose use counts: this step and all inside it; empty for the whole run. */
  readonly prefix: string;
  readonly since: number | null | undefined;
  /** The plan says what is to come of a failure: the step is tried again, or others go on. */
  readonly planned: boolean;
}

/** Returns when the call may be made. A run is held instead of failing where it has a breakpoint on `budget`, or where the
 * host holds at budgets and the plan does not say what comes of a failure; whoever lets it go on lifts that limit.
 * @throws FailureError `budget.exceeded` */
export async function keepBudget(world: World, id: StepId, signal: AbortSignal): Promise<void> {
  const { run, deps } = world;
  // The record says what there was no budget for then, and what a person lifted.
  if (run.replay?.isRecorded(id)) return;
  for (const budgeted of budgetsAround(world, id)) {
    for (const { of, used, limit, says } of exceeded(world, budgeted)) {
      if (isLifted(run, budgeted, of)) continue;
      const because = !budgeted.planned && deps.holdsAtBudget?.() ? `${budgeted.name} has ${says}. Let it go on to lift that.` : undefined;
      const { held } = await pass(run, { on: "budget", step: id, name: of, input: { used, limit } }, signal, because);
      if (!held) throw fail("budget.exceeded", `${budgeted.name} has ${says}.`, "Raise the budget, or set a breakpoint on budget.");
      await run.note([{ run: run.id, step: stepOfBudget(budgeted), actor: "person", type: "budget.lifted", data: { of } }]);
    }
  }
}

/** Asked in the same turn as the call is asked for, so that calls side by side can't all take the last place. */
export function isSpent(world: World, id: StepId): boolean {
  if (world.run.replay?.isRecorded(id)) return false;
  return budgetsAround(world, id).some((budgeted) => exceeded(world, budgeted).some(({ of }) => !isLifted(world.run, budgeted, of)));
}

function isLifted(run: ActiveRun, budgeted: Budgeted, part: BudgetPart): boolean {
  return stateOf(run).lifted.some(({ step, of }) => of === part && step === stepOfBudget(budgeted));
}

function stepOfBudget({ prefix }: Budgeted): StepId | null {
  return prefix === "" ? null : (prefix as StepId);
}

function budgetsAround({ run }: World, id: string): Budgeted[] {
  const around = [id, ...outerIds(id)].toReversed();
  const budgets = around.flatMap((name): Budgeted[] => {
    const known = stepOf(run, name);
    if (!known?.step.budget) return [];
    const { budget, onError, retry } = known.step;
    const planned = onError !== "fail" || retry !== undefined;
    return [{ name: `Step ${name}`, budget, prefix: name, since: known.startedAt, planned }];
  });
  const { revisions, startedAt } = stateOf(run);
  const whole = revisions.at(-1)?.plan.budget;
  return whole ? [...budgets, { name: "The run", budget: whole, prefix: "", since: startedAt, planned: false }] : budgets;
}

function exceeded({ run, deps }: World, { budget, prefix, since }: Budgeted) {
  const its = stateOf(run).steps.filter(({ id }) => prefix === "" || id === prefix || id.startsWith(`${prefix}/`));
  const tokens = its.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0);
  const microUsd = its.reduce((sum, { usage }) => sum + (usage.microUsd ?? 0), 0);
  const journaled = its.reduce((sum, { effects }) => sum + effects.filter(({ call }) => call === "tool").length, 0);
  const pure = its.filter(({ step, effects, status }) => step.kind === "tool" && effects.length === 0 && status === "completed").length;
  const calls = journaled + pure;
  const now = deps.clock.now();
  const ms = now - (since ?? now);
  const found: { of: BudgetPart; used: number; limit: number; says: string }[] = [];
  const over = (of: BudgetPart, used: number, limit: number | undefined, says: string) => {
    if (limit !== undefined && used >= limit) found.push({ of, used, limit, says });
  };
  over("tokens", tokens, budget.tokens, `used ${tokens} of ${budget.tokens ?? 0} tokens`);
  over("cost", microUsd, budget.microUsd, `spent $${dollars(microUsd)} of $${dollars(budget.microUsd ?? 0)}`);
  over("calls", calls, budget.calls, `made ${calls} of ${budget.calls ?? 0} tool calls`);
  over("time", ms, budget.timeMs, `taken ${(ms / 1000).toFixed(1)} of ${(budget.timeMs ?? 0) / 1000} s`);
  return found;
}

function dollars(microUsd: number): string {
  return (microUsd / 1_000_000).toFixed(4);
}
