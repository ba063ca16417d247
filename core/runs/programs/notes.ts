// What is seen of a program while it runs, on its way into the log, up to a limit.
import type { ProgramNote } from "../../contract/program-notes.ts";
import type { Mask } from "../../security/mask.ts";

/** More say nothing that these don't, and a run is held in memory. */
const most = 20_000;

export class ProgramNotes {
  #waiting: ProgramNote[] = [];
  #count = 0;
  #keep: ((notes: readonly ProgramNote[]) => void) | undefined;
  readonly #mask: Mask;

  constructor(mask: Mask) {
    this.#mask = mask;
  }

  /** Returns how many of them were not taken. What is secret in them is hidden. */
  add(notes: readonly ProgramNote[]): number {
    const taken = notes.slice(0, Math.max(0, most - this.#count));
    if (taken.length === 0) return notes.length;
    this.#count += taken.length;
    const masked = this.#mask(taken);
    if (this.#keep) this.#keep(masked);
    else this.#waiting.push(...masked);
    return notes.length - taken.length;
  }

  /** From now on, with those that came before, each call in one event. Returns what ends it. */
  keepBy(keep: (notes: readonly ProgramNote[]) => void): () => void {
    this.#keep = keep;
    if (this.#waiting.length > 0) keep(this.#waiting.splice(0));
    return () => (this.#keep = () => {});
  }
}
