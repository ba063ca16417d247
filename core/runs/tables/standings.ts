// How the steps of a run stand, and what its calls used: laid together from what stretches of the log say of them. A
// body's steps are kept as they were written until one of them matters, so that 100,000 of them cost little.
import type { EventType } from "../../contract/events.ts";
import { scopeOfFork } from "../../contract/fork.ts";
import { bodyOf, definitionOf, outerIds, type Plan } from "../../contract/plan.ts";
import { statusOf, type GroupCount, type StatusLetter } from "../../contract/run-moment.ts";
import type { StepStatus } from "../../contract/run-state.ts";
import { addUsage, noUsage, type Usage } from "../../contract/usage.ts";

/** The names of a body's steps by how they stand, a space between them. */
type Piece = Partial<Record<StatusLetter, string>>;
type Body = Piece[] | Map<string, StatusLetter>;

/** What a stretch of the log says: by the way to each body ("" for the plan itself), such as `each/3`. */
export interface Standing {
  readonly usage: Usage;
  /** A step with a body that was tried again by its last event. */
  readonly again?: string | undefined;
  readonly bodies: Readonly<Record<string, Piece>>;
}

const letterAfter: Readonly<Partial<Record<EventType, StatusLetter>>> = {
  "step.started": "r",
  "step.completed": "c",
  "step.failed": "f",
  "step.skipped": "s",
};

/** The log's events that say how steps stand, and what calls used. */
export const standingEvents = [...Object.keys(letterAfter), "step.retried", "effect.completed"] as readonly EventType[];

const isTurn = /^\d+$/;

export class Standings {
  usage = noUsage;
  readonly #bodies = new Map<string, Body>();
  #plan: Plan | undefined;

  /** `data`: of an effect that was completed, as JSON. */
  takeIn({ step, type, data }: { step: string | null; type: EventType; data: string | null }): void {
    if (data?.includes('"usage"')) {
      const { usage } = JSON.parse(data) as { usage?: Usage };
      if (usage) this.usage = addUsage(this.usage, usage);
    }
    if (step !== null && type === "step.retried") this.retry(step);
    const letter = letterAfter[type];
    if (step === null || !letter) return;
    const slash = step.lastIndexOf("/");
    this.#body(step.slice(0, Math.max(0, slash))).set(step.slice(slash + 1), letter);
  }

  layOver({ usage, bodies, again }: Standing): void {
    this.usage = addUsage(this.usage, usage);
    for (const [way, piece] of Object.entries(bodies)) {
      const known = this.#bodies.get(way);
      if (!known) this.#bodies.set(way, [piece]);
      else if (Array.isArray(known)) known.push(piece);
      else spill(piece, known);
    }
    if (again !== undefined) this.retry(again);
  }

