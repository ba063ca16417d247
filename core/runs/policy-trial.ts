// A rule tried against the past before it is kept: what it would have done to calls that were made or denied.
import type { Agent } from "../agents/agent.ts";
import type { Event } from "../contract/events.ts";
import type { PolicyRule, PolicyTrial } from "../contract/policy.ts";
import type { Policy } from "../security/permissions.ts";
import type { EventLog } from "../store/event-log.ts";
import { callFacts, fit } from "../tools/call-facts.ts";
import type { Tool } from "../tools/tool.ts";

const mostCalls = 1000;
const mostShown = 20;

/** Judges the newest calls of tools (1,000 at most) with the person's rules as they are and with one more.
 * Files are resolved as they lie now, and where a call's arguments came from is not asked again. */
export function tryRule(
  { log, policy, tools, agents }: { log: EventLog; policy: Policy; tools: ReadonlyMap<string, Tool>; agents: ReadonlyMap<string, Agent> },
  rule: PolicyRule,
): PolicyTrial {
  const trial: PolicyTrial = { calls: 0, allow: 0, ask: 0, deny: 0, changed: [], changes: 0 };
  const workspaces = new Map<string, string>();
  for (const { run, seq, tool: name, agent, input } of pastCalls(log)) {
    const fitting = fit(tools, name, input);
    const workspace = workspaceOf(log, run, workspaces);
    if (!fitting.ok || workspace === undefined) continue;
    const granted = agent === "plan" ? undefined : agents.get(agent)?.tools;
    const facts = callFacts(fitting, { agent, granted, workspace, taint: () => [] });
    const now = policy.judge(facts);
    const tried = policy.judgeWith(rule, facts);
    trial.calls += 1;
    trial[tried.leave] += 1;
    if (now.leave === tried.leave) continue;
    trial.changes += 1;
    if (trial.changed.length < mostShown) trial.changed.push({ run, seq, tool: name, agent, input, now: now.leave, tried });
  }
  return trial;
}

interface PastCall {
  readonly run: NonNullable<Event["run"]>;
  readonly seq: number;
  readonly tool: string;
  readonly agent: string;
  readonly input: unknown;
}

/** Newest first. */
function* pastCalls({ reader, read }: EventLog): Generator<PastCall> {
  const found = reader.all<{ seq: number }>(
    `SELECT seq FROM events WHERE type = 'tool.denied' OR (type = 'effect.requested' AND json_extract(data, '$.call') = 'tool')
     ORDER BY seq DESC LIMIT ?`,
    mostCalls,
  );
  for (const { seq } of found) {
    const [event] = read({ since: seq - 1, limit: 1 });
    if (!event?.run || (event.type !== "effect.requested" && event.type !== "tool.denied")) continue;
    const agent = event.actor.startsWith("agent:") ? event.actor.slice("agent:".length) : "plan";
    const tool = event.type === "tool.denied" ? event.data.tool : event.data.name;
    yield { run: event.run, seq, tool, agent, input: event.data.input };
  }
}

function workspaceOf({ read }: EventLog, run: PastCall["run"], known: Map<string, string>): string | undefined {
  if (!known.has(run)) {
    const [first] = read({ run, since: 0, limit: 1 });
    if (first?.type === "run.started") known.set(run, first.data.workspace);
  }
  return known.get(run);
}
