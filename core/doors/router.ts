// The contract's handlers, a line or few each: what is asked, of which room.
import { implement, ORPCError, ValidationError } from "@orpc/server";
import type { z } from "zod";
import { agentCard } from "../agents/agent.ts";
import { settingsSchema } from "../config/config.ts";
import { fail, failureOf, type Failure } from "../contract/failure.ts";
import { faultSentence } from "../contract/faults.ts";
import type { RunId } from "../contract/ids.ts";
import { contract } from "../contract/rpc.ts";
import { listItems, recallItems } from "../memory/items.ts";
import { getReminder, listReminders } from "../memory/reminders.ts";
import { findModels } from "../models/find.ts";
import { lineage, openReviews, pastOf } from "../runs/tables/lineage.ts";
import { openMoments } from "../runs/tables/moment.ts";
import { outlineOf } from "../runs/tables/outline.ts";
import { countTo, seqAt } from "../runs/tables/places.ts";
import { breakpointMistake } from "../runs/breakpoints.ts";
import { planMistakes } from "../runs/plan-check.ts";
import { removeRun } from "../runs/record/remove-run.ts";
import { getRun, listRuns } from "../runs/tables/run-index.ts";
import { tryRule } from "../runs/policy-trial.ts";
import { toolView } from "../tools/tool.ts";
import { completeLine } from "./console/complete.ts";
import { runLine } from "./console/line.ts";
import { showModels } from "./models.ts";
import { addRule, explainCall, policyMatrix, readRuleOf, removeRule, showPolicy } from "./policy.ts";
import { openProgram } from "./programs.ts";
import type { CoreClient, Rooms } from "./rooms.ts";
import { exportPieces, followEvents, followLines, hostStatus, watchHost, watchReminders, watchRuns } from "./streams.ts";

