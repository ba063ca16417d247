// Where a command prints: results to one stream, everything else to the other; tables that fit; colour where wanted.
import { harmlessText } from "../../contract/visible-text.ts";

export interface Terminal {
  /** Results only. */
  readonly out: (text: string) => void;
  /** Progress, notes and errors. */
  readonly err: (text: string) => void;
  readonly columns: number;
  readonly colour: boolean;
}

type Tint = "dim" | "red" | "green" | "yellow" | "cyan" | "bold";

const codes: Record<Tint, string> = { dim: "2", red: "31", green: "32", yellow: "33", cyan: "36", bold: "1" };

export function tint(terminal: Terminal, colour: Tint, text: string): string {
  return terminal.colour ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
}

/** Text from outside, made harmless for a terminal: escape sequences and other control characters become visible. */
export function plain(text: string): string {
  return harmlessText(text);
}

/** Columns side by side; the last one is cut where the terminal ends. */
export function table(terminal: Terminal, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const flat = rows.map((row) =>
    row.map((cell, column) => cut(plain(cell).replaceAll(/\s+/g, " "), column < row.length - 1 ? widest : Infinity)),
  );
  const widths = head.map((title, column) => Math.max(title.length, ...flat.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => {
    return cut(
      cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join("  "),
      terminal.columns,
    );
  };
  return `${[tint(terminal, "dim", line(head)), ...flat.map(line)].join("\n")}\n`;
}

const widest = 60;

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
