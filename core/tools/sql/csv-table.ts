// A CSV file as a table: the first line names the columns, and a column whose every value is a number holds numbers.
import { parse } from "csv-parse/sync";

export interface CsvFile {
  /** The table's name. */
  readonly name: string;
  readonly text: string;
  readonly tabs: boolean;
}

export interface CsvTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: "INTEGER" | "REAL" | "TEXT" }[];
  /** Nothing between two commas is null. */
  readonly rows: readonly (readonly (string | number | bigint | null)[])[];
}

const mostColumns = 500;

/** A CSV file that is no table. */
export class UnreadableFile extends Error {}

/** @throws UnreadableFile that says in which line it can't be read */
export function csvTable({ name, text, tabs }: CsvFile): CsvTable {
  const [head = [], ...rest] = recordsOf(name, text, tabs ? "\t" : delimiterOf(text));
  if (head.length === 0) throw new UnreadableFile(`${name} has no line that names its columns`);
  if (head.length > mostColumns) throw new UnreadableFile(`${name} has more than ${mostColumns} columns`);
  const columns = namesOf(head).map((column, index) => ({ name: column, type: typeOf(rest, index) }));
  const rows = rest.map((record) => columns.map(({ type }, index) => valueOf(record[index] ?? "", type)));
  return { name, columns, rows };
}

function recordsOf(name: string, text: string, delimiter: string): string[][] {
  try {
    return parse(text, { bom: true, delimiter, skip_empty_lines: true });
  } catch (error) {
    throw new UnreadableFile(`${name} can't be read as CSV: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What the first line is divided by most often. */
function delimiterOf(text: string): string {
  const [first = ""] = text.split("\n", 1);
  const plain = first.replaceAll(/"[^"]*"/g, "");
  const counted = [",", ";", "\t"].map((sign) => [sign, plain.split(sign).length] as const);
  return counted.reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** As they stand, those that are missing or there twice with their number. */
function namesOf(head: readonly string[]): string[] {
  const taken = new Set<string>();
  return head.map((given, index) => {
    const plain = given.trim() || `column${index + 1}`;
    const name = taken.has(plain.toLowerCase()) ? `${plain}_${index + 1}` : plain;
    taken.add(name.toLowerCase());
    return name;
  });
}

function typeOf(rows: readonly (readonly string[])[], index: number): "INTEGER" | "REAL" | "TEXT" {
  let type: "INTEGER" | "REAL" | undefined;
  for (const row of rows) {
    const value = row[index] ?? "";
    if (value === "") continue;
    if (!isNumber(value)) return "TEXT";
    type = type !== "REAL" && /^[-+]?\d+$/.test(value) ? "INTEGER" : "REAL";
  }
  return type ?? "TEXT";
}

/** A number that comes out as it went in: 007 is a name, and so is what is longer than a number can hold. */
function isNumber(value: string): boolean {
  return value.length <= 18 && /^[-+]?(0|[1-9]\d*)(\.\d+)?(e[-+]?\d{1,2})?$/i.test(value);
}

function valueOf(value: string, type: "INTEGER" | "REAL" | "TEXT"): string | number | bigint | null {
  if (value === "") return null;
  if (type === "TEXT") return value;
  const number = Number(value);
  return type === "INTEGER" && !Number.isSafeInteger(number) ? BigInt(value) : number;
}
