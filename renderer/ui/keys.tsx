// Keys beside the words of what they do.

const apple = typeof navigator !== "undefined" && navigator.platform.startsWith("Mac");

const symbols: Readonly<Record<string, string>> = { Mod: apple ? "⌘" : "Ctrl", Shift: "⇧", ArrowLeft: "←", ArrowRight: "→", Enter: "↵" };

/** "Mod+K" as the platform writes it. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span className="keys" aria-hidden>
      {keys.split("+").map((key) => (
        <kbd key={key}>{symbols[key] ?? key}</kbd>
      ))}
    </span>
  );
}
