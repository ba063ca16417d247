// Agents across, tools down; in each cell what is said of a call while its arguments are not known.
import type { KeyboardEvent } from "react";
import type { PolicyCell, PolicyMatrix } from "../../../core/contract/index.ts";
import { openRule, usePermissions } from "../../state/permissions.ts";
import { LeaveBadge } from "../../ui/leave-badge.tsx";

export function PermissionMatrix({ matrix: { agents, rows } }: { matrix: PolicyMatrix }) {
  const draft = usePermissions((state) => state.draft);
  return (
    <table className="table matrix" onKeyDown={moveInTable}>
      <caption className="unseen">What each agent may do with each tool; a cell opens a rule for both</caption>
      <thead>
        <tr>
          <th scope="col">Tool</th>
          {agents.map((agent) => (
            <th key={agent} scope="col">
              {agent}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ tool, cells }) => (
          <tr key={tool}>
            <th scope="row" className="code">
              {tool}
            </th>
            {cells.map((cell) => (
              <td key={cell.agent}>
                {cell.given ? (
                  <button
                    type="button"
                    className="matrix-cell"
                    aria-pressed={draft?.tool === tool && draft.agent === cell.agent}
                    title={whyOf(cell)}
                    onClick={() => openRule(tool, cell.agent, cell.usual.leave)}
                  >
                    <LeaveBadge leave={cell.usual.leave} />
                    {exceptions(cell) > 0 ? <span className="quiet number">+{exceptions(cell)}</span> : null}
                    <span className="unseen">
                      {" "}
                      {cell.agent} {tool}
                    </span>
                  </button>
                ) : (
                  <span className="matrix-none quiet" title={`The agent ${cell.agent} was not given ${tool}.`}>
                    <span aria-hidden>·</span>
                    <span className="unseen">Not given</span>
                  </span>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** In how many ways a call may be judged otherwise than is usual. */
function exceptions({ usual, tainted, narrower }: PolicyCell): number {
  return narrower.length + (tainted === usual.leave ? 0 : 1);
}

function whyOf({ usual, tainted, narrower }: PolicyCell): string {
  const lines = [`${usual.rule}: ${usual.reason}`];
  if (tainted !== usual.leave) lines.push(`Arguments that may come from outside: ${tainted}.`);
  for (const { rule, decide } of narrower) lines.push(`${rule} may ${decide} it, by its arguments.`);
  return lines.join("\n");
}

const moves: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** Arrows go from cell to cell, over those that hold nothing. */
function moveInTable(event: KeyboardEvent<HTMLTableElement>): void {
  const [down, right] = moves[event.key] ?? [0, 0];
  const cell = (event.target as HTMLElement).closest("td");
  if (!cell || (down === 0 && right === 0)) return;
  event.preventDefault();
  event.stopPropagation();
  const table = event.currentTarget;
  let row = (cell.parentElement as HTMLTableRowElement).rowIndex;
  let column = cell.cellIndex;
  for (;;) {
    row += down;
    column += right;
    const next = table.rows[row]?.cells[column];
    if (!next) return;
    const button = next.querySelector("button");
    if (button) return button.focus();
  }
}
