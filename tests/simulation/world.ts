// One world made from a seed: a host with a few runs, a person who meddles, a network and a disk that fail, and hosts
// that die. It ends when every run has; what must never happen is looked for all the way.
import type { Event, RunId } from "../../core/contract/index.ts";
import { canonicalJson } from "../../core/contract/canonical-json.ts";
import { fail, failureOf } from "../../core/contract/failure.ts";
import { isOver } from "../../core/contract/run-state.ts";
import { createEngine, type Engine } from "../../core/runs/engine.ts";
import { createMask } from "../../core/security/mask.ts";
import { builtInRules } from "../../core/security/permissions.ts";
import { checkInvariants } from "../../core/runs/invariants.ts";
import { createUndo } from "../../core/runs/undo.ts";
import { openReviews, readFold } from "../../core/runs/tables/lineage.ts";
import { projections } from "../../core/runs/tables/projections.ts";
import { listRuns } from "../../core/runs/tables/run-index.ts";
import { openDatabase, type Database } from "../../core/store/database.ts";
import { openEventLog, type EventLog } from "../../core/store/event-log.ts";
import { migrate } from "../../core/store/migrations.ts";
import { createLog } from "../../core/telemetry/log.ts";
import { createSignals } from "../../core/telemetry/signals.ts";
import { endsDiffer } from "../support/ends.ts";
import { randomOf } from "../support/random.ts";
import { Machine, type Life } from "./machine.ts";
import { Outside, workers } from "./outside.ts";
import { randomPlan } from "./plans.ts";

export interface WorldReport {
  readonly seed: number;
  readonly breaches: readonly string[];
  /** Every event row as it is on disk, hash included. */
  readonly dump: string;
  readonly steps: number;
  readonly hosts: number;
  readonly simulatedMs: number;
}

interface Host {
  readonly life: Life;
  readonly log: EventLog;
  readonly engine: Engine;
}

/** What a person does to a run that makes it another. */
const meddling: ReadonlySet<string> = new Set(["plan.revised", "effect.edited", "run.cancelled"]);
const faultsOfWorld = 3;
const mostTurns = 60_000;

