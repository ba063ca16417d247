// Chance as an argument, and the ids made of it. The simulation passes a seeded one.
import { randomFillSync } from "node:crypto";

/** So many bytes that nobody can foretell; the simulation's follow from its seed. */
export type Chance = (bytes: number) => Buffer;

const drawnAtOnce = 4096;

/** The system's cryptographic source, drawn in large portions because each draw is a call into the system. */
export function systemChance(): Chance {
  const drawn = Buffer.alloc(drawnAtOnce);
  let used = drawnAtOnce;
  return (bytes) => {
    if (used + bytes > drawnAtOnce) {
      randomFillSync(drawn);
      used = 0;
    }
    used += bytes;
    return Buffer.from(drawn.subarray(used - bytes, used));
  };
}

/** `run_0mf3k2a9x7q1`: sorts by time, nine characters of the milliseconds and then six of chance. */
export function newId(noun: string, now: number, chance: Chance): string {
  const digits = chance(4).readUInt32BE(0).toString(36).padStart(7, "0").slice(-6);
  return `${noun}_${now.toString(36).padStart(9, "0")}${digits}`;
}
