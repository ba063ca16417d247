// What confines commands on this machine, and what was tried of it today.
import { Check, X } from "lucide-react";
import { usePermissions } from "../../state/permissions.ts";
import { Badge } from "../../ui/badge.tsx";
import { exactTime } from "../../ui/times.ts";

const held = { icon: Check, word: "Held", tone: "done" };
const broken = { icon: X, word: "Did not hold", tone: "failed" };

export function SandboxProof() {
  const sandbox = usePermissions((state) => state.sandbox);
  return (
    <section aria-label="Sandbox">
      <h2 className="security-head">Sandbox</h2>
      {sandbox === undefined ? (
        <p className="security-note quiet">Trying what a command could reach…</p>
      ) : (
        <>
          <p className="security-note">
            {sandbox.proven ? (
              <>
                Proven on this machine today, {exactTime(sandbox.at)}: commands run in {sandbox.by}, {sandbox.probes.length} probes held in{" "}
                {Math.round(sandbox.ms)} ms.
              </>
            ) : (
              <strong className="tone-failed">Not proven, so commands are off. {sandbox.remedy}</strong>
            )}
          </p>
          <table className="table">
            <tbody>
              {sandbox.probes.map(({ name, held: held_, says }) => (
                <tr key={name}>
                  <td>
                    <Badge look={held_ ? held : broken} />
                  </td>
                  <td>{name}</td>
                  <td className="quiet">{says}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