/** `atEnd` sees the log once every run has ended. */
export async function runWorld(seed: number, { atEnd }: { atEnd?: (log: EventLog) => void } = {}): Promise<WorldReport> {
  const random = randomOf(seed);
  const machine = new Machine(random);
  const disk = openDatabase({ file: ":memory:" });
  migrate(disk);
  const outside = new Outside(machine, disk.reader);
  const breaches = outside.breaches;
  const shown = new Map<number, string>();
  const person: Life = { dead: false };
  const personClock = machine.clockOf(person);
  const replays = new Set<RunId>();
  let host: Host | undefined;
  let hosts = 0;
  let faults = faultsOfWorld;
  let full = 0;
  /** At the next commit: before it is on disk, or after. */
  let dieAt: "before" | "after" | undefined;

  function die(life: Life): void {
    life.dead = true;
    host = undefined;
    personClock.after(random.below(3000), boot);
  }

  function diskOf(life: Life): Database {
    return {
      ...disk,
      transact(work) {
        if (life.dead) throw new Error("a dead host writes");
        if (host?.life !== life) return disk.transact(work);
        if (full > machine.now) throw fail("storage.full", "The disk is full.");
        const dying = dieAt;
        dieAt = undefined;
        const result = disk.transact((writer) => {
          const done = work(writer);
          if (dying === "before") {
            die(life);
            throw new Error("died before the commit");
          }
          return done;
        });
        if (dying === "after") {
          die(life);
          throw new Error("died after the commit");
        }
        return result;
      },
    };
  }

  function boot(): void {
    hosts += 1;
    const life: Life = { dead: false };
    const clock = machine.clockOf(life);
    disk.exec("DROP TABLE IF EXISTS temp.open_runs");
    const log = openEventLog({
      db: diskOf(life),
      projections,
      clock,
      chance: machine.chance,
    });
    checkKept(log);
    const engine = createEngine({
      log,
      policy: builtInRules(),
      mask: createMask({}),
      tools: outside.toolsOf(life),
      agents: workers,
      signals: createSignals(),
      telemetry: createLog({ now: clock.now }),
      clock,
      chance: machine.chance,
      simulator: outside.modelOf(life),
      openModel: () => Promise.resolve(outside.modelOf(life)),
    });
    log.onCommit((events) => {
      if (!life.dead) for (const event of events) shown.set(event.seq, canonicalJson(event));
    });
    host = { life, log, engine };
    void createUndo(log).finish().catch(heard);
    void engine.resumeAll("The host was started again.").catch(heard);
  }

  /** A person may be refused, in words; anything else is a bug. */
  function heard(error: unknown): void {
    const { code, message } = failureOf(error);
    if (code === "internal" && !/^(a dead host|died )/.test(message)) breaches.push(`a person was told: ${message}`);
  }

  function checkKept(log: EventLog): void {
    const events = new Map(log.read({ since: 0, limit: 1_000_000 }).map((event) => [event.seq, canonicalJson(event)]));
    for (const [seq, text] of shown) if (events.get(seq) !== text) breaches.push(`event ${seq} was shown and is not there`);
    for (const { name, breach } of checkInvariants(log)) if (breach) breaches.push(`${name}: ${breach}`);
  }

  function meddle({ log, engine }: Host): void {
    const { runs } = listRuns(log.reader, { limit: 100 });
    const run = runs.length === 0 ? undefined : random.pick(runs);
    if (!run) return;
    const act = random.below(11);
    if (act === 0) void engine.pause(run.id).catch(heard);
    if (act === 1) letGoOn(log, engine, run.id);
    if (act === 2 && random.often(0.2)) void engine.cancel(run.id).catch(heard);
    if (act === 3) void engine.setBreakpoints(run.id, ["tool:put if input.n > 50", "agent #2", "budget"]).catch(heard);
    if (act === 4) void engine.patch(run.id, { patch: [added()], reason: "More.", actor: "person" }).catch(heard);
    if (act === 5) void engine.tell(run.id, { name: "go", data: random.below(10) }).catch(heard);
    if (act === 6) answer(log, engine);
    if (act === 9) void engine.approve(run.id).catch(heard);
    if (act === 7 && runs.length < 8) void engine.fork({ run: run.id, edits: [], breakpoints: [] }).catch(heard);
    if (act === 8 && isOver(run.status) && runs.length < 8)
      void engine
        .replay({ run: run.id, options: { otherwise: { is: "recorded" }, steps: {}, onDivergence: "stop" }, breakpoints: [] })
        .then((id) => replays.add(id), heard);
    if (act === 10 && isOver(run.status)) takeBack(log, run);
  }

  /** Lets a held run go on, perhaps with the call that it was held before changed or answered. */
  function letGoOn(log: EventLog, engine: Engine, run: RunId): void {
    const at = readFold(log, run).state?.pause?.at;
    const edits = [{}, { edit: { output: { n: 7 } } }, { edit: { input: { n: random.below(50) } } }];
    const edit = at?.on === "tool" ? random.pick(edits) : {};
    void engine.resume(run, { stepping: random.often(0.3) ? "over" : undefined, ...edit }).catch(heard);
  }

  function takeBack(log: EventLog, { id, undoneTo }: { id: RunId; undoneTo: number | null }): void {
    void createUndo(log)
      .apply(id, undoneTo === null ? "undo" : "redo")
      .catch(heard);
  }

  function added(): Record<string, unknown> {
    const value = { id: `p${random.below(1_000_000)}`, kind: "tool", tool: "put", input: { n: random.below(100) }, needs: [] };
    return { op: "add", path: "/steps/-", value };
  }

  function answer(log: EventLog, engine: Engine): void {
    for (const { id } of openReviews(log)) {
      const decision = random.pick(["approve", "reject", "answer"] as const);
      void engine.decide(id, { decision, answer: { n: 1 }, reason: "" }).catch(heard);
    }
  }

  function trouble(): void {
    if (faults === 0) return;
    faults -= 1;
    const kind = random.below(4);
    if (kind === 0 && host) die(host.life);
    if (kind === 1) dieAt = "before";
    if (kind === 2) dieAt = "after";
    if (kind === 3) full = machine.now + random.below(6000);
  }

  /** In the end everything works again and the person answers whatever is asked. */
  function help({ log, engine }: Host): void {
    answer(log, engine);
    for (const { id, status } of listRuns(log.reader, { limit: 100 }).runs) {
      if (isOver(status)) continue;
      void engine.setBreakpoints(id, []).catch(heard);
      if (status === "paused") letGoOn(log, engine, id);
      if (status === "waiting" || status === "running") void engine.tell(id, { name: "go", data: 1 }).catch(heard);
    }
  }

  boot();
  const size = 6 + random.below(8);
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const plan = randomPlan(random, size);
    const at = random.below(2000);
    const breakpoints = random.often(0.2) ? ["budget", "tool:put if input.n > 60"] : [];
    const about = { goal: "Simulate.", door: "core" as const, workspace: "/", timeZone: "UTC", locale: "en-GB" };
    personClock.after(at, () => {
      void host?.engine.start({ ...about, plan, breakpoints }).catch(heard);
    });
  }
  for (let count = 0; count < 12; count += 1) personClock.after(random.below(20_000), () => host && meddle(host));
  for (let count = 0; count < faultsOfWorld; count += 1) personClock.after(random.below(15_000), trouble);
  personClock.after(30_000, () => void (outside.trouble = 0));
  for (let at = 31_000; at < 400_000; at += 2000) personClock.after(at, () => host && help(host));

  let turns = 0;
  let ended = false;
  while (turns < mostTurns && !ended) {
    turns += 1;
    if (!(await machine.step())) break;
    ended = machine.age > 31_000 && turns % 20 === 0 && host !== undefined && allOver(host.log);
  }
  await machine.step();
  if (!host) throw new Error(`seed ${seed}: no host in the end`);
  checkKept(host.log);
  if (!allOver(host.log)) breaches.push(`not every run came to an end: ${statuses(host.log)}`);
  dieAt = undefined;
  full = 0;
  const { log } = host;
  const events = log.read({ since: 0, limit: 1_000_000 });
  checkCalls(events);
  for (const run of replays) checkReplay(log, run);
  atEnd?.(log);
  checkMessages(log);
  const steps = events.filter(({ type }) => type === "step.completed" || type === "step.failed").length;
  const dump = JSON.stringify(log.reader.all("SELECT seq, run, step, type, at, actor, data, texts, hex(hash) AS hash FROM events"));
  disk.close();
  return { seed, breaches: [...new Set(breaches)], dump, steps, hosts, simulatedMs: machine.age };

  /** One that nobody meddled with ends as what it replays. */
  function checkReplay(log: EventLog, run: RunId): void {
    const again = readFold(log, run).state;
    const origin = again?.origin?.kind === "replay" ? readFold(log, again.origin.run).state : undefined;
    const meddled = log.read({ run, since: 0, limit: 100_000 }).some(({ type, actor }) => actor === "person" && meddling.has(type));
    if (!again || !origin || meddled) return;
    const { divergent, unmatched, firstDivergence } = again.replay ?? { divergent: 1, unmatched: 1 };
    if (divergent + unmatched > 0) breaches.push(`the replay ${run} is not as ${origin.id}: ${JSON.stringify(firstDivergence)}`);
    const differs = endsDiffer(origin, again);
    if (differs) breaches.push(`the replay ${run} did not end as ${origin.id}: ${differs}`);
  }

  /** No more steps ended with a message than messages came, and each with one of its own. */
  function checkMessages(log: EventLog): void {
    for (const { id } of listRuns(log.reader, { limit: 100 }).runs) {
      const state = readFold(log, id).state;
      if (!state || isReplayed(log, id)) continue;
      const taken = state.steps.flatMap(({ step, status, message }) =>
        step.kind === "wait" && step.message !== undefined && status === "completed" ? [message] : [],
      );
      const known = new Set<number | null>(state.received.map(({ seq }) => seq));
      if (new Set(taken).size < taken.length || taken.some((seq) => !known.has(seq)))
        breaches.push(`${id} has ${known.size} messages, and its steps took ${taken.join(", ")}`);
    }
  }

  function checkCalls(events: readonly Event[]): void {
    const approvals = approvalsIn(events);
    for (const [key, arrivals] of outside.arrivals) {
      const [first] = arrivals;
      const [run = ""] = key.split("/");
      if (replays.has(run as RunId)) breaches.push(`the replay ${run} called ${first?.tool ?? ""}`);
      const most = first?.effect === "idempotent" ? Infinity : 1 + (approvals.get(key) ?? 0);
      if (arrivals.length > most) breaches.push(`${key} (${first?.effect ?? ""}) happened ${arrivals.length} times`);
    }
  }
}

