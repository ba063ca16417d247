// A run as of one of its events, quickly: how its full stretches say that its steps stand, the events since, and of the
// rest of the log only what is about the run itself.
import type { Event } from "../../contract/events.ts";
import { fail } from "../../contract/failure.ts";
import type { RunId, Seq } from "../../contract/ids.ts";
import { outerIds } from "../../contract/plan.ts";
import type { RunMoment, StepsAt } from "../../contract/run-moment.ts";
import { isOver, RunFold, type RunState } from "../../contract/run-state.ts";
import { addUsage } from "../../contract/usage.ts";
import type { EventLog } from "../../store/event-log.ts";
import { pastOf, type PastOf } from "./lineage.ts";
import { lastUpTo, placeOf, seqAt } from "./places.ts";
import { Standings } from "./standings.ts";
import { stepRows, stretchesOf } from "./step-marks.ts";

/** Which event of a run: by its number, by its place in the list of them, or else the newest. */
export interface Where {
  readonly run: RunId;
  readonly seq?: Seq | undefined;
  readonly place?: number | undefined;
}

export interface Moments {
  /** `bodies`: the ways to those whose steps are wanted; `knows`: how many plans need not be told.
   * @throws FailureError `input.invalid` before the run's first event */
  at(asked: Where & { readonly bodies?: readonly string[] | undefined; readonly knows?: number | undefined }): RunMoment;
  /** These steps in whole; with `since` only those that have changed after that event. */
  steps(asked: Where & { readonly steps: readonly string[]; readonly since?: Seq | undefined }): StepsAt;
}

/** A person goes back and forth between a run, its original and its forks. */
const mostKept = 4;

/** Keeps the runs that were asked about last, read so far, because who asks of one event asks of the next. */
export function openMoments(log: EventLog): Moments {
  const kept = new Map<RunId, Past>();
  const readings = new WeakMap<Past, Reading>();

  const pastFor = (run: RunId): Past => {
    const removals = log.reader.get<{ count: number }>("SELECT count(*) AS count FROM events WHERE type = 'run.removed'")?.count ?? 0;
    const known = kept.get(run);
    const past = known?.removals === removals ? known : new Past(log, run, removals);
    kept.delete(run);
    kept.set(run, past);
    for (const [oldest] of [...kept].slice(0, -mostKept)) kept.delete(oldest);
    past.readOn();
    return past;
  };
  const seqOf = ({ seq, place }: Where, { parts }: Past) =>
    place === undefined ? (seq ?? log.lastSeq()) : seqAt(log.reader, parts, place);

  return {
    at({ bodies = [], knows = 0, ...where }) {
      const its = pastFor(where.run);
      const place = placeOf(log.reader, its.parts, seqOf(where, its));
      const known = readings.get(its);
      const reading = known && known.to <= place.seq ? known : new Reading(log, its);
      readings.set(its, reading);
      const { state, standings } = reading.readTo(place.seq);
      const { steps: _, revisions, ...head } = state;
      const stopped = isOver(head.status) && head.status !== "completed";
      const plan = revisions.at(-1)?.plan;
      return {
        head: {
          ...head,
          // The fold goes on with these lists.
          items: [...head.items],
          reviews: [...head.reviews],
          received: [...head.received],
          edits: { ...head.edits },
          usage: addUsage(head.usage, standings.usage),
          lastSeq: place.seq,
        },
        revisions: revisions.length,
        newRevisions: revisions.slice(knows).map((revision) => ({ ...revision, plan: JSON.stringify(revision.plan) })),
        statuses: plan ? standings.letters(plan, stopped) : "",
        inner: standings.inside(bodies, stopped),
        groups: standings.groups(bodies, stopped),
        place,
      };
    },
    steps({ steps, since, ...where }) {
      const its = pastFor(where.run);
      const seq = lastUpTo(log.reader, its.parts, seqOf(where, its));
      const about = its.aboutTo(seq);
      // What became of the steps around them counts for them too.
      const kept = new Set(steps.flatMap((step) => [step, ...outerIds(step)]));
      const events = its.parts.flatMap(({ run, to = seq }) => log.readSteps(run, [...kept], Math.min(to, seq)));
      const wanted = new Set(steps);
      if (since !== undefined && (about.at(-1)?.seq ?? 0) <= since) {
        const changed = new Set(events.flatMap((event) => (event.seq > since ? [event.step as string] : [])));
        for (const step of wanted) if (![step, ...outerIds(step)].some((id) => changed.has(id))) wanted.delete(step);
      }
      if (wanted.size === 0) return { seq, steps: [] };
      const fold = new RunFold(undefined, (id) => kept.has(id));
      for (const event of [...about, ...events].sort((a, b) => a.seq - b.seq)) fold.apply(event);
      return { seq, steps: (fold.state?.steps ?? []).filter(({ id }) => wanted.has(id)) };
    },
  };
}

