// What agents may do with tools, the rules that say so, and a rule that a person is about to add.
import { create } from "zustand";
import {
  isOver,
  type Failure,
  type Leave,
  type Moment,
  type ModelsView,
  type PolicyMatrix,
  type PolicyRule,
  type PolicySetView,
  type PolicyTrial,
  type RunId,
  type SandboxReport,
} from "../../core/contract/index.ts";
import { call, keepStreaming } from "./link.ts";
import { useRun } from "./run.ts";

/** What a rule may look at beside the agent and the tool, as its fields are named. */
export const ruleParts = ["paths", "hosts", "command", "if"] as const;
export type RulePart = (typeof ruleParts)[number];

export interface RuleDraft {
  readonly decide: Leave;
  readonly tool: string;
  readonly agent: string;
  /** Which calls: all, or those that fit `text`. */
  readonly part: RulePart | undefined;
  readonly text: string;
  /** The run that it is for alone. */
  readonly run: RunId | undefined;
}

interface Permissions {
  readonly matrix: PolicyMatrix | undefined;
  readonly sets: readonly PolicySetView[];
  readonly sandbox: SandboxReport | undefined;
  readonly models: ModelsView | undefined;
  readonly failure: Failure | undefined;
  readonly draft: RuleDraft | undefined;
  /** What the draft would have done to past calls; undefined while that is being found out. */
  readonly trial: PolicyTrial | undefined;
  /** Why the draft is no rule, or could not be added. */
  readonly says: Failure | undefined;
}

export const usePermissions = create<Permissions>(() => ({
  matrix: undefined,
  sets: [],
  sandbox: undefined,
  models: undefined,
  failure: undefined,
  draft: undefined,
  trial: undefined,
  says: undefined,
}));

export async function readPermissions(): Promise<void> {
  const answer = await call((client) => Promise.all([client.policy.matrix({}), client.policy.show({}), client.models.show()]));
  if (answer.ok)
    usePermissions.setState({ matrix: answer.value[0], sets: answer.value[1].sets, models: answer.value[2], failure: undefined });
  else usePermissions.setState({ failure: answer.failure });
}

/** The run on show, while rules can still hold for it. */
export function runUnderWay({ newest } = useRun.getState()): Moment | undefined {
  return newest && !isOver(newest.status) ? newest : undefined;
}

/** Keeps them read while the screen is on show. Returns its stop. */
export function followPermissions(): () => void {
  return keepStreaming(async (client, signal) => {
    const trying = client.tools.sandbox().then((sandbox) => usePermissions.setState({ sandbox }));
    await Promise.all([readPermissions(), trying.catch(() => {})]);
    while (!signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      if (!signal.aborted && !document.hidden) await readPermissions();
    }
  });
}

/** The rule that a draft stands for. */
export function ruleOf({ decide, tool, agent, part, text }: RuleDraft): PolicyRule {
  const words = text.trim();
  return { decide, tool, agent, ...(part === undefined || words === "" ? {} : { [part]: words }) };
}

export function openRule(tool: string, agent: string, decide: Leave): void {
  write({ decide, tool, agent, part: undefined, text: "", run: undefined });
}

export function changeRule(change: Partial<RuleDraft>): void {
  const { draft } = usePermissions.getState();
  if (draft) write({ ...draft, ...change });
}

export function closeRule(): void {
  clearTimeout(asking);
  usePermissions.setState({ draft: undefined, trial: undefined, says: undefined });
}

let asking: ReturnType<typeof setTimeout> | undefined;
const typingMs = 200;

function write(draft: RuleDraft): void {
  clearTimeout(asking);
  usePermissions.setState({ draft, trial: undefined, says: undefined });
  asking = setTimeout(() => void tryDraft(draft), typingMs);
}

async function tryDraft(draft: RuleDraft): Promise<void> {
  const answer = await call((client) => client.policy.try({ rule: ruleOf(draft) }));
  if (usePermissions.getState().draft !== draft) return;
  usePermissions.setState(answer.ok ? { trial: answer.value } : { says: answer.failure });
}

/** Adds the draft to the person's rules. */
export async function addRule(): Promise<void> {
  const { draft } = usePermissions.getState();
  if (!draft) return;
  const answer = await call((client) => client.policy.add({ rule: ruleOf(draft), ...(draft.run ? { run: draft.run } : {}) }));
  if (!answer.ok) return usePermissions.setState({ says: answer.failure });
  closeRule();
  await readPermissions();
}

/** Takes the person's rule with this number, from 1, out; or one of a run alone. */
export async function removeRule(number: number, run?: RunId): Promise<void> {
  const answer = await call((client) => client.policy.remove({ number, ...(run ? { run } : {}) }));
  if (!answer.ok) usePermissions.setState({ failure: answer.failure });
  await readPermissions();
}
