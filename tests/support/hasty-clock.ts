// A clock on which nobody waits: whoever wants to be called later is called soon, and by then it is that late.
import type { Clock } from "../../core/system/clock.ts";

export interface HastyClock extends Clock {
  /** The waits that were asked for, in milliseconds, in order. */
  readonly waits: readonly number[];
  /** It is so much later at once. */
  pass(ms: number): void;
}

export function hastyClock(from = Date.parse("2026-11-24T10:00:00Z")): HastyClock {
  let now = from;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    pass: (ms) => void (now += ms),
    after(ms, work) {
      waits.push(ms);
      const at = now + ms;
      const timer = setImmediate(() => {
        now = Math.max(now, at);
        work();
      });
      return () => clearImmediate(timer);
    },
    soon: (work) => void setImmediate(work),
  };
}

export interface HandClock extends Clock {
  /** Lets so much time pass, and what falls due in it happen. */
  pass(ms: number): void;
}

/** A clock that a test moves by hand. */
export function handClock(from = Date.parse("2026-11-24T10:00:00Z")): HandClock {
  let now = from;
  let waiting: { at: number; work: () => void }[] = [];
  return {
    now: () => now,
    after(ms, work) {
      const one = { at: now + ms, work };
      waiting.push(one);
      return () => (waiting = waiting.filter((other) => other !== one));
    },
    soon: (work) => void setImmediate(work),
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = waiting.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (!next) break;
        waiting = waiting.filter((other) => other !== next);
        now = next.at;
        next.work();
      }
      now = end;
    },
  };
}
