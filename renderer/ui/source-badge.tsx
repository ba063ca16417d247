// Where an answer or a run came from: the world, a record, a person, or another run.
import { Disc3, GitFork, Pencil, Radio } from "lucide-react";
import { Badge, type BadgeLook } from "./badge.tsx";

export type Source = "live" | "recorded" | "edited" | "static" | "simulated" | "cached" | "fork";

const looks: Readonly<Record<Source, BadgeLook>> = {
  live: { icon: Radio, word: "Live", tone: "live" },
  recorded: { icon: Disc3, word: "Recorded", tone: "recorded" },
  edited: { icon: Pencil, word: "Edited", tone: "edited" },
  static: { icon: Pencil, word: "Static", tone: "edited" },
  simulated: { icon: Disc3, word: "Simulated", tone: "recorded" },
  cached: { icon: Disc3, word: "From cache", tone: "recorded" },
  fork: { icon: GitFork, word: "Fork", tone: "edited" },
};

export function SourceBadge({ source }: { source: Source }) {
  return <Badge look={looks[source]} small />;
}
