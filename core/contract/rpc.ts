// The contract as one table: every call that a door may make. Client, router and tests follow from it.
import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { AnyEvent, Door, Signal } from "./events.ts";
import { Failure } from "./failure.ts";
import { ItemId, ReviewId, RunId, Seq, StepId, ThreadId } from "./ids.ts";
import { Item, ItemKind, ReminderView } from "./items.ts";
import { McpLogin, McpName, McpServer, McpServerView } from "./mcp.ts";
import { Patch } from "./patch.ts";
import { Budget, Plan } from "./plan.ts";
import { PolicyMatrix, PolicyRule, PolicySetView, PolicyTrial, RunRules, Verdict } from "./policy.ts";
import { ReplayOptions } from "./replay.ts";
import { ReviewDecision } from "./review.ts";
import { SandboxReport } from "./sandbox.ts";
import { UndoDirection, UndoPlan } from "./undo.ts";
import type { RunMoment, StepsAt } from "./run-moment.ts";
import type { RunOutline } from "./run-outline.ts";
import { runStatuses } from "./run-state.ts";
import { HttpUrl } from "./settings.ts";
import {
  AgentCard,
  FoundModel,
  HostStatus,
  ImportReport,
  LogLine,
  ModelsView,
  ReviewView,
  RunRemoval,
  RunSummary,
  SettingView,
  ToolView,
} from "./views.ts";

/** Longest goal taken, in UTF-16 units; longer input belongs in a file that the goal names. */
export const maxGoalLength = 100_000;

/** Lines such as `tool:calculator if input.expression == "1+1" #3`. */
const Breakpoints = z.array(z.string().max(1000)).max(100);

/** Which event of a run: by its number, or by its place in the list of its events, from 0; the newest by default. */
const where = { run: RunId, seq: Seq.optional(), place: z.int().nonnegative().optional() };

const base = oc.errors({ FAILURE: { data: Failure } });

