// Where an answer or a run came from: the world, a record, a person, or another run.
import { Disc3, GitFork, Pencil, Radio, type LucideIcon } from "lucide-react";

export type Source = "live" | "recorded" | "edited" | "static" | "simulated" | "fork";

const looks: Readonly<Record<Source, { icon: LucideIcon; word: string; tone: string }>> = {
  live: { icon: Radio, word: "Live", tone: "live" },
  recorded: { icon: Disc3, word: "Recorded", tone: "recorded" },
  edited: { icon: Pencil, word: "Edited", tone: "edited" },
  static: { icon: Pencil, word: "Given", tone: "edited" },
  simulated: { icon: Disc3, word: "Simulated", tone: "recorded" },
  fork: { icon: GitFork, word: "Fork", tone: "edited" },
};

export function SourceBadge({ source }: { source: Source }) {
  const { icon: Icon, word, tone } = looks[source];
  return (
    <span className={`badge source-badge tone-${tone}`}>
      <Icon className="icon" aria-hidden />
      {word}
    </span>
  );
}
