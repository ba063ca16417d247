// Who can do what: agents with their tools, tools with their schemas.
import type { ToolView } from "../../core/contract/index.ts";
import { useRegistry } from "../state/registry.ts";
import { JsonText } from "../ui/json-text.tsx";
import { Empty, FailureNote } from "../ui/notice.tsx";

const effects: Record<ToolView["effect"], string> = {
  pure: "works out, touches nothing",
  reads: "only looks",
  idempotent: "safe to repeat",
  "at-most-once": "never repeated",
  unsafe: "asks first",
};

export function Registry() {
  const { agents, tools = [], failure } = useRegistry();
  return (
    <section className="panel screen" aria-label="Agents and tools">
      <div className="panel-head">
        <h1>Agents and tools</h1>
        <span className="quiet">{agents ? `${agents.length} agents, ${tools.length} tools` : ""}</span>
      </div>
      {failure ? <FailureNote failure={failure} /> : agents ? null : <Empty title="Asking who is there…" />}
      <div className="scroll" tabIndex={0} role="region" aria-label="Cards">
        <table className="table registry">
          <thead>
            <tr>
              <th>Agent</th>
              <th>What for</th>
              <th>Tools</th>
            </tr>
          </thead>
          <tbody>
            {agents?.map(({ name, description, tools: given }) => (
              <tr key={name}>
                <td>
                  <strong>{name}</strong>
                </td>
                <td>{description}</td>
                <td className="code quiet">{given.join(", ") || "none"}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table className="table registry">
          <thead>
            <tr>
              <th>Tool</th>
              <th>What for</th>
              <th>Effect</th>
              <th>Input</th>
            </tr>
          </thead>
          <tbody>
            {tools.map(({ name, description, effect, inputSchema }) => (
              <tr key={name}>
                <td className="code">{name}</td>
                <td>{description}</td>
                <td>{effects[effect]}</td>
                <td>
                  <details>
                    <summary>Schema</summary>
                    <JsonText value={inputSchema} />
                  </details>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
