// What doors show in lists and bars: small, flat, ready to draw.
import { z } from "zod";
import { EffectKind } from "./events.ts";
import { Failure } from "./failure.ts";
import { Instant, ReviewId, RunId, Seq } from "./ids.ts";
import { ReviewKind } from "./review.ts";
import { runStatuses } from "./run-state.ts";
import { Usage } from "./usage.ts";

export const RunSummary = z.object({
  id: RunId,
  goal: z.string(),
  thread: z.string(),
  status: z.enum(runStatuses),
  model: z.string(),
  door: z.string(),
  startedAt: Instant,
  endedAt: Instant.nullable(),
  answer: z.string().nullable(),
  failure: Failure.nullable(),
  stepsDone: z.int(),
  stepsTotal: z.int(),
  usage: Usage,
  /** The run it was forked from or replays; a fork shares its past up to `at`.
   * `edited`: the steps whose results a person gave. */
  origin: z.object({ kind: z.enum(["fork", "replay"]), run: RunId, at: Seq.nullable(), edited: z.array(z.string()) }).nullable(),
  /** Everything after this event has been taken back. */
  undoneTo: Seq.nullable(),
  /** It came from a file: when, written by which BotMojo, and whether it had ended when it was recorded. */
  imported: z.object({ at: Instant, program: z.string(), finished: z.boolean() }).nullable(),
  firstSeq: Seq,
  lastSeq: Seq,
});
export type RunSummary = z.infer<typeof RunSummary>;

/** A run that was removed: it leaves every list. */
export const RunRemoval = z.object({ id: RunId, removed: z.literal(true), lastSeq: Seq });
export type RunRemoval = z.infer<typeof RunRemoval>;

/** What came of a recording that was imported. */
export const ImportReport = z.object({
  run: RunId,
  /** False when this run was here already. */
  taken: z.boolean(),
  goal: z.string(),
  events: z.int(),
  /** False when it was still under way when it was recorded. */
  finished: z.boolean(),
  /** The id that it bears in the file; another run of this log may have that one. */
  inFile: RunId,
});
export type ImportReport = z.infer<typeof ImportReport>;

/** A question that waits for a person. */
export const ReviewView = z.object({
  id: ReviewId,
  run: RunId,
  step: z.string(),
  kind: ReviewKind,
  question: z.string(),
  proposal: z.unknown(),
  askedAt: Instant,
});
export type ReviewView = z.infer<typeof ReviewView>;

export const ModelState = z.object({
  /** `rules`, or `provider/model` such as `ollama/llama3.2`. */
  id: z.string(),
  kind: z.enum(["rules", "language"]),
  /** A sentence for people: what it is and where it answers. */
  description: z.string(),
  /** Whether using it sends anything off this machine. */
  leavesMachine: z.boolean(),
  /** US dollars for a million tokens, in and out; null where they are not known. */
  price: z.object({ input: z.number(), output: z.number() }).nullable(),
});
export type ModelState = z.infer<typeof ModelState>;

export const HostStatus = z.object({
  version: z.string(),
  pid: z.int(),
  dataDir: z.string(),
  startedAt: Instant,
  lastSeq: Seq,
  model: ModelState,
  runs: z.object({ total: z.int(), running: z.int() }),
  usageToday: Usage,
  /** Hosts off this machine that programs which runs follow have sent something to, for as long as they are followed. */
  asked: z.array(z.string()),
  /** How many runs of an earlier host were taken up again at start. */
  resumed: z.int(),
});
export type HostStatus = z.infer<typeof HostStatus>;

export const AgentCard = z.object({
  name: z.string(),
  description: z.string(),
  tools: z.array(z.string()),
  source: z.string(),
});
export type AgentCard = z.infer<typeof AgentCard>;

export const ToolView = z.object({
  name: z.string(),
  description: z.string(),
  effect: EffectKind,
  inputSchema: z.record(z.string(), z.unknown()),
});
export type ToolView = z.infer<typeof ToolView>;

export const LogLine = z.object({
  /** Grows by one; a cursor for `logs.follow`. */
  id: z.int(),
  at: Instant,
  level: z.enum(["debug", "info", "warn", "error"]),
  room: z.string(),
  message: z.string(),
  run: z.string().optional(),
  step: z.string().optional(),
  /** The event this line tells of, to jump to. */
  seq: Seq.optional(),
});
export type LogLine = z.infer<typeof LogLine>;

export const SettingView = z.object({
  key: z.string(),
  /** Secrets show as `(set)`. */
  value: z.unknown(),
  origin: z.enum(["default", "file", "environment", "flag"]),
  /** The file or variable it came from. */
  where: z.string(),
  description: z.string(),
});
export type SettingView = z.infer<typeof SettingView>;

/** What the host's model calls stand at. */
export const ModelsView = z.object({
  model: ModelState,
  /** Asked in turn when it can't answer. */
  fallback: z.array(ModelState),
  cache: z.enum(["off", "on"]),
  /** The providers that were called since the host started; limits of 0 are none. */
  providers: z.array(
    z.object({
      origin: z.string(),
      inFlight: z.int(),
      queued: z.int(),
      requestsInMinute: z.int(),
      tokensInMinute: z.int(),
      concurrency: z.int(),
      requestsPerMinute: z.int(),
      tokensPerMinute: z.int(),
      /** Until when its provider asks to be left alone. */
      heldUntil: Instant.nullable(),
    }),
  ),
  /** Of all runs since midnight where the person is, with the limits (0 for none). */
  today: z.object({
    since: Instant,
    timeZone: z.string(),
    calls: z.int(),
    usage: Usage,
    limits: z.object({ tokens: z.number(), usd: z.number(), calls: z.number() }),
  }),
});
export type ModelsView = z.infer<typeof ModelsView>;

/** A model that was found on this machine or through its environment, and the settings that would use it. */
export const FoundModel = z.object({
  id: z.string(),
  title: z.string(),
  where: z.string(),
  settings: z.record(z.string(), z.string()),
});
export type FoundModel = z.infer<typeof FoundModel>;