export const contract = {
  host: {
    status: base.output(HostStatus),
    /** The status now, then again after every change (at most four a second). */
    watch: base.output(eventIterator(HostStatus)),
  },
  runs: {
    start: base
      .input(
        z.object({
          goal: z.string(),
          thread: ThreadId.optional(),
          door: Door,
          /** A plan to run as it is, instead of a triage. */
          plan: Plan.optional(),
          breakpoints: Breakpoints.optional(),
          /** For this run alone, heard beside the person's own. */
          rules: RunRules.optional(),
          /** Folder that file tools may read; the host's own by default. */
          workspace: z.string().optional(),
          timeZone: z.string().optional(),
          locale: z.string().optional(),
        }),
      )
      .output(z.object({ run: RunId })),
    /** Newest first. `query` is searched in goals and answers. */
    list: base
      .input(
        z.object({
          limit: z.int().min(1).max(1000).default(100),
          before: Seq.optional(),
          query: z.string().max(1000).optional(),
          status: z.enum(runStatuses).optional(),
        }),
      )
      .output(z.object({ runs: z.array(RunSummary), total: z.int() })),
    get: base.input(z.object({ run: RunId })).output(RunSummary),
    /** The run as it stood after an event, without what its steps were given and gave; with the steps of
     * bodies only where the way to them, such as `each/3`, is in `bodies`; and without the first `knows` of its plans. */
    at: base
      .input(z.object({ ...where, bodies: z.array(z.string().max(1000)).max(10_000).default([]), knows: z.int().nonnegative().default(0) }))
      .output(z.custom<RunMoment>()),
    /** Some of its steps in whole; with `since` only those that have changed after that event. */
    steps: base
      .input(z.object({ ...where, steps: z.array(z.string().max(1000)).max(5000), since: Seq.optional() }))
      .output(z.custom<StepsAt>()),
    /** All of its events up to `to` as one line. */
    outline: base.input(z.object({ run: RunId, to: Seq })).output(z.custom<RunOutline>()),
    /** How many of its events come up to and with each of these. */
    places: base.input(z.object({ run: RunId, seqs: z.array(Seq).max(1000) })).output(z.array(z.int())),
    /** Every summary that changed after `since` and every run removed since, then each change as it is committed. */
    watch: base.input(z.object({ since: Seq.default(0) })).output(eventIterator(z.union([RunSummary, RunRemoval]))),
    cancel: base.input(z.object({ run: RunId })).output(z.object({ cancelled: z.boolean() })),
    /** False when it has ended or is held already. */
    pause: base.input(z.object({ run: RunId })).output(z.object({ paused: z.boolean() })),
    /** Lets a held run go on: to its next breakpoint, or (`stepping`) to the next call or step. `edit` changes the
     * call it is held before: other arguments, or an answer instead of the call. */
    resume: base
      .input(
        z.object({
          run: RunId,
          stepping: z.enum(["into", "over"]).optional(),
          edit: z.object({ input: z.unknown().optional(), output: z.unknown().optional() }).optional(),
        }),
      )
      .output(z.object({ resumed: z.boolean() })),
    breakpoints: base.input(z.object({ run: RunId, breakpoints: Breakpoints })).output(z.object({ breakpoints: Breakpoints })),
    /** A new run with the same past up to the event `at` (the last by default); the original is untouched. */
    fork: base
      .input(
        z.object({
          run: RunId,
          at: Seq.optional(),
          /** Results to go on with instead of the recorded ones; what came of them is done anew. */
          edits: z.array(z.object({ step: StepId, output: z.unknown() })).default([]),
          breakpoints: Breakpoints.default([]),
        }),
      )
      .output(z.object({ run: RunId })),
    /** Takes back what a run did to files, memory and the conversation after event `to` (its beginning by default), or
     * brings it back. Refused whole when somebody has changed one of the files since. */
    undo: base
      .input(z.object({ run: RunId, direction: UndoDirection.default("undo"), to: Seq.optional(), dryRun: z.boolean().default(false) }))
      .output(UndoPlan),
    replay: base
      .input(z.object({ run: RunId, options: ReplayOptions, breakpoints: Breakpoints.default([]) }))
      .output(z.object({ run: RunId })),
    /** Changes the plan of a run under way by an RFC 6902 patch; steps that have begun stay as they are. */
    patch: base.input(z.object({ run: RunId, patch: Patch, reason: z.string().max(2000) })).output(z.object({ revision: z.int() })),
    /** Freezes the newest plan by its hash: steps outside it ask before they are done. */
    approve: base.input(z.object({ run: RunId })).output(z.object({ revision: z.int() })),
    /** The run as a recording: the text of a file that stands alone, in pieces. */
    export: base.input(z.object({ run: RunId })).output(eventIterator(z.string())),
    /** Takes a recording's text in pieces. All of it is kept or none; a run that is here already is not kept again. */
    import: base.input(eventIterator(z.string())).output(ImportReport),
    /** Forgets a run's texts and what it had kept. */
    remove: base.input(z.object({ run: RunId })).output(z.object({ run: RunId, events: z.int(), kept: z.int() })),
    /** Sends a message to a run. The step that has waited longest for its name takes it; else it is kept for the next that
     * waits. */
    tell: base.input(z.object({ run: RunId, name: z.string().min(1).max(128), data: z.unknown() })).output(z.object({ sent: z.boolean() })),
  },
  programs: {
    /** Follows a program outside: first the run and the addresses that the program is to use in the place of its own
     * endpoints, by their names, its proxy, where it says what it does (OTLP), and its MCP servers' relays; then, when the run is over, how it ended. Whoever reads this starts the program. */
    open: base
      .input(
        z.object({
          command: z.array(z.string().max(100_000)).min(1).max(1000),
          folder: z.string().max(4096),
          /** Where requests go on to, by the endpoint's name. */
          endpoints: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), HttpUrl),
          /** Where its telemetry (OTLP over HTTP) goes on to, by signal. */
          telemetry: z.object({ traces: HttpUrl.optional(), logs: HttpUrl.optional(), metrics: HttpUrl.optional() }).default({}),
          door: Door,
          breakpoints: Breakpoints.default([]),
          budget: Budget.optional(),
          /** Answers from this run's record. */
          replay: z.object({ run: RunId, options: ReplayOptions }).optional(),
        }),
      )
      .output(
        eventIterator(
          z.discriminatedUnion("is", [
            z.object({
              is: z.literal("open"),
              run: RunId,
              addresses: z.record(z.string(), z.string()),
              proxy: z.string(),
              otlp: z.string(),
              mcp: z.string(),
            }),
            z.object({ is: z.literal("over"), status: z.enum(runStatuses) }),
          ]),
        ),
      ),
    /** The program has ended. */
    ended: base
      .input(z.object({ run: RunId, exitCode: z.int().nullable(), why: z.string().max(1000).optional() }))
      .output(z.object({ known: z.boolean() })),
  },
  events: {
    /** A page of the log, oldest first, after event `since`; of a run also from a place in the list of its events. */
    list: base
      .input(
        z.object({
          run: RunId.optional(),
          since: Seq.default(0),
          place: z.int().nonnegative().optional(),
          limit: z.int().min(1).max(5000).default(1000),
        }),
      )
      .output(z.array(AnyEvent)),
    /** The log from a cursor on, and the signals that pass by; with `untilEnd` it ends with the run. */
    follow: base
      .input(z.object({ run: RunId.optional(), since: Seq.default(0), untilEnd: z.boolean().default(false) }))
      .output(
        eventIterator(
          z.discriminatedUnion("is", [
            z.object({ is: z.literal("event"), event: AnyEvent }),
            z.object({ is: z.literal("signal"), signal: Signal }),
          ]),
        ),
      ),
  },
  breakpoints: {
    /** What is wrong with a line, in a sentence; null when it can be set. */
    check: base.input(z.object({ text: z.string().max(1000) })).output(z.object({ mistake: z.string().nullable() })),
  },
  plans: {
    /** What keeps a plan from being run here, a sentence each. */
    check: base.input(z.object({ plan: Plan })).output(z.object({ mistakes: z.array(z.string()) })),
  },
  review: {
    /** What waits for a person, oldest first. */
    list: base.output(z.array(ReviewView)),
    decide: base
      .input(
        z.object({ review: ReviewId, decision: ReviewDecision, answer: z.unknown().optional(), reason: z.string().max(2000).default("") }),
      )
      .output(z.object({ decided: z.boolean() })),
  },
  memory: {
    list: base.input(z.object({ kind: ItemKind.optional(), limit: z.int().min(1).max(1000).default(200) })).output(z.array(Item)),
    recall: base.input(z.object({ query: z.string().max(10_000), limit: z.int().min(1).max(200).default(10) })).output(z.array(Item)),
  },
  reminders: {
    /** Soonest first: those to come and those that are due; with `all` those too that are over. */
    list: base.input(z.object({ all: z.boolean().default(false) })).output(z.array(ReminderView)),
    /** Those that are not over now, then again after every change. */
    watch: base.output(eventIterator(z.array(ReminderView))),
    /** It is done, or is to be forgotten. False when it was over already. */
    end: base.input(z.object({ id: ItemId, how: z.enum(["done", "removed"]) })).output(z.object({ ended: z.boolean() })),
  },
  policy: {
    /** The rules in force in a workspace (the host's own by default), and those of a run alone. */
    show: base
      .input(z.object({ workspace: z.string().optional(), run: RunId.optional() }))
      .output(z.object({ version: z.string(), sets: z.array(PolicySetView) })),
    /** What every agent may do with every tool in a workspace (the host's own by default). */
    matrix: base.input(z.object({ workspace: z.string().optional() })).output(PolicyMatrix),
    /** What would be said of a call, and why; nothing is called. `agent` is `plan` for a step of a plan. */
    explain: base
      .input(
        z.object({
          agent: z.string(),
          tool: z.string(),
          input: z.unknown(),
          workspace: z.string().optional(),
          tainted: z.boolean().optional(),
        }),
      )
      .output(Verdict),
    /** What a rule would have done to past calls, were it added to the person's. */
    try: base.input(z.object({ rule: PolicyRule })).output(PolicyTrial),
    /** Adds a rule to the person's file (or to one run alone), or takes the one with this number (from 1) out. */
    add: base.input(z.object({ rule: PolicyRule, run: RunId.optional() })).output(z.object({ name: z.string() })),
    remove: base.input(z.object({ number: z.int().min(1), run: RunId.optional() })).output(z.object({ rule: PolicyRule })),
  },
  agents: { list: base.output(z.array(AgentCard)) },
  tools: {
    list: base.output(z.array(ToolView)),
    /** What was proven of the sandbox that commands run in; tried when first asked for. */
    sandbox: base.output(SandboxReport),
  },
  mcp: {
    /** The servers that a person has listed; nothing is connected. */
    list: base.output(z.array(McpServerView)),
    /** Connects, and remembers what it is now as what the person was shown. */
    look: base.input(z.object({ name: McpName })).output(McpServerView),
    /** Lists a server once it could be looked at; it offers nothing before it is approved. */
    add: base.input(z.object({ server: McpServer })).output(McpServerView),
    /** Approves what was shown last; refused when the server is another by then. */
    approve: base.input(z.object({ name: McpName })).output(McpServerView),
    remove: base.input(z.object({ name: McpName })).output(z.object({ removed: z.boolean() })),
    /** Logs the person in at a server that wants it. Who stops listening cancels it; after 10 minutes it ends by itself. */
    login: base.input(z.object({ name: McpName })).output(eventIterator(McpLogin)),
    /** Forgets what the person's login gave. */
    logout: base.input(z.object({ name: McpName })).output(McpServerView),
  },
  models: {
    /** Looks in the environment and asks the usual ports of this machine; takes up to a second. */
    find: base.output(z.array(FoundModel)),
    /** How its calls stand: under way, waiting, today's use. Nobody is asked. */
    show: base.output(ModelsView),
  },
  config: {
    show: base.output(z.array(SettingView)),
    set: base.input(z.object({ key: z.string(), value: z.string() })).output(SettingView),
    unset: base.input(z.object({ key: z.string() })).output(SettingView),
    /** JSON Schema of the settings file. */
    schema: base.output(z.record(z.string(), z.unknown())),
  },
  console: {
    /** One line of the REPL: a command of the command line, without `botmojo`. */
    run: base
      .input(z.object({ line: z.string().max(200_000), columns: z.int().min(20).max(500).default(100) }))
      .output(
        eventIterator(
          z.discriminatedUnion("is", [
            z.object({ is: z.literal("output"), text: z.string() }),
            z.object({ is: z.literal("error"), text: z.string() }),
            z.object({ is: z.literal("exit"), code: z.int() }),
          ]),
        ),
      ),
    /** Words that can follow what is typed before the cursor. */
    complete: base.input(z.object({ line: z.string().max(10_000) })).output(z.array(z.object({ word: z.string(), hint: z.string() }))),
  },
  logs: {
    /** Lines kept since the host started (the newest 5,000), then each new one. */
    follow: base.input(z.object({ after: z.int().default(0) })).output(eventIterator(z.array(LogLine))),
  },
} as const;

export type Contract = typeof contract;
