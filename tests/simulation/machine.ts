// The machine that a simulated host runs on: its time passes when nothing is left to do now, its order of things is
// drawn by lot, and a host that dies on it hears of nothing more.
import type { Chance } from "../../core/system/chance.ts";
import type { Clock } from "../../core/system/clock.ts";
import type { Random } from "../support/random.ts";

/** One host's time on the machine, or the world's outside it. */
export interface Life {
  dead: boolean;
}

interface Due {
  readonly at: number;
  readonly life: Life;
  readonly work: () => void;
}

const started = Date.parse("2026-01-01T00:00:00Z");

export class Machine {
  readonly random: Random;
  now = started;
  #due: Due[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  /** Milliseconds that have passed on it. */
  get age(): number {
    return this.now - started;
  }

  readonly chance: Chance = (bytes) => Buffer.from(Array.from({ length: bytes }, () => this.random.below(256)));

  clockOf(life: Life): Clock {
    const after = (ms: number, work: () => void) => {
      const due = { at: this.now + Math.max(0, ms), life, work };
      this.#due.push(due);
      return () => void (this.#due = this.#due.filter((other) => other !== due));
    };
    return { now: () => this.now, after, soon: (work) => void after(0, work) };
  }

  /** Lets all that can go on do so, then does one thing that is due; false when nothing is. */
  async step(): Promise<boolean> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#due = this.#due.filter(({ life }) => !life.dead);
    if (this.#due.length === 0) return false;
    this.now = Math.max(this.now, Math.min(...this.#due.map(({ at }) => at)));
    const chosen = this.random.pick(this.#due.filter(({ at }) => at <= this.now));
    this.#due = this.#due.filter((due) => due !== chosen);
    chosen.work();
    return true;
  }
}
