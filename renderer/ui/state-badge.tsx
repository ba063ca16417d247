// How a run or a step stands.
import { Ban, Check, CircleDashed, Hand, LoaderCircle, Minus, Pause, X } from "lucide-react";
import type { RunStatus, StepStatus } from "../../core/contract/index.ts";
import { Badge, type BadgeLook } from "./badge.tsx";

/** `asks`: nothing is left to do until a person answers, or a time comes. */
type Shown = RunStatus | StepStatus | "asks";

const looks: Readonly<Record<Shown, BadgeLook>> = {
  waiting: { icon: CircleDashed, word: "Queued", tone: "quiet" },
  asks: { icon: Hand, word: "Waiting", tone: "waiting" },
  running: { icon: LoaderCircle, word: "Running", tone: "running" },
  paused: { icon: Pause, word: "Held", tone: "waiting" },
  completed: { icon: Check, word: "Done", tone: "done" },
  failed: { icon: X, word: "Failed", tone: "failed" },
  cancelled: { icon: Ban, word: "Cancelled", tone: "cancelled" },
  skipped: { icon: Minus, word: "Not taken", tone: "quiet" },
};

export function StateIcon({ status }: { status: Shown }) {
  const { icon: Icon, tone, word } = looks[status];
  return <Icon className={`icon tone-${tone}${status === "running" ? " turning" : ""}`} aria-label={word} role="img" />;
}

export function StateBadge({ status }: { status: Shown }) {
  return <Badge look={looks[status]} turning={status === "running"} />;
}
