// Asks the host for one run as of its events: its plans are told once, and of steps in whole only those looked at.
import { readMoment, type Moment, type PlanRevision, type RunId, type Seq, type StepState } from "../../core/contract/index.ts";
import type { CoreClient } from "../connection/client.ts";

/** An event by its number or its place among all of the run's; neither for the newest. */
export interface Aim {
  readonly seq?: Seq;
  readonly place?: number;
}

/** What is looked at of a run. */
export interface Looks {
  /** The ways to the bodies whose steps are drawn, such as `each/3`. */
  readonly bodies: readonly string[];
  /** Steps that are wanted in whole. */
  readonly steps: readonly string[];
}

export type WholeSteps = ReadonlyMap<string, StepState>;

export class RunReader {
  readonly run: RunId;
  #revisions: readonly PlanRevision[] = [];
  #moment: Moment | undefined;
  #seq: Seq = 0;
  #asked = new Set<string>();
  #steps: WholeSteps = new Map();

  constructor(run: RunId) {
    this.run = run;
  }

  /** Whether this step in whole was asked for, as of the moment read last. */
  has(step: string): boolean {
    return this.#asked.has(step);
  }

  async moment(client: CoreClient, aim: Aim, bodies: readonly string[]): Promise<Moment> {
    const told = await client.runs.at({ run: this.run, ...aim, bodies: [...bodies], knows: this.#revisions.length });
    const moment = readMoment(told, this.#revisions);
    if (moment.revisions.length > this.#revisions.length) this.#revisions = moment.revisions;
    this.#moment = withKept(this.#moment, moment);
    return this.#moment;
  }

  /** The run as of an event, with what is looked at of it. */
  async read(client: CoreClient, aim: Aim, { bodies, steps }: Looks): Promise<{ moment: Moment; steps: WholeSteps }> {
    // Nothing is newer than the newest, so what has not changed since stays as it is.
    const goesOn = aim.seq === undefined && aim.place === undefined && steps.every((step) => this.#asked.has(step));
    const since = goesOn ? { since: this.#seq } : {};
    const [moment, told] = await Promise.all([
      this.moment(client, aim, bodies),
      steps.length > 0 ? client.runs.steps({ run: this.run, ...aim, steps: [...steps], ...since }) : undefined,
    ]);
    const fresh = told?.steps.map((step) => [step.id, step] as const) ?? [];
    this.#asked = new Set(steps);
    this.#steps = new Map(goesOn ? [...[...this.#steps].filter(([id]) => this.#asked.has(id)), ...fresh] : fresh);
    this.#seq = told?.seq ?? moment.place.seq;
    return { moment, steps: this.#steps };
  }

  /** More steps in whole, as of the moment read last; undefined when another has been read meanwhile. */
  async more(client: CoreClient, steps: readonly string[]): Promise<WholeSteps | undefined> {
    const [seq, asked] = [this.#seq, this.#asked];
    for (const step of steps) asked.add(step);
    const told = await client.runs.steps({ run: this.run, seq, steps: [...steps] });
    if (asked !== this.#asked) return undefined;
    this.#steps = new Map([...this.#steps, ...told.steps.map((step) => [step.id, step] as const)]);
    return this.#steps;
  }
}

/** What says the same as before is the same value, so that whoever watches it is not woken. */
function withKept(before: Moment | undefined, moment: Moment): Moment {
  if (!before) return moment;
  const { revisions: _, statuses: __, place: ___, ...heads } = moment;
  const kept = Object.entries(heads).flatMap(([name, value]) => {
    const known = before[name as keyof typeof heads];
    return typeof value === "object" && JSON.stringify(value) === JSON.stringify(known) ? [[name, known]] : [];
  });
  return { ...moment, ...(Object.fromEntries(kept) as Partial<Moment>) };
}
