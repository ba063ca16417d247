// Where the window was last time, kept in a small file and never trusted blindly.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

const State = z.object({
  x: z.int().optional(),
  y: z.int().optional(),
  width: z.int().min(400).max(20_000),
  height: z.int().min(300).max(20_000),
  maximised: z.boolean(),
});
export type WindowState = z.infer<typeof State>;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const usual: WindowState = { width: 1440, height: 900, maximised: false };

export function readWindowState(file: string): WindowState {
  try {
    return State.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return usual;
  }
}

export function writeWindowState(file: string, state: WindowState): void {
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Kept inside a display that is still there; a place on one that is gone is forgotten. */
export function fitToDisplays(state: WindowState, displays: readonly Area[]): WindowState {
  const { x, y, maximised } = state;
  const home = displays.find(
    (area) =>
      x !== undefined &&
      y !== undefined &&
      x >= area.x - 50 &&
      x < area.x + area.width - 100 &&
      y >= area.y - 10 &&
      y < area.y + area.height - 100,
  );
  const area = home ?? displays[0];
  if (!area) return state;
  const size = { width: Math.min(state.width, area.width), height: Math.min(state.height, area.height), maximised };
  return home && x !== undefined && y !== undefined ? { ...size, x, y } : size;
}
