// The one path of every tool call: check the input → ask policy → record → run, in time → record what came of it.
import type { NewEvent } from "../contract/events.ts";
import { fail, failureOf, type Failure } from "../contract/failure.ts";
import type { ItemId, RunId, StepId } from "../contract/ids.ts";
import type { ToolOutcome } from "../models/model.ts";
import { judge, policyVersion } from "../security/policy.ts";
import { resolveInWorkspace } from "../security/workspace.ts";
import type { EventLog } from "../store/event-log.ts";
import { limitTime, type Clock, type TimeLimit } from "../system/clock.ts";
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
  /** A pure step of the plan writes no events of its own: its step's end says it all. */
  readonly journaled: boolean;
  readonly now: number;
  readonly timeZone: string;
  readonly workspace: string;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  readonly newItemId: () => ItemId;
  /** The events of a change to the plan. */
  readonly revise: (patch: readonly Record<string, unknown>[], reason: string) => NewEvent[];
  /** Whether this call has kept the file already, before a restart. */
  readonly hasKept: (path: string) => boolean;
}

const longestMs = 120_000;

/** Never throws for what a tool does wrong: that is an outcome, for the model or the plan to deal with.
 * @throws FailureError only when the log itself can't be written */
export async function callTool(
  deps: Pick<EventLog, "reader" | "append" | "note"> & { tools: ReadonlyMap<string, Tool>; clock: Clock },
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
  const { tool, input } = fitting;
  const paths = tool.touches(input).map((asked) => ({ asked, ...resolveInWorkspace(site.workspace, asked) }));
  const { agent, granted, workspace } = site;
  const verdict = judge({ agent, granted, tool: name, writes: tool.writes, paths, workspace });
  if (!verdict.allow) return deny(verdict.rule, verdict.reason);
  if (site.journaled && !site.interrupted) {
    const allowed = { rule: verdict.rule, policy: policyVersion };
    const asked: NewEvent = { ...about, type: "effect.requested", data: { key, name, call: "tool", effect: tool.effect, input, allowed } };
    // A look waits too: what earlier steps kept is to be seen once it is on disk, not before.
    await (tool.effect === "pure" ? deps.note([asked]) : deps.append([asked]));
  }
  const learned: NewEvent[] = [];
  const learn: ToolContext["learn"] = (body, words) => {
    const item = site.newItemId();
    learned.push({ ...about, type: "item.learned", data: { item, body, words } });
    return item;
  };
  const limit = lateLimit(deps.clock, site.signal);
  try {
    const context: ToolContext = {
      key: `${run}/${key}`,
      reader: deps.reader,
      now: site.now,
      timeZone: site.timeZone,
      workspace,
      learn,
      progress: site.progress,
      revise(patch, reason) {
        const events = site.revise(patch, reason);
        learned.push(...events);
        return events.reduce((newest, { type, data }) => (type === "plan.revised" ? data.revision : newest), 0);
      },
      async keepFile(change) {
        if (!site.hasKept(change.path)) await deps.append([{ ...about, type: "file.kept", data: { key, ...change } }]);
      },
      get signal() {
        return limit.signal();
      },
    };
    const running = tool.run(input, context);
    const output = (running instanceof Promise ? await untilAborted(running, limit.signal()) : running) ?? null;
    if (site.journaled) await deps.note([...learned, { ...about, type: "effect.completed", data: { key, name, call: "tool", output } }]);
    return { ok: true, output };
  } catch (error) {
    if (site.signal.aborted) throw error;
    const failure = limit.passed() ? fail("timeout", `${name} took longer than ${longestMs / 1000} s.`).failure : failureOf(error);
    if (site.journaled) await deps.note([{ ...about, type: "effect.failed", data: { key, name, call: "tool", failure } }]);
    return { ok: false, failure };
  } finally {
    limit.stop();
  }
}

/** The tool and its arguments as its schema reads them, or why there can be no such call. */
export function fit(
  tools: ReadonlyMap<string, Tool>,
  name: string,
  rawInput: unknown,
): { ok: true; tool: Tool; input: unknown } | { ok: false; failure: Failure } {
  const tool = tools.get(name);
  if (!tool) return { ok: false, failure: { code: "not.found", message: `There is no tool called ${name}.` } };
  const checked = tool.input.safeParse(rawInput);
  if (checked.success) return { ok: true, tool, input: checked.data };
  const [issue] = checked.error.issues;
  const message = `${name}: ${issue?.path.join(".") || "input"} ${issue?.message ?? "is not valid"}.`;
  return { ok: false, failure: { code: "input.invalid", message } };
}

/** Made when first asked for: a tool that answers at once needs no timer. */
function lateLimit(clock: Clock, outer: AbortSignal): { signal(): AbortSignal } & Pick<TimeLimit, "passed" | "stop"> {
  let limit: TimeLimit | undefined;
  return {
    signal: () => (limit ??= limitTime(clock, longestMs, outer)).signal,
    passed: () => limit?.passed() ?? false,
    stop: () => limit?.stop(),
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
