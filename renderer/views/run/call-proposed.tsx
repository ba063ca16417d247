// A call that needs leave, as a person is to judge it: what it would do, and why it asks.
import { TriangleAlert } from "lucide-react";
import { visibleText, type CallProposal } from "../../../core/contract/index.ts";
import { JsonText } from "../../ui/json-text.tsx";

export function CallProposed({ call }: { call: CallProposal }) {
  const { tool, agent, command, hosts, paths, input, rule, also, from } = call;
  return (
    <div className="review-proposal call-proposed" role="region" aria-label="What is proposed" tabIndex={0}>
      {from.length > 0 ? (
        <p className="call-from tone-waiting">
          <TriangleAlert className="icon" aria-hidden /> What it is to do may come from {visibleText(from.join(", "))}, not from you.
        </p>
      ) : null}
      <dl>
        {command === null ? null : (
          <>
            <dt>Command</dt>
            <dd>
              <pre className="code">{visibleText(command)}</pre>
            </dd>
          </>
        )}
        {hosts.length > 0 ? <Row name="Reaches" values={hosts} /> : null}
        {paths.length > 0 ? <Row name={command === null ? "Touches" : "Starts in"} values={paths} /> : null}
        <dt>Arguments</dt>
        <dd>
          <JsonText value={input} exact />
        </dd>
        <dt>Asked by</dt>
        <dd>
          <span className="code">{tool}</span> for {agent === "plan" ? "the plan" : agent}, by the rule <span className="code">{rule}</span>
          {also.length > 0 ? <span className="quiet"> {visibleText(also.join(" "))}</span> : null}
        </dd>
      </dl>
    </div>
  );
}

function Row({ name, values }: { name: string; values: readonly string[] }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="code">{visibleText(values.join("\n"))}</dd>
    </>
  );
}
