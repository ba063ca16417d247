// Where the person is in the window; kept for the next time.
import { create } from "zustand";

export const screens = ["runs", "memory", "agents", "settings", "security"] as const;
export type Screen = (typeof screens)[number];
export type Theme = "system" | "dark" | "light";
export type Side = "list" | "inspector";
export type ConsoleTab = "Log" | "Events" | "Breakpoints" | "REPL";

interface ScreenState {
  readonly screen: Screen;
  readonly theme: Theme;
  readonly console: boolean;
  /** Goals are held after their triage, for their plan to be looked at. */
  readonly planFirst: boolean;
  readonly consoleTab: ConsoleTab;
  /** Whether each side stands beside the run, where there is room for it. */
  readonly list: boolean;
  readonly inspector: boolean;
  /** Where there is none: the side that lies over the run. */
  readonly over: Side | undefined;
  readonly overlay: "palette" | "keys" | "model" | "compare" | "undo" | "replay" | undefined;
  /** The tour's card on show; undefined when it is over. */
  readonly tour: number | undefined;
  readonly toured: boolean;
  readonly goal: string;
  readonly history: readonly string[];
  /** The run that was open last. */
  readonly run: string | undefined;
}

const key = "botmojo.screen";
const keptNames = ["screen", "theme", "console", "consoleTab", "planFirst", "list", "inspector", "toured", "history", "run"] as const;
type Kept = Pick<ScreenState, (typeof keptNames)[number]>;

function recall(): Kept {
  const usual: Kept = {
    screen: "runs",
    theme: "system",
    console: true,
    consoleTab: "Log",
    planFirst: false,
    list: true,
    inspector: true,
    toured: false,
    history: [],
    run: undefined,
  };
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Kept>) };
  } catch {
    return usual;
  }
}

export const useScreen = create<ScreenState>(() => ({
  ...recall(),
  over: undefined,
  overlay: undefined,
  tour: undefined,
  goal: "",
}));

useScreen.subscribe((state) => {
  localStorage.setItem(key, JSON.stringify(Object.fromEntries(keptNames.map((name) => [name, state[name]]))));
});

export function goTo(screen: Screen): void {
  useScreen.setState({ screen, overlay: undefined, over: undefined });
}

/** Shows or hides a side; `over` says that it has no room beside the run. */
export function toggleSide(side: Side, over: boolean): void {
  useScreen.setState((state) => (over ? { over: state.over === side ? undefined : side } : { [side]: !state[side] }));
}

export function endTour(): void {
  useScreen.setState({ tour: undefined, toured: true, over: undefined });
}

export function nextTheme(): void {
  const order: readonly Theme[] = ["system", "dark", "light"];
  useScreen.setState(({ theme }) => ({ theme: order[(order.indexOf(theme) + 1) % order.length] ?? "system" }));
}