  packed(again?: string): Standing {
    const bodies: Record<string, Piece> = {};
    for (const way of this.#bodies.keys()) {
      const byLetter: Partial<Record<StatusLetter, string[]>> = {};
      for (const [name, letter] of this.#body(way)) (byLetter[letter] ??= []).push(name);
      bodies[way] = Object.fromEntries(Object.entries(byLetter).map(([letter, names]) => [letter, names.join(" ")]));
    }
    return { usage: this.usage, ...(again === undefined ? {} : { again }), bodies };
  }

  /** Drops the steps that a new plan no longer has. */
  revise(plan: Plan): void {
    const before = this.#plan;
    this.#plan = plan;
    if (!before) return;
    const lost = new Map<string, ReadonlySet<string> | "all">();
    for (const way of this.#bodies.keys()) {
      const pattern = way.replaceAll(/\/\d+/g, "");
      let gone = lost.get(pattern);
      if (!gone) lost.set(pattern, (gone = lostOf(before, plan, pattern)));
      if (gone === "all") this.#bodies.delete(way);
      else if (gone.size > 0) for (const name of gone) this.#body(way).delete(name);
    }
  }

  /** What was not finished is not begun; what was edited is done, and what came of it is to be done anew. */
  fork(edits: readonly string[]): void {
    const edited = new Set(edits);
    const { anew, isGone } = scopeOfFork(this.#plan, edited);
    const isDone = (id: string, letter: StatusLetter | undefined) =>
      letter === "c" || letter === "s" || (letter === "f" && this.#failsRun(id) === false);
    const standsDone = new Map<string, boolean>();
    const isWithinDone = (id: string) =>
      outerIds(id).some((outer) => {
        let known = standsDone.get(outer);
        if (known === undefined) standsDone.set(outer, (known = !anew.has(outer) && isDone(outer, this.#letterOf(outer))));
        return known;
      });
    // As they stood before any of it is changed.
    for (const way of this.#bodies.keys()) if (way !== "") isWithinDone(`${way}/any`);
    for (const [way, body] of this.#bodies) {
      const touched =
        edits.length > 0 && (way === "" || edits.some((id) => id.split("/")[0] === way.split("/")[0]) || anew.has(way.split("/")[0] ?? ""));
      if (way !== "" && !touched && Array.isArray(body) && !mayBeOpen(body)) continue;
      const its = this.#body(way);
      for (const [name, letter] of its) {
        const id = way === "" ? name : `${way}/${name}`;
        if (edited.has(id)) its.set(name, "c");
        else if (isGone(id)) its.delete(name);
        else if (anew.has(id) || !(isDone(id, letter) || isWithinDone(id))) its.set(name, "w");
      }
      if (its.size === 0) this.#bodies.delete(way);
    }
    for (const id of edits) {
      const slash = id.lastIndexOf("/");
      this.#body(id.slice(0, Math.max(0, slash))).set(id.slice(slash + 1), "c");
    }
  }

  #letterOf(id: string): StatusLetter | undefined {
    const slash = id.lastIndexOf("/");
    const way = id.slice(0, Math.max(0, slash));
    return this.#bodies.has(way) ? this.#body(way).get(id.slice(slash + 1)) : undefined;
  }

  /** Whether a step's failure is one of what it lies in; undefined for what is no step. */
  #failsRun(id: string): boolean | undefined {
    const step = this.#plan && definitionOf(this.#plan, id);
    return step && step.onError === "fail";
  }

  /** A step with a body is tried again, and with it what made it fail. */
  retry(id: string): void {
    for (const [way, body] of this.#bodies) {
      if (way !== id && !way.startsWith(`${id}/`)) continue;
      if (Array.isArray(body) && !mayBeOpen(body)) continue;
      const its = this.#body(way);
      for (const [name, letter] of its) if (letter === "f" && this.#failsRun(`${way}/${name}`)) its.set(name, "w");
    }
  }

  /** A letter for each step of the plan; `stopped` once the run has ended before they have. */
  letters(plan: Plan, stopped: boolean): string {
    const body = this.#body("");
    return plan.steps.map(({ id }) => ended(body.get(id) ?? "w", stopped)).join("");
  }

  /** The steps of these bodies. */
  inside(ways: readonly string[], stopped: boolean): [id: string, status: StepStatus][] {
    return ways.flatMap((way) =>
      way !== "" && this.#bodies.has(way)
        ? Array.from(this.#body(way), ([name, letter]): [string, StepStatus] => [`${way}/${name}`, statusOf(ended(letter, stopped))])
        : [],
    );
  }

  /** Of the steps with bodies that the plan has, and that these bodies have. */
  groups(ways: readonly string[], stopped: boolean): Record<string, GroupCount> {
    const wanted = new Set(["", ...ways]);
    const tallies = new Map<string, Map<string, How>>();
    const count = (group: string, member: string, how: How) => {
      const tally = tallies.get(group) ?? new Map<string, How>();
      tallies.set(group, tally);
      const { open, failed, running } = tally.get(member) ?? quiet;
      tally.set(member, { open: open || how.open, failed: failed || how.failed, running: running || how.running });
    };
    for (const way of this.#bodies.keys()) {
      if (way === "") continue;
      const how = this.#how(way);
      const parts = way.split("/");
      for (let length = 1; length <= parts.length; length += 1) {
        if (isTurn.test(parts[length - 1] ?? "") || !wanted.has(parts.slice(0, length - 1).join("/"))) continue;
        const group = parts.slice(0, length).join("/");
        const member = parts[length];
        if (member !== undefined) count(group, member, how);
        else for (const [name, letter] of this.#body(way)) count(group, name, howOf([letter]));
      }
    }
    return Object.fromEntries(Array.from(tallies, ([group, tally]) => [group, countOf(tally, stopped)]));
  }

  #body(way: string): Map<string, StatusLetter> {
    const known = this.#bodies.get(way);
    if (known && !Array.isArray(known)) return known;
    const body = new Map<string, StatusLetter>();
    for (const piece of known ?? []) spill(piece, body);
    this.#bodies.set(way, body);
    return body;
  }

  /** How a body stands as a whole. */
  #how(way: string): How {
    const known = this.#bodies.get(way);
    return Array.isArray(known) && !mayBeOpen(known) ? quiet : howOf(this.#body(way).values());
  }
}

interface How {
  readonly open: boolean;
  readonly failed: boolean;
  readonly running: boolean;
}

const quiet: How = { open: false, failed: false, running: false };

function howOf(letters: Iterable<StatusLetter>): How {
  const all = new Set(letters);
  return { open: all.has("r") || all.has("w"), failed: all.has("f"), running: all.has("r") };
}

function countOf(tally: ReadonlyMap<string, How>, stopped: boolean): GroupCount {
  const all = [...tally.values()];
  return {
    total: all.length,
    done: all.filter(({ open, failed }) => !open && !failed).length,
    failed: all.filter(({ failed }) => failed).length,
    running: stopped ? 0 : all.filter(({ running }) => running).length,
    turns: [...tally.keys()].reduce((most, member) => (isTurn.test(member) ? Math.max(most, Number(member) + 1) : most), 0),
  };
}

/** Whether a step of it may be other than done. */
function mayBeOpen(pieces: readonly Piece[]): boolean {
  return pieces.some(({ r, w, f }) => r !== undefined || w !== undefined || f !== undefined);
}

function spill(piece: Piece, body: Map<string, StatusLetter>): void {
  for (const [letter, names] of Object.entries(piece)) for (const name of names.split(" ")) body.set(name, letter as StatusLetter);
}

function ended(letter: StatusLetter, stopped: boolean): StatusLetter {
  return stopped && (letter === "r" || letter === "w") ? "x" : letter;
}

/** The names of a body that a new plan no longer has. */
function lostOf(before: Plan, after: Plan, pattern: string): ReadonlySet<string> | "all" {
  const namesIn = (plan: Plan) => {
    if (pattern === "") return plan.steps;
    const step = definitionOf(plan, pattern);
    return step && bodyOf(step);
  };
  const now = namesIn(after);
  if (!now) return "all";
  const kept = new Set(now.map(({ id }) => id));
  return new Set((namesIn(before) ?? []).flatMap(({ id }) => (kept.has(id) ? [] : id)));
}
