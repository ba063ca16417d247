// What of a picture changes while its steps come along: how each line looks.
import type { StepStatus } from "../../../core/contract/index.ts";
import type { Line } from "./plan-picture.ts";

export type LineLook = "done" | "live" | "waiting" | "ahead" | "not-taken";

export interface LineEnd {
  readonly status: StepStatus;
  /** Undefined where it was not read. */
  readonly output: unknown;
}

/** Undefined where nothing was decided yet. */
export function takenBy(line: Line, from: LineEnd | undefined, to: LineEnd | undefined): boolean | undefined {
  if (line.guardedBy === "decide") {
    const { output } = from ?? {};
    if (from?.status !== "completed" || typeof output !== "object" || output === null || !("take" in output)) return undefined;
    const name = line.to.slice(line.to.lastIndexOf("/") + 1);
    return Array.isArray(output.take) && output.take.includes(name);
  }
  if (line.guardedBy === "error") return from?.status === "failed" ? true : from?.status === "completed" ? false : undefined;
  if (!to || to.status === "waiting") return undefined;
  return to.status !== "skipped";
}

export function lookOf(line: Line, from: LineEnd | undefined, to: LineEnd | undefined): LineLook {
  if (to?.status === "skipped" || from?.status === "skipped" || takenBy(line, from, to) === false) return "not-taken";
  if (from?.status !== "completed" && from?.status !== "failed") return "ahead";
  return to?.status === "running" ? "live" : "done";
}
