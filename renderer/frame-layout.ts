// What stands beside what, for the room there is. A zoom of 200 % is a window of half the size.

export interface FrameLayout {
  /** Beside the work, or over it when asked for. */
  readonly sides: "beside" | "over";
  /** The REPL beside the log, or a tab of the console. */
  readonly repl: "beside" | "tab";
  /** Too low for a console that nobody asked for. */
  readonly low: boolean;
  /** Shares of the window's width or height, in per cent. */
  readonly shares: { readonly list: string; readonly inspector: string; readonly console: string };
}

/** Both in CSS pixels. */
export function frameLayout(width: number, height: number): FrameLayout {
  const low = height < 600;
  return {
    sides: width < 900 ? "over" : "beside",
    repl: width < 900 ? "tab" : "beside",
    low,
    shares: {
      list: "18%",
      inspector: width < 1280 ? "30%" : "31%",
      console: low ? "50%" : "27%",
    },
  };
}
