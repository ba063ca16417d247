// Time as an argument: what now is, and being called later. The simulation passes another.

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z. */
  now(): number;
  /** Calls `work` once `ms` milliseconds from now. Returns its stop. */
  after(ms: number, work: () => void): () => void;
  /** Calls `work` at the end of this turn of the event loop. */
  soon(work: () => void): void;
}

/** What one of the system's timers can wait at most; longer waits are made of several. */
const longestTimerMs = 2 ** 30;

export const systemClock: Clock = {
  now: Date.now,
  after(ms, work) {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      timer = setTimeout(() => (left > longestTimerMs ? wait(left - longestTimerMs) : work()), Math.min(left, longestTimerMs));
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
  soon: (work) => void setImmediate(work),
};

/** Sleeps until an instant, however far.
 * @throws the signal's reason */
export async function sleepUntil(clock: Clock, at: number, signal: AbortSignal): Promise<void> {
  for (let left = at - clock.now(); left > 0; left = at - clock.now()) {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const done = () => {
        stop();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const stop = clock.after(left, done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
  signal.throwIfAborted();
}

/** Ends with `outer`, or when the time is over. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  passed(): boolean;
  /** The work is done; the timer goes. */
  stop(): void;
}

export function limitTime(clock: Clock, ms: number, outer: AbortSignal): TimeLimit {
  const limit = new AbortController();
  const stop = clock.after(ms, () => limit.abort());
  return { signal: AbortSignal.any([outer, limit.signal]), passed: () => limit.signal.aborted, stop };
}
