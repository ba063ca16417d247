// The reminders that are due: those that the person was told and has not said to be done.
import { create } from "zustand";
import type { ReminderView } from "../../core/contract/index.ts";
import { call, keepStreaming } from "./link.ts";

export const useReminders = create<{ readonly due: readonly ReminderView[] }>(() => ({ due: [] }));

export function followReminders(): () => void {
  return keepStreaming(async (client, signal) => {
    for await (const all of await client.reminders.watch(undefined, { signal })) {
      useReminders.setState({ due: all.filter(({ toldAt }) => toldAt !== null) });
    }
  });
}

/** It leaves the window when the host says so. */
export function finish({ id }: ReminderView): void {
  void call((client) => client.reminders.end({ id, how: "done" }));
}
