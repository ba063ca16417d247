// The rules in force, file by file; the person's own can be taken out.
import { Trash2 } from "lucide-react";
import { RunId, ruleWords, type PolicyRule, type PolicySetView } from "../../../core/contract/index.ts";
import { removeRule, runUnderWay, usePermissions } from "../../state/permissions.ts";
import { useRun } from "../../state/run.ts";
import { LeaveBadge } from "../../ui/leave-badge.tsx";
import { FailureNote } from "../../ui/notice.tsx";

export function RuleList() {
  const files = usePermissions((state) => state.sets);
  const run = useRun(runUnderWay);
  const sets: readonly PolicySetView[] = run
    ? [...files, { layer: "run", file: run.id, trusted: true, fault: null, rules: [...run.rules] }]
    : files;
  const empty = sets.every(({ rules }) => rules.length === 0);
  return (
    <section aria-label="Rules">
      <h2 className="security-head">Rules</h2>
      {sets.map((set) =>
        set.fault === null ? null : (
          <FailureNote
            key={set.file}
            failure={{ code: "config.invalid", message: set.fault, remedy: `Until ${set.file} is mended, tools that act ask.` }}
          />
        ),
      )}
      {empty ? (
        <p className="security-note quiet">
          None beside what is built in. Choose a cell above to write one; it is tried against the past first.
        </p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">Says</th>
              <th scope="col">Of</th>
              <th scope="col">Because</th>
              <th scope="col">
                <span className="unseen">Take out</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sets.map((set) =>
              set.rules.map((rule, index) => <Row key={`${set.layer} ${index}`} set={set} rule={rule} number={index + 1} />),
            )}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ set: { layer, file }, rule, number }: { set: PolicySetView; rule: PolicyRule; number: number }) {
  const { decide, because } = rule;
  return (
    <tr>
      <td className="code" title={file}>
        {layer} {number}
      </td>
      <td>
        <LeaveBadge leave={decide} />
      </td>
      <td className="code">{ruleWords(rule)}</td>
      <td>{because}</td>
      <td>
        {layer === "user" || layer === "run" ? (
          <button
            type="button"
            className="plain-button"
            aria-label={`Take out ${layer} ${number}`}
            title="Take out"
            onClick={() => void removeRule(number, layer === "run" ? RunId.parse(file) : undefined)}
          >
            <Trash2 className="icon" aria-hidden />
          </button>
        ) : null}
      </td>
    </tr>
  );
}
