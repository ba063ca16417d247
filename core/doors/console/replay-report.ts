// What came of a replay, in two lines.
import type { ReplayReport } from "../../contract/replay.ts";
import { plain, tint, type Terminal } from "./terminal.ts";

export function sayReport(terminal: Terminal, run: string, report: ReplayReport): void {
  const { firstDivergence: first, ...counts } = report;
  const said = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  terminal.err(`${run}: ${said.join(", ")}\n`);
  if (first) terminal.err(`${tint(terminal, "yellow", `First divergence at ${first.key}, ${first.cause}:`)} ${plain(first.says)}\n`);
}
