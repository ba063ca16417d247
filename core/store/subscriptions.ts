// Waiting for news. Whoever follows the log keeps a cursor, reads on from it, and sleeps here when there is nothing
// new: nothing is missed and nothing comes twice, however often a door reconnects.

/** A call to wake up, kept when nobody waits yet. */
export function bell(): { ring(): void; next(signal: AbortSignal): Promise<void> } {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async next(signal) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
        wake = undefined;
      }
      rung = false;
    },
  };
}
