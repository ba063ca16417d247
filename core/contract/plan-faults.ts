// What is wrong with a plan's graph: names that stand twice, needs that are not there, circles, too much of it.
import { bodyOf, type Plan, type Step } from "./plan.ts";

const maxSteps = 20_000;
const maxDepth = 8;
/** Levels of JSON, in a step's input as a rule. */
const mostDeep = 200;
/** Names that a body's references and conditions already mean something by. */
const reserved = new Set(["item", "index", "last", "input", "steps", "goal"]);

/** One sentence a fault, with its place; empty when it can run. Shape is `Plan`'s business. */
export function planFaults(plan: Plan): string[] {
  if (isDeeperThan(mostDeep, plan)) return [`The plan holds something that is nested more than ${mostDeep} deep.`];
  const total = countSteps(plan.steps);
  if (total > maxSteps) {
    return [
      `The plan has ${total.toLocaleString("en")} steps; ${maxSteps.toLocaleString("en")} is the limit. A map or a loop repeats steps without writing them out.`,
    ];
  }
  return scopeFaults(plan.steps, { prefix: "", depth: 1, around: undefined });
}

/** Without a call for each level: that is what it is asked about. */
function isDeeperThan(most: number, value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true;
    level = level.flatMap((entry) => (typeof entry === "object" && entry !== null ? (Object.values(entry) as unknown[]) : []));
  }
  return false;
}

function countSteps(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + 1 + countSteps(bodyOf(step)), 0);
}

interface Body {
  readonly prefix: string;
  readonly depth: number;
  /** The step whose body it is; undefined for the plan itself. */
  readonly around: Step | undefined;
}

function scopeFaults(steps: readonly Step[], { prefix, depth, around }: Body): string[] {
  if (depth > maxDepth) return [`Step "${prefix.slice(0, -1)}" lies ${depth} bodies deep; ${maxDepth} is the limit.`];
  const faults: string[] = [];
  const byId = new Map<string, Step>();
  const named = (id: string) => `Step "${prefix}${id}"`;
  const stray = around?.kind === "program" ? undefined : steps.find(({ kind }) => kind === "exchange");
  if (stray) faults.push(`${named(stray.id)} is an exchange, which only a program has.`);
  for (const step of steps) {
    if (byId.has(step.id)) faults.push(`${named(step.id)} stands twice.`);
    if (reserved.has(step.id)) faults.push(`${named(step.id)} has a name that is taken: ${[...reserved].join(", ")}.`);
    byId.set(step.id, step);
  }
  for (const step of steps) {
    for (const need of step.needs) {
      if (!byId.has(need)) faults.push(`${named(step.id)} needs "${need}", which is not in the plan.`);
    }
    for (const target of targetsOf(step)) {
      const found = byId.get(target);
      if (!found) faults.push(`${named(step.id)} leads to "${target}", which is not in the plan.`);
      else if (!found.needs.includes(step.id)) faults.push(`${named(step.id)} leads to "${target}", which does not need it.`);
    }
    if (step.kind === "agent" && !step.agent && !step.capability) faults.push(`${named(step.id)} names neither agent nor capability.`);
    if (step.kind === "wait" && [step.forMs, step.until, step.message].filter((given) => given !== undefined).length !== 1) {
      faults.push(`${named(step.id)} must say one of forMs, until and message.`);
    }
    const inner = step.kind === "race" ? step.steps.find(({ needs }) => needs.length > 0) : undefined;
    if (inner) faults.push(`${named(`${step.id}/${inner.id}`)} is in a race, so it can't need another of its steps.`);
    if (step.kind === "program" && (step.steps.length !== 1 || step.steps[0]?.kind !== "exchange")) {
      faults.push(`${named(step.id)} is a program, so its body must be one exchange.`);
    }
    faults.push(...scopeFaults(bodyOf(step), { prefix: `${prefix}${step.id}/`, depth: depth + 1, around: step }));
  }
  const circle = findCircle(steps, byId);
  if (circle) faults.push(`Steps wait for each other in a circle: ${circle.map((id) => prefix + id).join(" → ")}.`);
  return faults;
}

/** The steps that run only if this one leads to them: a decision's branches, and what follows a failure. */
export function targetsOf(step: Step): readonly string[] {
  const onError = typeof step.onError === "object" ? step.onError.take : [];
  return step.kind === "decide" ? [...step.branches.flatMap(({ take }) => take), ...step.otherwise, ...onError] : onError;
}

function findCircle(steps: readonly Step[], byId: ReadonlyMap<string, Step>): string[] | undefined {
  const waiting = new Map(steps.map((step) => [step.id as string, step.needs.filter((need) => byId.has(need)).length]));
  const users = new Map<string, string[]>();
  for (const step of steps) for (const need of step.needs) users.set(need, [...(users.get(need) ?? []), step.id]);
  const ready = steps.filter((step) => waiting.get(step.id) === 0).map((step) => step.id as string);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    waiting.delete(id);
    for (const user of users.get(id) ?? []) {
      const left = (waiting.get(user) ?? 0) - 1;
      waiting.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  const [first] = waiting.keys();
  if (first === undefined) return undefined;
  const path = [first];
  for (;;) {
    const next = byId.get(path.at(-1) ?? "")?.needs.find((need) => waiting.has(need));
    if (next === undefined) return path;
    const seen = path.indexOf(next);
    path.push(next);
    if (seen >= 0) return path.slice(seen);
  }
}
