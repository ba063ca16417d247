// An icon, a word and a colour, always in that order.
import type { LucideIcon } from "lucide-react";

export interface BadgeLook {
  readonly icon: LucideIcon;
  readonly word: string;
  readonly tone: string;
}

export function Badge({ look, title, turning, small }: { look: BadgeLook; title?: string; turning?: boolean; small?: boolean }) {
  const { icon: Icon, word, tone } = look;
  return (
    <span className={`badge${small ? " source-badge" : ""} tone-${tone}`} title={title}>
      <Icon className={`icon${turning ? " turning" : ""}`} aria-hidden />
      {word}
    </span>
  );
}
