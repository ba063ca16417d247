// How a command ended, as a number for scripts.
import type { FailureCode } from "../../contract/failure.ts";

export const exitCodes = { done: 0, failed: 1, misuse: 2, waiting: 3, denied: 4, unreachable: 5, interrupted: 130 } as const;

export function exitCodeOf(code: FailureCode): number {
  switch (code) {
    case "input.invalid":
    case "config.invalid":
    case "not.found":
    case "datadir.invalid":
      return exitCodes.misuse;
    case "denied":
      return exitCodes.denied;
    case "host.busy":
    case "host.unreachable":
    case "storage.unwritable":
    case "storage.newer":
    case "storage.damaged":
    case "storage.full":
      return exitCodes.unreachable;
    case "conflict":
    case "cancelled":
    case "timeout":
    case "budget.exceeded":
    case "model.needed":
    case "model.unreachable":
    case "model.refused":
    case "model.nonsense":
    case "tool.failed":
    case "internal":
      return exitCodes.failed;
  }
}