/** How often a person let a call be made again, by run and key; what counts is what is in the log. */
function approvalsIn(events: readonly Event[]): ReadonlyMap<string, number> {
  const keys = new Map<string, string>();
  const approvals = new Map<string, number>();
  for (const event of events) {
    if (event.type === "review.requested" && event.data.kind === "effect") {
      keys.set(event.data.review, `${event.run ?? ""}/${(event.data.proposal as { key: string }).key}`);
    }
    const key = event.type === "review.decided" && event.data.decision === "approve" ? keys.get(event.data.review) : undefined;
    if (key !== undefined) approvals.set(key, (approvals.get(key) ?? 0) + 1);
  }
  return approvals;
}

/** It, or what it was forked from, had its messages from a record. */
function isReplayed(log: EventLog, id: RunId): boolean {
  const origin = readFold(log, id).state?.origin;
  return origin?.kind === "replay" || (origin?.kind === "fork" && isReplayed(log, origin.run));
}

function allOver(log: EventLog): boolean {
  return listRuns(log.reader, { limit: 100 }).runs.every(({ status }) => isOver(status));
}

function statuses(log: EventLog): string {
  const { runs } = listRuns(log.reader, { limit: 100 });
  const says = ({ id, status }: { id: RunId; status: string }) => {
    const open = readFold(log, id).state?.steps.filter((step) => step.status === "running" || step.status === "waiting");
    return `${id} is ${status} at ${open?.map((step) => `${step.id} ${step.status}`).join(", ") ?? ""}`;
  };
  return runs
    .filter(({ status }) => !isOver(status))
    .map(says)
    .join("; ");
}
