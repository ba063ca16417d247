// What policy says of a call.
import { Ban, Check, Hand, Minus } from "lucide-react";
import type { Leave } from "../../core/contract/index.ts";
import { Badge, type BadgeLook } from "./badge.tsx";

const looks: Readonly<Record<Leave | "not given", BadgeLook>> = {
  allow: { icon: Check, word: "Allow", tone: "done" },
  ask: { icon: Hand, word: "Ask", tone: "waiting" },
  deny: { icon: Ban, word: "Deny", tone: "failed" },
  "not given": { icon: Minus, word: "Not given", tone: "quiet" },
};

export function LeaveBadge({ leave }: { leave: Leave | "not given" }) {
  return <Badge look={looks[leave]} />;
}
