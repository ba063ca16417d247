// Where the person is in the window; kept for the next time.
import { create } from "zustand";

export const screens = ["runs", "memory", "agents", "settings"] as const;
export type Screen = (typeof screens)[number];
export type Theme = "system" | "dark" | "light";

interface ScreenState {
  readonly screen: Screen;
  readonly theme: Theme;
  readonly console: boolean;
  readonly overlay: "palette" | "keys" | "model" | undefined;
  /** The tour's card on show; undefined when it is over. */
  readonly tour: number | undefined;
  readonly toured: boolean;
  readonly goal: string;
  readonly history: readonly string[];
}

const key = "botmojo.screen";
type Kept = Pick<ScreenState, "screen" | "theme" | "console" | "toured" | "history">;

function recall(): Kept {
  const usual: Kept = { screen: "runs", theme: "system", console: true, toured: false, history: [] };
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Kept>) };
  } catch {
    return usual;
  }
}

export const useScreen = create<ScreenState>(() => ({ ...recall(), overlay: undefined, tour: undefined, goal: "" }));

useScreen.subscribe(({ screen, theme, console, toured, history }) => {
  localStorage.setItem(key, JSON.stringify({ screen, theme, console, toured, history }));
});

export function goTo(screen: Screen): void {
  useScreen.setState({ screen, overlay: undefined });
}

export function nextTheme(): void {
  const order: readonly Theme[] = ["system", "dark", "light"];
  useScreen.setState(({ theme }) => ({ theme: order[(order.indexOf(theme) + 1) % order.length] ?? "system" }));
}
