// Starting a goal from the goal bar.
import { create } from "zustand";
import { maxGoalLength, programOf, type Failure, type RunHead } from "../../core/contract/index.ts";
import { enabledBreakpoints } from "./breakpoints.ts";
import { call } from "./link.ts";
import { planFirstBreak } from "./plan-first.ts";
import { showRun } from "./run.ts";
import { goTo, useScreen } from "./screen.ts";
import { useSteering } from "./steering.ts";

export const useGoal = create<{ readonly failure: Failure | undefined; readonly starting: boolean }>(() => ({
  failure: undefined,
  starting: false,
}));

/** Why a goal can't be started, before the host is asked; undefined when it can. */
export function goalMistake(goal: string): Failure | undefined {
  if (goal.trim() === "") return { code: "input.invalid", message: "Say what you want in a sentence, then press Enter." };
  if (goal.length <= maxGoalLength) return undefined;
  const [length, most] = [goal.length, maxGoalLength].map((count) => count.toLocaleString("en"));
  return {
    code: "input.invalid",
    message: `That is ${length} characters; ${most} is the limit.`,
    remedy: "Put long text into a file and name the file.",
  };
}

/** The same goal once more. What followed a program is started where programs are. */
export async function startAgain({ goal, revisions }: RunHead): Promise<void> {
  const program = programOf(revisions.at(-1)?.plan);
  if (!program) return void (await startGoal(goal));
  const failure: Failure = {
    code: "input.invalid",
    message: "This run followed a program, which is started from a terminal.",
    remedy: `botmojo record -- ${program.command.join(" ")}`,
  };
  useSteering.setState({ failure });
}

export async function startGoal(goal: string): Promise<boolean> {
  const mistake = goalMistake(goal);
  if (mistake) {
    useGoal.setState({ failure: mistake });
    return false;
  }
  useGoal.setState({ failure: undefined, starting: true });
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const door = window.botmojo ? "window" : "browser";
  const breakpoints = [...enabledBreakpoints(), ...(useScreen.getState().planFirst ? [planFirstBreak] : [])];
  const answer = await call((client) => client.runs.start({ goal, door, timeZone, locale: navigator.language, breakpoints }));
  useGoal.setState({ starting: false, failure: answer.ok ? undefined : answer.failure });
  if (!answer.ok) return false;
  useScreen.setState(({ history }) => ({ goal: "", history: [goal, ...history.filter((old) => old !== goal)].slice(0, 100) }));
  goTo("runs");
  showRun(answer.value.run);
  return true;
}
