// Where runs are held: what is set, how often it held this run, and a line to set another.
import { CircleAlert, Trash2 } from "lucide-react";
import { useMemo } from "react";
import type { PausePoint } from "../../../core/contract/index.ts";
import {
  addDraft,
  breakpointRows,
  breakPlaces,
  enableBreakpoint,
  readBreakpoint,
  removeBreakpoint,
  useBreakpoints,
  type BreakpointRow,
} from "../../state/breakpoints.ts";
import { useRegistry } from "../../state/registry.ts";
import { useRun } from "../../state/run.ts";
import { Empty } from "../../ui/notice.tsx";
import { Keys } from "../../ui/keys.tsx";

export function BreakpointTable() {
  const list = useBreakpoints((state) => state.list);
  const run = useRun((state) => state.newest);
  const rows = useMemo(() => breakpointRows(list, run), [list, run]);
  const heldBy = run?.pause?.breakpoint;
  return (
    <div className="scroll breakpoints" role="region" aria-label="Breakpoints" tabIndex={0}>
      <DraftLine />
      {rows.length === 0 ? (
        <Empty title="Nothing holds a run">
          A breakpoint set here is for the next run, and for this one while it is under way. On a step: Break here <Keys keys="H" />
        </Empty>
      ) : (
        <table className="table breakpoint-table">
          <thead>
            <tr>
              <th>On</th>
              <th>Before</th>
              <th>Condition</th>
              <th>From hit</th>
              <th>Held here</th>
              <th>In force</th>
              <th>
                <span className="unseen">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.text} row={row} now={row.text === heldBy} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Row({ row, now }: { row: BreakpointRow; now: boolean }) {
  const { text, enabled, here, kept, held } = row;
  const parts = readBreakpoint(text);
  return (
    <tr className={now ? "held-now" : undefined} data-breakpoint={text}>
      <td>
        <input type="checkbox" aria-label={`${text} is on`} checked={enabled} onChange={() => void enableBreakpoint(text, !enabled)} />
      </td>
      <td className="code">
        {parts ? (parts.name === "" ? `any ${parts.on}` : `${parts.on} ${parts.name}`) : text}
        {parts?.once ? <span className="quiet"> once</span> : null}
      </td>
      <td className="code" title={parts?.condition}>
        {parts?.condition ? parts.condition : <span className="quiet">always</span>}
      </td>
      <td className="number">{parts?.from ?? 1}</td>
      <td className="number">{held} ×</td>
      <td>{now ? <span className="tone-waiting">Holds it now</span> : inForce(enabled, here, kept)}</td>
      <td>
        <button
          type="button"
          className="plain-button"
          aria-label={`Remove ${text}`}
          title="Remove"
          onClick={() => void removeBreakpoint(text)}
        >
          <Trash2 className="icon" aria-hidden />
        </button>
      </td>
    </tr>
  );
}

function inForce(enabled: boolean, here: boolean, kept: boolean): string {
  if (!enabled) return "Off";
  if (here) return kept ? "This run and the next" : "This run only";
  return "Next runs";
}

const hints: Readonly<Record<PausePoint["on"], string>> = {
  step: "step, or any",
  agent: "agent, or any",
  model: "model, or any",
  tool: "tool or step, or any",
  memory: "tool that keeps, or any",
  budget: "tokens, cost, calls, time, or any",
};

/** One line: where, under which condition, from which hit on. */
function DraftLine() {
  const { draft, says } = useBreakpoints();
  const names = useNames(draft.on);
  const write = (change: Partial<typeof draft>) => useBreakpoints.setState({ draft: { ...draft, ...change }, says: undefined });
  return (
    <form
      className="breakpoint-line"
      onSubmit={(event) => {
        event.preventDefault();
        void addDraft();
      }}
    >
      <label htmlFor="break-on">Hold before</label>
      <select id="break-on" className="field" value={draft.on} onChange={(event) => write({ on: event.target.value as PausePoint["on"] })}>
        {breakPlaces.map((place) => (
          <option key={place} value={place}>
            {place}
          </option>
        ))}
      </select>
      <input
        className="field code"
        aria-label="Name"
        list="break-names"
        placeholder={hints[draft.on]}
        value={draft.name}
        onChange={(event) => write({ name: event.target.value })}
      />
      <datalist id="break-names">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <label htmlFor="break-condition">if</label>
      <input
        id="break-condition"
        className="field code break-condition"
        placeholder='input.expression == "2+2"'
        title="A condition in CEL over input, name and step; in a replay also differs"
        aria-invalid={says !== undefined}
        aria-describedby={says === undefined ? undefined : "break-says"}
        value={draft.condition}
        onChange={(event) => write({ condition: event.target.value })}
      />
      <label htmlFor="break-from">from hit</label>
      <input
        id="break-from"
        className="field code break-from"
        inputMode="numeric"
        value={Number.isNaN(draft.from) ? "" : draft.from}
        onChange={(event) => write({ from: event.target.value === "" ? Number.NaN : Number(event.target.value) })}
      />
      <label className="break-once" title="It is gone once it has held a run">
        <input type="checkbox" checked={draft.once} onChange={(event) => write({ once: event.target.checked })} /> once
      </label>
      <button type="submit" className="button">
        Add <Keys keys="Enter" />
      </button>
      {says === undefined ? null : (
        <p id="break-says" className="in-place tone-failed" role="alert">
          <CircleAlert className="icon" aria-hidden /> {says}
        </p>
      )}
    </form>
  );
}

/** What stands to be named, from the host and the run on show. */
function useNames(on: PausePoint["on"]): readonly string[] {
  const { agents = [], tools = [] } = useRegistry();
  const run = useRun((state) => state.newest);
  const steps = run ? [...run.statuses.keys()].slice(0, 200) : [];
  switch (on) {
    case "step":
      return steps;
    case "agent":
      return agents.map(({ name }) => name);
    case "model":
      return run ? [run.model] : [];
    case "tool":
      return tools.map(({ name }) => name);
    case "memory":
      return tools.flatMap(({ name, effect }) => (effect === "pure" ? [] : name));
    case "budget":
      return ["tokens", "cost", "calls", "time"];
  }
}
