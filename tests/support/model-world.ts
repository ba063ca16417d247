// What a host gives its models, with a clock on which nobody waits.
import { createModelPool } from "../../core/models/pool.ts";
import type { ModelWorld } from "../../core/models/providers.ts";
import { hastyClock } from "./hasty-clock.ts";

export function modelWorld(parts: Partial<ModelWorld> = {}): ModelWorld {
  const { clock = hastyClock() } = parts;
  // Always the same luck: none.
  const chance = (bytes: number) => Buffer.alloc(bytes);
  return { env: {}, clock, chance, pool: createModelPool(clock), answerTo: () => undefined, ...parts };
}
