// The events of the run on show as they stand in the log, a page at a time around where a person looks.
import { create } from "zustand";
import type { Event } from "../../core/contract/index.ts";
import { call } from "./link.ts";
import { useRun } from "./run.ts";

export const eventsOnPage = 200;
const mostPages = 12;

/** Pages by their number, from 0; the one looked at last comes last. */
export const useEventPages = create<{ readonly pages: ReadonlyMap<number, readonly Event[]> }>(() => ({ pages: new Map() }));

const asked = new Set<number>();

useRun.subscribe(({ id, newest, fresh }, before) => {
  if (id !== before.id) {
    asked.clear();
    useEventPages.setState({ pages: new Map() });
  } else if (fresh !== before.fresh && newest) add(fresh);
});

/** To the pages that end just before these events. */
function add(fresh: readonly Event[]): void {
  if (useEventPages.getState().pages.size === 0) return;
  useEventPages.setState(({ pages }) => {
    const changed = new Map(pages);
    for (const event of fresh) {
      for (const [number, events] of changed) {
        const last = events.at(-1);
        const whole = events.length === eventsOnPage;
        if (!last || whole || last.seq >= event.seq) continue;
        changed.set(number, [...events, event]);
      }
    }
    return { pages: changed };
  });
}

/** Reads the pages that hold these places. */
export function wantEvents(from: number, to: number): void {
  const { pages } = useEventPages.getState();
  for (let number = Math.floor(from / eventsOnPage); number <= Math.floor(to / eventsOnPage); number += 1) {
    if (!pages.has(number) && !asked.has(number)) void load(number);
  }
}

async function load(number: number): Promise<void> {
  const { id: run } = useRun.getState();
  if (!run) return;
  asked.add(number);
  const answer = await call((client) => client.events.list({ run, place: number * eventsOnPage, limit: eventsOnPage }));
  asked.delete(number);
  if (!answer.ok || useRun.getState().id !== run) return;
  useEventPages.setState(({ pages }) => ({ pages: new Map([...[...pages].slice(1 - mostPages), [number, answer.value] as const]) }));
}
