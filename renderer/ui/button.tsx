// What can be done: an icon, a verb and its key.
import type { LucideIcon } from "lucide-react";
import { Keys } from "./keys.tsx";

interface ButtonProps {
  readonly icon?: LucideIcon;
  readonly word: string;
  readonly keys?: string;
  /** What it does, where the word does not say it all. */
  readonly says?: string;
  /** What comes next, most likely; Enter takes it. */
  readonly main?: boolean;
  /** Only its icon where there is little room. */
  readonly short?: boolean;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly onClick: () => void;
}

export function Button({ icon: Icon, word, keys, says, main = false, short = false, disabled = false, pressed, onClick }: ButtonProps) {
  const title = [says ?? word, keys && `(${keys.replace("Mod", "Ctrl").replaceAll("+", " ")})`].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      className={`button${short ? " short" : ""}${main ? " main" : ""}`}
      title={title}
      disabled={disabled}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {Icon ? <Icon className={`icon${pressed ? " tone-failed" : ""}`} aria-hidden /> : null} <span className="word">{word}</span>{" "}
      {keys ? <Keys keys={keys} /> : null}
    </button>
  );
}
