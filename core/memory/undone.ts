// What an undo takes back stays in its table, marked, so that it can come back.
import type { UndoDirection } from "../contract/undo.ts";
import type { Writer } from "../store/database.ts";

/** Table and column are written here in the code, never taken from outside. */
export function markUndone(
  writer: Writer,
  table: "items" | "messages",
  column: "id" | "seq",
  keys: readonly (string | number)[],
  direction: UndoDirection,
): void {
  const sql = `UPDATE ${table} SET undone = ? WHERE ${column} IN (SELECT value FROM json_each(?))`;
  if (keys.length > 0) writer.run(sql, direction === "undo" ? 1 : 0, JSON.stringify(keys));
}
