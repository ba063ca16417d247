// The processes that a process has started, and those that they have, as the system lists them.
import { readdirSync, readFileSync } from "node:fs";

/** Of Linux only. Those that have ended and are not yet taken note of do not count. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(Number(name));
    if (stat && stat.state !== "Z") parents.set(Number(name), stat.parent);
  }
  const found: number[] = [];
  const look = (of: number) => {
    for (const [child, parent] of parents) {
      if (parent !== of || found.includes(child)) continue;
      found.push(child);
      look(child);
    }
  };
  look(pid);
  return found;
}

export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== "Z";
}

function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const [, state = "", parent = ""] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
