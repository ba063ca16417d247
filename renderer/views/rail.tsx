// The screens, one icon each.
import { Bot, Brain, Play, ShieldCheck, SlidersHorizontal, type LucideIcon } from "lucide-react";
import { goTo, useScreen, type Screen } from "../state/screen.ts";

const entries: readonly { screen: Screen; name: string; icon: LucideIcon }[] = [
  { screen: "runs", name: "Runs", icon: Play },
  { screen: "memory", name: "Memory", icon: Brain },
  { screen: "agents", name: "Agents and tools", icon: Bot },
  { screen: "settings", name: "Settings", icon: SlidersHorizontal },
  { screen: "security", name: "Security", icon: ShieldCheck },
];

export function Rail() {
  const screen = useScreen((state) => state.screen);
  return (
    <nav className="rail" aria-label="Screens">
      <span className="rail-mark" aria-hidden>
        B<i />
      </span>
      {entries.map(({ screen: name, name: label, icon: Icon }, index) => (
        <button
          key={name}
          type="button"
          className="rail-entry"
          aria-current={screen === name ? "page" : undefined}
          title={`${label}  ${index + 1}`}
          aria-label={label}
          onClick={() => goTo(name)}
        >
          <Icon className="icon" aria-hidden />
        </button>
      ))}
    </nav>
  );
}
