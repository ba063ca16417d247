// How far models may go: today's use against its limits, and each provider's calls under way.
import type { ModelsView } from "../../../core/contract/index.ts";
import { usePermissions } from "../../state/permissions.ts";
import { exactTime } from "../../ui/times.ts";

export function ModelLimits() {
  const models = usePermissions((state) => state.models);
  if (!models) return null;
  const { model, providers, today } = models;
  return (
    <section aria-label="Models">
      <h2 className="security-head">Models</h2>
      <p className="security-note">
        {model.description} {model.leavesMachine ? "What it is asked leaves this machine." : "It answers on this machine."}
      </p>
      <p className="security-note">{todayText(today)}</p>
      {providers.length === 0 ? null : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Provider</th>
              <th scope="col">Under way</th>
              <th scope="col">Waiting</th>
              <th scope="col">This minute</th>
              <th scope="col">Left alone</th>
            </tr>
          </thead>
          <tbody>
            {providers.map((one) => (
              <tr key={one.origin}>
                <td className="code">{one.origin}</td>
                <td>{ofLimit(one.inFlight, one.concurrency, "calls")}</td>
                <td>{one.queued} calls</td>
                <td>
                  {ofLimit(one.requestsInMinute, one.requestsPerMinute, "requests")},{" "}
                  {ofLimit(one.tokensInMinute, one.tokensPerMinute, "tokens")}
                </td>
                <td>{one.heldUntil === null ? <span className="quiet">no</span> : `until ${exactTime(one.heldUntil)}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function todayText({ calls, usage, limits }: ModelsView["today"]): string {
  const tokens = usage.inputTokens + usage.outputTokens;
  const spent = (usage.microUsd ?? 0) / 1_000_000;
  const money = limits.usd > 0 ? `$${spent.toFixed(4)} of $${limits.usd}` : `$${spent.toFixed(4)}`;
  return `Today: ${ofLimit(calls, limits.calls, "calls")}, ${ofLimit(tokens, limits.tokens, "tokens")}, ${money}.`;
}

/** A limit of 0 is none. */
function ofLimit(now: number, limit: number, unit: string): string {
  return `${now.toLocaleString("en")}${limit > 0 ? ` of ${limit.toLocaleString("en")}` : ""} ${unit}`;
}
