// Bugs to plant: ways in which code that must give the same for the same gives something else the next time.
import { randomUUID } from "node:crypto";
import { loadavg } from "node:os";

/** A value that is another one the next time. `elsewhere` is the machine of the second time. */
export type Plant = () => unknown;

const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map((entry) => ({ entry, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ entry }) => entry);
const letters = "abcdefghijklmnop".split("");
let calls = 0;
const seen: number[] = [];
const cache = new Map<string, number>();
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, Math.random() * 4));

export const plants: Readonly<Record<string, Plant>> = {
  "Date.now()": () => Date.now(),
  "new Date()": () => new Date().toISOString(),
  "performance.now()": () => performance.now(),
  "process.hrtime()": () => process.hrtime.bigint().toString(),
  "Math.random()": () => Math.random(),
  "randomUUID()": () => randomUUID(),
  "the order of a Map": () => [...new Map(shuffled(letters).map((key) => [key, 1])).keys()],
  "the order of a Set": () => [...new Set(shuffled(letters))],
  "the order of an object's keys": () => Object.keys(Object.fromEntries(shuffled(letters).map((key) => [key, 1]))),
  "a comparison that says anything": () => letters.toSorted(() => Math.random() - 0.5),
  "a counter of the module": () => (calls += 1),
  "a list of the module that grows": () => seen.push(1),
  "a cache that is warm the second time": () => {
    const hit = cache.get("it") ?? 0;
    cache.set("it", hit + 1);
    return hit;
  },
  "the machine's time zone": () => new Date(0).toString(),
  "the time zone of a format": () => new Intl.DateTimeFormat("en-GB", { timeStyle: "long" }).format(0),
  "the environment": () => process.env["BOTMOJO_PLANT"] ?? "none",
  // Two sums come out alike once in some hundreds; forty of them never.
  "the order in which sums of fractions are made": () =>
    Array.from({ length: 40 }, () =>
      shuffled([1e16, 1, -1e16, 3.3, 0.1, 7e15, -7e15, 2.7, 5e-3, 9e14, -9e14, 0.3]).reduce((sum, one) => sum + one / 3, 0),
    ),
  "who is first of those that race": async () => {
    const order: string[] = [];
    await Promise.all(letters.map(async (letter) => soon().then(() => order.push(letter))));
    return order.join("");
  },
  "what the machine has to do": () => [loadavg(), process.cpuUsage()],
  "the memory in use": () => process.memoryUsage(),
  "a failure that names the time": () => {
    throw new Error(`it failed at ${performance.now()}`);
  },
  "a failure now and then": () => {
    calls += 1;
    if (calls % 2 === 0) throw new Error("not this time");
    return 0;
  },
};

/** Does `work` on another machine, as far as this one can seem so. */
export async function elsewhere<T>(work: () => Promise<T>): Promise<T> {
  const { TZ, BOTMOJO_PLANT } = process.env;
  Object.assign(process.env, { TZ: "Asia/Tokyo", BOTMOJO_PLANT: "elsewhere" });
  try {
    return await work();
  } finally {
    putBack("TZ", TZ);
    putBack("BOTMOJO_PLANT", BOTMOJO_PLANT);
  }
}

function putBack(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
