// Signals pass by whoever listens now and are not kept.
import type { Signal } from "../contract/events.ts";

export interface Signals {
  send(signal: Signal): void;
  listen(listener: (signal: Signal) => void): () => void;
}

export function createSignals(): Signals {
  const listeners = new Set<(signal: Signal) => void>();
  return {
    send: (signal) => listeners.forEach((listener) => listener(signal)),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