export function createRouter(rooms: Rooms, self: () => CoreClient) {
  const { log, engine, config, telemetry } = rooms;
  const { reader } = log;
  const moments = openMoments(log);
  const wireError = (error: unknown, path: string) => {
    const failure = refusalOf(error) ?? failureOf(error);
    if (failure.code === "internal") telemetry.error("doors", `${path}: ${failure.message}`);
    return new ORPCError("FAILURE", { defined: true, status: 400, message: failure.message, data: failure });
  };
  const os = implement(contract).use(async ({ next, path }) => {
    try {
      return await next();
    } catch (error) {
      throw wireError(error, path.join("."));
    }
  });
  /** A stream that may fail in its midst, which the call's own end no longer sees. */
  const streamed = async function* <T>(steps: AsyncGenerator<T, void>, path: string): AsyncGenerator<T, void> {
    try {
      yield* steps;
    } catch (error) {
      throw wireError(error, path);
    }
  };
  const known = (run: RunId) => {
    const summary = getRun(reader, run);
    if (!summary) throw fail("not.found", `There is no run ${run}.`, "botmojo runs ls lists them.");
    return summary;
  };
  const alive = (signal: AbortSignal | undefined) => AbortSignal.any([rooms.closing, ...(signal ? [signal] : [])]);

  return os.router({
    host: {
      status: os.host.status.handler(() => hostStatus(rooms)),
      watch: os.host.watch.handler(({ signal }) => watchHost(rooms, alive(signal))),
    },
    runs: {
      start: os.runs.start.handler(async ({ input }) => {
        const { workspace, timeZone, locale } = rooms.person();
        const where = { workspace: input.workspace ?? workspace, timeZone: input.timeZone ?? timeZone };
        for (const [index, rule] of (input.rules ?? []).entries()) readRuleOf(rooms, rule, `Rule ${index + 1}`);
        return { run: await engine.start({ ...input, ...where, locale: input.locale ?? locale }) };
      }),
      list: os.runs.list.handler(({ input }) => listRuns(reader, input)),
      get: os.runs.get.handler(({ input }) => known(input.run)),
      at: os.runs.at.handler(({ input }) => {
        known(input.run);
        return moments.at(input);
      }),
      steps: os.runs.steps.handler(({ input }) => {
        known(input.run);
        return moments.steps(input);
      }),
      outline: os.runs.outline.handler(({ input: { run, to } }) => outlineOf(log, run, to)),
      places: os.runs.places.handler(({ input: { run, seqs } }) => {
        const past = pastOf(reader, run);
        return seqs.map((seq) => countTo(reader, past, seq));
      }),
      watch: os.runs.watch.handler(({ input, signal }) => watchRuns(rooms, input.since, alive(signal))),
      cancel: os.runs.cancel.handler(async ({ input }) => ({ cancelled: await engine.cancel(input.run) })),
      pause: os.runs.pause.handler(async ({ input }) => ({ paused: await engine.pause(input.run) })),
      resume: os.runs.resume.handler(async ({ input }) => ({ resumed: await engine.resume(input.run, input) })),
      breakpoints: os.runs.breakpoints.handler(async ({ input: { run, breakpoints } }) => {
        await engine.setBreakpoints(run, breakpoints);
        return { breakpoints };
      }),
      fork: os.runs.fork.handler(async ({ input }) => ({
        run: await engine.fork({ ...input, edits: input.edits.map(({ step, output }) => ({ step, output })) }),
      })),
      undo: os.runs.undo.handler(({ input: { run, direction, to, dryRun } }) =>
        dryRun ? rooms.undo.plan(run, direction, to) : rooms.undo.apply(run, direction, to),
      ),
      replay: os.runs.replay.handler(async ({ input }) => ({ run: await engine.replay(input) })),
      patch: os.runs.patch.handler(async ({ input: { run, patch, reason } }) => ({
        revision: await engine.patch(run, { patch, reason, actor: "person" }),
      })),
      approve: os.runs.approve.handler(async ({ input }) => ({ revision: await engine.approve(input.run) })),
      export: os.runs.export.handler(({ input }) => exportPieces(rooms, input.run)),
      import: os.runs.import.handler(({ input }) => rooms.importer.take(input)),
      remove: os.runs.remove.handler(({ input }) => removeRun(log, input.run)),
      tell: os.runs.tell.handler(async ({ input: { run, name, data } }) => {
        await engine.tell(run, { name, data });
        return { sent: true };
      }),
    },
    programs: {
      open: os.programs.open.handler(({ input, signal }) => openProgram(rooms, input, alive(signal))),
      ended: os.programs.ended.handler(({ input: { run, ...end } }) => {
        const session = rooms.programs.get(run);
        session?.end(end);
        return { known: session !== undefined };
      }),
    },
    events: {
      list: os.events.list.handler(({ input }) => {
        const { run, since, place, limit } = input;
        if (run === undefined) return log.read(input);
        const after = place === undefined ? since : seqAt(reader, pastOf(reader, run), place) - 1;
        return firstOf(lineage(log, run, after, limit), limit);
      }),
      follow: os.events.follow.handler(({ input, signal }) => {
        if (input.run) known(input.run);
        return followEvents(rooms, input, alive(signal));
      }),
    },
    breakpoints: {
      check: os.breakpoints.check.handler(({ input }) => ({ mistake: breakpointMistake(input.text) ?? null })),
    },
    plans: {
      check: os.plans.check.handler(({ input }) => ({ mistakes: planMistakes(input.plan, rooms) })),
    },
    review: {
      list: os.review.list.handler(() => openReviews(log)),
      decide: os.review.decide.handler(async ({ input }) => {
        await engine.decide(input.review, input);
        return { decided: true };
      }),
    },
    memory: {
      list: os.memory.list.handler(({ input }) => listItems(reader, input)),
      recall: os.memory.recall.handler(({ input: { query, limit } }) => recallItems(reader, { text: query, limit })),
    },
    reminders: {
      list: os.reminders.list.handler(({ input }) => listReminders(reader, input)),
      watch: os.reminders.watch.handler(({ signal }) => watchReminders(rooms, alive(signal))),
      end: os.reminders.end.handler(async ({ input: { id, how } }) => {
        const reminder = getReminder(reader, id);
        if (!reminder) throw fail("not.found", `There is no reminder ${id}.`, "botmojo reminders lists them.");
        if (reminder.over) return { ended: false };
        await log.append([{ run: null, actor: "person", type: "reminder.over", data: { item: id, how } }]);
        return { ended: true };
      }),
    },
    policy: {
      show: os.policy.show.handler(({ input }) => showPolicy(rooms, input)),
      matrix: os.policy.matrix.handler(({ input }) => policyMatrix(rooms, input.workspace)),
      explain: os.policy.explain.handler(({ input }) => explainCall(rooms, input)),
      try: os.policy.try.handler(({ input: { rule } }) => tryRule(rooms, readRuleOf(rooms, rule, "The rule"))),
      add: os.policy.add.handler(async ({ input }) => ({
        name: await addRule(rooms, readRuleOf(rooms, input.rule, "The rule"), input.run),
      })),
      remove: os.policy.remove.handler(async ({ input: { number, run } }) => ({ rule: await removeRule(rooms, number, run) })),
    },
    agents: { list: os.agents.list.handler(() => [...rooms.agents.values()].map(agentCard)) },
    tools: {
      list: os.tools.list.handler(() => [...rooms.tools.values()].map(toolView)),
      sandbox: os.tools.sandbox.handler(() => rooms.sandbox.report()),
    },
    mcp: {
      list: os.mcp.list.handler(() => rooms.mcp.list()),
      look: os.mcp.look.handler(({ input }) => rooms.mcp.look(input.name)),
      add: os.mcp.add.handler(({ input }) => rooms.mcp.add(input.server)),
      approve: os.mcp.approve.handler(({ input }) => rooms.mcp.approve(input.name)),
      remove: os.mcp.remove.handler(async ({ input }) => {
        await rooms.mcp.remove(input.name);
        return { removed: true };
      }),
      login: os.mcp.login.handler(({ input, signal }) => streamed(rooms.mcp.login(input.name, alive(signal)), "mcp.login")),
      logout: os.mcp.logout.handler(({ input }) => rooms.mcp.logout(input.name)),
    },
    models: {
      find: os.models.find.handler(({ signal }) => findModels(rooms.env, signal)),
      show: os.models.show.handler(() => showModels(rooms)),
    },
    config: {
      show: os.config.show.handler(() => config.show()),
      set: os.config.set.handler(({ input }) => config.set(input.key, input.value)),
      unset: os.config.unset.handler(({ input }) => config.unset(input.key)),
      schema: os.config.schema.handler(() => settingsSchema()),
    },
    console: {
      run: os.console.run.handler(({ input, signal }) => runLine(self(), input, alive(signal))),
      complete: os.console.complete.handler(({ input }) => completeLine(self(), input.line)),
    },
    logs: {
      follow: os.logs.follow.handler(({ input, signal }) => followLines(telemetry, input.after, alive(signal))),
    },
  });
}

/** What a call was given that it can't take, by its place; undefined for any other error. */
function refusalOf(error: unknown): Failure | undefined {
  if (!(error instanceof ORPCError) || error.code !== "BAD_REQUEST" || !(error.cause instanceof ValidationError)) return undefined;
  const { issues, data } = error.cause;
  return { code: "input.invalid", message: faultSentence(issues as readonly z.core.$ZodIssue[], data, "The call") };
}

function firstOf<T>(values: Iterable<T>, limit: number): T[] {
  const first: T[] = [];
  for (const value of values) {
    if (first.length >= limit) break;
    first.push(value);
  }
  return first;
}