/** What a run's log says of the run itself, up to the newest event. */
class Past {
  readonly run: RunId;
  readonly removals: number;
  readonly parts: readonly PastOf[];
  readonly about: Event[] = [];
  readonly #log: EventLog;
  #to: Seq = 0;

  constructor(log: EventLog, run: RunId, removals: number) {
    this.#log = log;
    this.run = run;
    this.removals = removals;
    this.parts = pastOf(log.reader, run);
  }

  readOn(): void {
    const newest = this.#log.lastSeq();
    for (const { run, to = newest } of this.parts) this.about.push(...this.#log.readAbout(run, this.#to, to));
    this.#to = newest;
  }

  aboutTo(seq: Seq): readonly Event[] {
    const index = this.about.findLastIndex((event) => event.seq <= seq);
    return this.about.slice(0, index + 1);
  }
}

/** A run being read, to later and later events. */
class Reading {
  readonly #log: EventLog;
  readonly #past: Past;
  readonly #fold = new RunFold(undefined, () => false);
  readonly #standings = new Standings();
  #to: Seq = 0;
  #about = 0;

  constructor(log: EventLog, past: Past) {
    this.#log = log;
    this.#past = past;
  }

  get to(): Seq {
    return this.#to;
  }

  readTo(seq: Seq): { readonly state: RunState; readonly standings: Standings } {
    for (const { run, to = seq } of this.#past.parts) this.#readPart(run, Math.min(to, seq));
    const { state } = this.#fold;
    if (!state) throw fail("storage.damaged", `The past of ${this.#past.run} is not in the log.`);
    return { state, standings: this.#standings };
  }

  #readPart(run: RunId, last: Seq): void {
    if (last <= this.#to) return;
    for (const stretch of stretchesOf(this.#log.reader, run, this.#to, last)) {
      if (stretch.after > this.#to) this.#readRows(run, stretch.after);
      this.#readAbout(stretch.after + 1);
      this.#standings.layOver(stretch.standing());
      this.#to = stretch.last;
    }
    this.#readRows(run, last);
    this.#readAbout(last + 1);
    this.#to = last;
  }

  #readRows(run: RunId, last: Seq): void {
    for (const row of stepRows(this.#log.reader, run, this.#to, last)) {
      this.#readAbout(row.seq);
      this.#standings.takeIn(row);
    }
  }

  /** What is about the run before event `before`; a new plan and a fork change which steps there are. */
  #readAbout(before: Seq): void {
    for (let event = this.#next(before); event; event = this.#next(before)) {
      this.#about += 1;
      const known = this.#fold.state?.revisions.length ?? 0;
      this.#fold.apply(event);
      const { revisions = [] } = this.#fold.state ?? {};
      const plan = revisions.at(-1)?.plan;
      if (plan && revisions.length !== known) this.#standings.revise(plan);
      if (known > 0 && event.type === "run.started" && event.data.origin?.kind === "fork") {
        this.#standings.fork(event.data.origin.edits.map(({ step }) => step));
      }
    }
  }

  #next(before: Seq): Event | undefined {
    const event = this.#past.about[this.#about];
    return event && event.seq < before ? event : undefined;
  }
}
